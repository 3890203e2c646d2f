package dev.kelvin.bench.session;

import dev.kelvin.bench.process.Leftovers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a daemon and its VMs hold at one moment.
 *
 * @param heapMiB of the daemon, after a collection
 * @param residentMiB of the daemon
 * @param threads of the daemon that the kernel knows
 * @param virtualThreads of the daemon that are alive
 * @param descriptors that the daemon has open
 * @param files below its directories, sockets included
 * @param qemus processes of VMs
 * @param qemuDescriptors that those have open
 */
public record Vitals(
    double heapMiB,
    double residentMiB,
    int threads,
    int virtualThreads,
    int descriptors,
    int files,
    int qemus,
    int qemuDescriptors) {
  /** What proc_pid_stat(5) counts time in, on all of Kelvin's platforms. */
  private static final int TICKS_PER_SECOND = 100;

  /** The two generations of the serial collector; not their parts, nor what classes take. */
  private static final Pattern USED =
      Pattern.compile("^ *(?:DefNew|Tenured|def new|tenured).* used (\\d+)K", Pattern.MULTILINE);

  public static Vitals of(Node node) throws IOException, InterruptedException {
    long pid = node.pid();
    jcmd(node, "GC.run");
    double heap = 0;
    Matcher used = USED.matcher(jcmd(node, "GC.heap_info"));
    while (used.find()) {
      heap += Double.parseDouble(used.group(1)) / 1024;
    }
    if (heap == 0) {
      throw new IOException("jcmd tells the daemon's heap in a form that is not known");
    }
    int virtual = virtualThreads(node);
    List<ProcessHandle> qemus =
        Leftovers.of(node.layout().home()).stream().filter(one -> one.pid() != pid).toList();
    int open = 0;
    for (ProcessHandle qemu : qemus) {
      open += entries(proc(qemu.pid(), "fd"));
    }
    return new Vitals(
        heap,
        DaemonFigures.residentMiB(pid),
        entries(proc(pid, "task")),
        virtual,
        entries(proc(pid, "fd")),
        files(node.layout().runtime()) + files(node.layout().state()),
        qemus.size(),
        open);
  }

  /** The time that a process has had on processors (proc_pid_stat(5): utime, stime). */
  public static Duration cpu(long pid) throws IOException {
    String stat = Files.readString(proc(pid, "stat"));
    // After the name, which may have spaces in it, the third field comes first.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    return Duration.ofMillis(ticks * 1000 / TICKS_PER_SECOND);
  }

  private static int virtualThreads(Node node) throws IOException, InterruptedException {
    Path dump = node.layout().home().resolve("threads.txt");
    Files.deleteIfExists(dump);
    jcmd(node, "Thread.dump_to_file", "-overwrite", dump.toString());
    try (Stream<String> lines = Files.lines(dump)) {
      return (int) lines.filter(line -> line.startsWith("#") && line.contains(" virtual")).count();
    } finally {
      Files.delete(dump);
    }
  }

  private static String jcmd(Node node, String... command)
      throws IOException, InterruptedException {
    var argv =
        Stream.concat(
            Stream.of(node.java().resolveSibling("jcmd").toString(), Long.toString(node.pid())),
            Stream.of(command));
    Path output = node.layout().home().resolve("jcmd.out");
    Process process =
        new ProcessBuilder(argv.toList())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int status = process.waitFor();
    String text = Files.readString(output, StandardCharsets.UTF_8);
    Files.delete(output);
    if (status != 0) {
      throw new IOException("jcmd " + String.join(" ", command) + ": " + text);
    }
    return text;
  }

  private static Path proc(long pid, String file) {
    return Path.of("/proc", Long.toString(pid), file);
  }

  private static int entries(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return (int) all.count();
    }
  }

  private static int files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return (int) all.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)).count();
    } catch (NoSuchFileException e) {
      return 0;
    }
  }
}
