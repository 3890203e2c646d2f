package dev.kelvin.bench.start;

import dev.kelvin.bench.process.Await;
import dev.kelvin.bench.process.Leftovers;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A libvirt daemon of the distribution's packages, private to this run: session mode, all its files
 * below one directory. Root runs it as an ordinary user ({@value #USER}), which spares it cgroups
 * and ownership of files, and so makes it faster than a system-wide one.
 */
final class Libvirt implements AutoCloseable {
  static final List<String> PACKAGES =
      List.of("libvirt-daemon", "libvirt-daemon-driver-qemu", "libvirt-clients");

  /** nobody; the number is the same on all distributions that have one. */
  private static final int USER = 65534;

  private final Path home;
  private final Commands commands;
  private final boolean root;
  private final Process daemon;

  private Libvirt(Path home, Commands commands, boolean root, Process daemon) {
    this.home = home;
    this.commands = commands;
    this.root = root;
    this.daemon = daemon;
  }

  /**
   * Starts it.
   *
   * @param home an empty directory
   * @param hideKvm whether {@code /dev/kvm} is out of its reach
   */
  static Libvirt start(Path home, Commands commands, boolean root, boolean hideKvm)
      throws IOException, InterruptedException {
    for (String name : List.of("run", "config", "cache", "data")) {
      Files.createDirectories(home.resolve(name));
    }
    var argv = new ArrayList<String>();
    if (root) {
      if (hideKvm && Files.exists(Path.of("/dev/kvm"))) {
        // A file that nobody may open, in a mount namespace of its own.
        Path closed = Files.createFile(home.resolve("no-kvm"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
        argv.addAll(List.of("unshare", "--mount", "--propagation", "private", "sh", "-c"));
        argv.add("mount --bind \"$0\" /dev/kvm && exec \"$@\"");
        argv.add(closed.toString());
      }
      argv.addAll(asUser());
      commands.run(Command.of("chown", "-R", USER + ":" + USER, home.toString()));
    }
    argv.add("libvirtd");
    var builder =
        new ProcessBuilder(argv)
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("libvirtd.out").toFile());
    builder.environment().putAll(environment(home));
    var libvirt = new Libvirt(home, commands, root, builder.start());
    try {
      Await.until("libvirt", Await.USUAL, () -> libvirt.virsh("list").ok());
      return libvirt;
    } catch (IOException | RuntimeException | InterruptedException e) {
      libvirt.close();
      throw e;
    }
  }

  Path home() {
    return home;
  }

  /** Runs virsh and waits for its end. */
  Commands.Result virsh(String... arguments) throws InterruptedException {
    return commands.run(
        Command.of(command(arguments))
            .environment(environment(home))
            .timeout(Duration.ofMinutes(2)));
  }

  /** The command that runs virsh, for a measurement; it wants {@link #environment()}. */
  List<String> command(String... arguments) {
    var argv = new ArrayList<>(root ? asUser() : List.<String>of());
    argv.addAll(List.of("virsh", "--quiet", "-c", "qemu:///session"));
    argv.addAll(List.of(arguments));
    return argv;
  }

  Map<String, String> environment() {
    return environment(home);
  }

  private static List<String> asUser() {
    return List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups", "--");
  }

  private static Map<String, String> environment(Path home) {
    var environment = new LinkedHashMap<String, String>();
    environment.put("HOME", home.toString());
    environment.put("XDG_RUNTIME_DIR", home.resolve("run").toString());
    environment.put("XDG_CONFIG_HOME", home.resolve("config").toString());
    environment.put("XDG_CACHE_HOME", home.resolve("cache").toString());
    environment.put("XDG_DATA_HOME", home.resolve("data").toString());
    environment.put("LC_ALL", "C");
    return environment;
  }

  static boolean runsAsRoot() throws IOException {
    Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid", LinkOption.NOFOLLOW_LINKS);
    return Integer.valueOf(0).equals(uid);
  }

  @Override
  public void close() throws IOException {
    Await.whileClosing(this::end);
  }

  private void end() throws IOException, InterruptedException {
    daemon.descendants().forEach(ProcessHandle::destroy);
    daemon.destroy();
    if (!daemon.waitFor(20, TimeUnit.SECONDS)) {
      daemon.destroyForcibly().waitFor();
    }
    Leftovers.kill(home);
  }
}
