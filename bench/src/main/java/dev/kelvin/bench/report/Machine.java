package dev.kelvin.bench.report;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a result was taken on. */
public final class Machine {
  private Machine() {}

  /** Facts by name, in the order in which they are shown. */
  public static Map<String, String> describe(
      Path root, NodeInfo node, Commands commands, boolean libvirt)
      throws IOException, InterruptedException {
    var facts = new LinkedHashMap<String, String>();
    facts.put("processor", field("/proc/cpuinfo", "model name"));
    facts.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
    facts.put("memory", field("/proc/meminfo", "MemTotal"));
    // The release without what its builder appended: that names a machine, not a kernel.
    facts.put(
        "kernel",
        Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip().replaceFirst("-.*", ""));
    facts.put("distribution", field("/etc/os-release", "PRETTY_NAME"));
    facts.put("JDK", Runtime.version() + " (" + System.getProperty("java.vendor") + ")");
    facts.put("QEMU", node.qemuVersion());
    facts.put("accelerator", node.accelerator());
    if (libvirt) {
      facts.put("libvirt", output(commands, root, "libvirtd", "--version"));
    }
    facts.put(
        "Kelvin",
        node.version() + " at " + output(commands, root, "git", "describe", "--always", "--dirty"));
    return facts;
  }

  /**
   * The load average of the last minute (proc_loadavg(5)): others at work make figures doubtful.
   */
  public static String load() throws IOException {
    return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
  }

  private static String field(String file, String name) throws IOException {
    return Files.readAllLines(Path.of(file)).stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).replaceFirst("^\\s*[:=]\\s*", ""))
        .map(value -> value.replace("\"", ""))
        .findFirst()
        .orElse("unknown");
  }

  private static String output(Commands commands, Path directory, String... argv)
      throws InterruptedException {
    try {
      return commands.run(Command.of(argv).directory(directory)).stdout().strip();
    } catch (ProblemException e) {
      return "unknown (" + e.problem().detail() + ")";
    }
  }
}
