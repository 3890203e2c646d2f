package dev.kelvin.it.product;

import dev.kelvin.api.Client;
import dev.kelvin.api.Endpoint;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Vm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A daemon in a process and a directory of its own. Closing it ends its VMs and leaves nothing. */
final class TestDaemon implements AutoCloseable {
  private final Path home;
  private final Layout layout;
  private final Client client;
  private Process process;

  private TestDaemon(Path home, Process process) {
    this.home = home;
    this.process = process;
    this.layout = Layout.resolve(Map.of("KELVIN_HOME", home.toString()), true);
    this.client = new Client(new Endpoint.Local(layout.socket()));
  }

  static TestDaemon start() throws IOException {
    return start("");
  }

  /** As {@link #start()}, with a configuration. */
  static TestDaemon start(String configuration) throws IOException {
    Path home = home(configuration);
    var daemon = new TestDaemon(home, launch(home));
    daemon.awaitAnswer();
    return daemon;
  }

  /** What a daemon says that does not start with such a configuration. */
  static String refusal(String configuration) throws IOException, InterruptedException {
    Path home = home(configuration);
    var daemon = new TestDaemon(home, launch(home));
    try (daemon) {
      if (!daemon.process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("the daemon has started: " + daemon.log());
      }
      return daemon.log();
    }
  }

  private static Path home(String configuration) throws IOException {
    Path home =
        Files.createTempDirectory(
            "kelvin-it-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    if (!configuration.isEmpty()) {
      Files.createDirectories(home.resolve("etc"));
      Files.writeString(home.resolve("etc/kelvin.yaml"), configuration);
    }
    return home;
  }

  private static Process launch(Path home) throws IOException {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.kelvin.server.Main");
    builder.environment().put("KELVIN_HOME", home.toString());
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(home.resolve("daemon.log").toFile()));
    return builder.start();
  }

  private void awaitAnswer() {
    Await.until(
        "the daemon answers; its log: " + home.resolve("daemon.log"),
        Duration.ofSeconds(30),
        () -> {
          if (!process.isAlive()) {
            throw new IllegalStateException("the daemon ended: " + log());
          }
          return client.answers();
        });
  }

  String log() {
    try {
      return Files.readString(home.resolve("daemon.log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Client client() {
    return client;
  }

  /** What a program that was run has printed and how it ended. */
  record Ran(int exitCode, String output) {}

  /** Runs the command line as its user would, against this daemon. */
  Ran kelvin(String... arguments) throws IOException, InterruptedException {
    var command =
        new ArrayList<String>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.kelvin.cli.Main"));
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile(home, "output", ".txt");
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KELVIN_HOME", home.toString());
    builder.environment().put("HOME", home.toString());
    builder.environment().put("KELVIN_DAEMON_COMMAND", daemonCommand().toString());
    builder.directory(home.toFile());
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.redirectOutput(output.toFile());
    Process cli = builder.start();
    try {
      if (!cli.waitFor(12, TimeUnit.MINUTES)) {
        throw new AssertionError("it hangs: " + command + "\n" + Files.readString(output));
      }
      return new Ran(cli.exitValue(), Files.readString(output));
    } finally {
      cli.destroyForcibly();
    }
  }

  /** The file that a build of the program would have, for commands that run the daemon. */
  private Path daemonCommand() throws IOException {
    return Files.write(
        home.resolve("daemon.argv"),
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.kelvin.server.Main"));
  }

  Layout layout() {
    return layout;
  }

  /** SIGKILL, as a power cut of the daemon alone. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Waits for the end of a daemon that was asked to end. */
  void awaitEnd() {
    Await.until("the daemon ends", Duration.ofMinutes(1), () -> !process.isAlive());
  }

  void restart() throws IOException {
    process = launch(home);
    awaitAnswer();
  }

  // ---- things that tests do often

  /** Waits for a task to end well. */
  Task done(Task task) {
    Task ended = ended(task);
    if (ended.state() != TaskState.SUCCEEDED) {
      Problem problem = ended.problem();
      throw new AssertionError(
          ended.type()
              + " "
              + ended.state().wire()
              + (problem == null ? "" : ": " + problem.oneLine() + "; " + problem.remedy()));
    }
    return ended;
  }

  Task ended(Task task) {
    Await.until(
        task.type() + " ends", Duration.ofMinutes(2), () -> client.task(task.id()).state().ended());
    return client.task(task.id());
  }

  Vm create(Vm vm) {
    done(client.createVm(VmDocument.of(vm)));
    return client.vm(vm.metadata().name());
  }

  void awaitPhase(String vm, Phase phase) {
    Await.until(
        vm + " is " + phase.wire(),
        Duration.ofSeconds(60),
        () -> client.vm(vm).status().phase() == phase);
  }

  /** Waits until the serial log of a VM has {@code text}. */
  void awaitSerial(String vm, String text) {
    Await.until(
        vm + " writes \"" + text + "\"; it wrote: " + tail(vm),
        Duration.ofSeconds(90),
        () -> serial(vm).contains(text));
  }

  private String tail(String vm) {
    String all = serial(vm);
    return all.substring(Math.max(0, all.length() - 400));
  }

  String serial(String vm) {
    return new String(client.serialLog(vm, 1 << 20), StandardCharsets.UTF_8);
  }

  /** What this daemon's VMs have left on the host besides the store. */
  List<String> leftovers() throws IOException {
    var left = new ArrayList<String>();
    for (ProcessHandle one : vmProcesses()) {
      left.add("process " + one.pid());
    }
    for (Path directory :
        List.of(
            layout.runtime().resolve("vms"),
            layout.state().resolve("vms"),
            layout.volumes(),
            layout.images())) {
      try (var files = Files.walk(directory)) {
        files
            .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
            .forEach(file -> left.add(file.toString()));
      }
    }
    Path locks = Path.of("/run/virtiofsd");
    if (Files.isDirectory(locks)) {
      try (var files = Files.list(locks)) {
        files
            .filter(file -> file.toString().contains(home.toString().replace('/', '.')))
            .forEach(file -> left.add(file.toString()));
      }
    }
    try (var vms = Files.list(layout.state().resolve("vms"))) {
      vms.forEach(directory -> left.add(directory.toString()));
    }
    return left;
  }

  /**
   * The processes, QEMU's and those that serve it, whose files are in this daemon's directories.
   */
  List<ProcessHandle> vmProcesses() {
    return ProcessHandle.allProcesses().filter(this::isOurs).toList();
  }

  private boolean isOurs(ProcessHandle one) {
    String arguments = arguments(one);
    boolean known =
        arguments.contains("qemu-system")
            || arguments.contains("/swtpm")
            || arguments.contains("/virtiofsd");
    return known && arguments.contains(home + "/");
  }

  /** The command line of a process, its words ended by NUL; empty when it is gone. */
  static String arguments(ProcessHandle one) {
    Path file = Path.of("/proc", Long.toString(one.pid()), "cmdline");
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      // It ended while we looked.
      return "";
    }
  }

  @Override
  public void close() throws IOException {
    try {
      if (process.isAlive() && client.answers()) {
        client
            .allVms(ListQuery.all())
            .forEach(vm -> ended(client.deleteVm(vm.metadata().name(), true)));
      }
    } finally {
      process.destroy();
      Await.until("the daemon ends", Duration.ofSeconds(20), () -> !process.isAlive());
      vmProcesses().forEach(ProcessHandle::destroyForcibly);
      client.close();
      try (var files = Files.walk(home)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
