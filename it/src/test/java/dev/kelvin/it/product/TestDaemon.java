package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.Client;
import dev.kelvin.api.Endpoint;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.host.process.UserIdClaims;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Vm;
import java.io.Closeable;
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
public final class TestDaemon implements AutoCloseable {
  private final Path home;
  private final Layout layout;
  private final Client client;
  private final Program program;
  private final List<Closeable> whenEnded = new ArrayList<>();
  private Process process;

  /**
   * What runs as the daemon.
   *
   * @param main the class
   * @param options more options of Java
   * @param prefix what starts Java, such as a program that limits it
   */
  public record Program(String main, List<String> options, List<String> prefix) {
    /** The daemon as users have it. */
    public static Program usual() {
      return new Program("dev.kelvin.server.Main", List.of(), List.of());
    }

    /** Another class in its place. */
    public static Program of(Class<?> main) {
      return new Program(main.getName(), List.of(), List.of());
    }
  }

  private TestDaemon(Path home, Program program, Process process) {
    this.home = home;
    this.program = program;
    this.process = process;
    this.layout = Layout.resolve(Map.of("KELVIN_HOME", home.toString()), true);
    this.client = new Client(new Endpoint.Local(layout.socket()));
  }

  public static TestDaemon start() throws IOException {
    return start(Program.usual());
  }

  public static TestDaemon start(Program program) throws IOException {
    return start(program, home(""));
  }

  /** As {@link #start()}, with a configuration. */
  public static TestDaemon start(String configuration) throws IOException {
    return start(Program.usual(), configuration);
  }

  /** As {@link #start(Program)}, with a configuration. */
  public static TestDaemon start(Program program, String configuration) throws IOException {
    return start(program, home(configuration));
  }

  /** With its files in {@code home}, which is removed when it is closed. */
  public static TestDaemon start(Program program, Path home) throws IOException {
    var daemon = new TestDaemon(home, program, launch(program, home));
    daemon.awaitAnswer();
    return daemon;
  }

  /** What a daemon says that does not start with such a configuration. */
  public static String refusal(String configuration) throws IOException, InterruptedException {
    return refusal(home(configuration));
  }

  /** What a daemon says that does not start with such a directory, which is removed then. */
  public static String refusal(Path home) throws IOException, InterruptedException {
    var daemon = new TestDaemon(home, Program.usual(), launch(Program.usual(), home));
    try (daemon) {
      if (!daemon.process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("the daemon has started: " + daemon.log());
      }
      return daemon.log();
    }
  }

  /** A directory for a daemon, with a configuration unless that is empty. */
  public static Path home(String configuration) throws IOException {
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

  private static Process launch(Program program, Path home) throws IOException {
    return builder(program, home)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(home.resolve("daemon.log").toFile()))
        .start();
  }

  private static ProcessBuilder builder(Program program, Path home) throws IOException {
    var command = new ArrayList<String>(program.prefix());
    command.add(java());
    command.addAll(TestClasses.arguments(program.options()));
    command.add(program.main());
    return builder(command, home);
  }

  private static ProcessBuilder builder(List<String> command, Path home) {
    var builder = new ProcessBuilder(command);
    builder.environment().put("KELVIN_HOME", home.toString());
    return builder.redirectErrorStream(true);
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Starts a daemon by this command, and has it do what most tests do. */
  static void rehearse(List<String> command) throws IOException {
    Path home = home("");
    Path log = home.resolve("daemon.log");
    Process process = builder(command, home).redirectOutput(log.toFile()).start();
    try (var daemon = new TestDaemon(home, Program.usual(), process)) {
      daemon.awaitAnswer();
      daemon.create(Guests.empty("rehearsal", spec -> spec));
    }
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

  public String log() {
    try {
      return Files.readString(home.resolve("daemon.log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Client client() {
    return client;
  }

  /** What a program that was run has printed and how it ended. */
  public record Ran(int exitCode, String output) {}

  /** Runs the command line as its user would, against this daemon. */
  public Ran kelvin(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(java()));
    command.addAll(TestClasses.arguments(List.of()));
    command.add("dev.kelvin.cli.Main");
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
    var lines = new ArrayList<>(TestClasses.arguments(List.of()));
    lines.add("dev.kelvin.server.Main");
    return Files.write(home.resolve("daemon.argv"), lines);
  }

  /** Closes {@code what} when daemon and VMs have ended and their files are still there. */
  public void whenEnded(Closeable what) {
    whenEnded.add(what);
  }

  /** What another daemon on the same directories says, which has to end at once. */
  public Ran another() throws IOException, InterruptedException {
    Path output = Files.createTempFile(home, "another", ".txt");
    Process other = builder(program, home).redirectOutput(output.toFile()).start();
    try {
      if (!other.waitFor(30, TimeUnit.SECONDS)) {
        throw new AssertionError("a second daemon runs: " + Files.readString(output));
      }
      return new Ran(other.exitValue(), Files.readString(output));
    } finally {
      other.destroyForcibly();
    }
  }

  /** SIGTERM, and the daemon's exit code. */
  public int terminate() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      throw new AssertionError("it does not end: " + log());
    }
    return process.exitValue();
  }

  /** Waits for the daemon to end by itself, and gives its exit code. */
  public int awaitExit() {
    awaitEnd();
    return process.exitValue();
  }

  public Path home() {
    return home;
  }

  /** The pid of the daemon's process. */
  public long pid() {
    return process.pid();
  }

  public Layout layout() {
    return layout;
  }

  /** SIGKILL, as a power cut of the daemon alone. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Waits for the end of a daemon that was asked to end. */
  public void awaitEnd() {
    Await.until("the daemon ends", Duration.ofMinutes(1), () -> !process.isAlive());
  }

  public void restart() throws IOException {
    process = launch(program, home);
    awaitAnswer();
  }

  // ---- things that tests do often

  /** Waits for a task to end well. */
  public Task done(Task task) {
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

  public Task ended(Task task) {
    Await.until(
        task.type() + " ends", Duration.ofMinutes(2), () -> client.task(task.id()).state().ended());
    return client.task(task.id());
  }

  public Vm create(Vm vm) {
    done(client.createVm(VmDocument.of(vm)));
    return client.vm(vm.metadata().name());
  }

  public void awaitPhase(String vm, Phase phase) {
    Await.until(
        vm + " is " + phase.wire(),
        Duration.ofSeconds(60),
        () -> client.vm(vm).status().phase() == phase);
  }

  /** Waits until the serial log of a VM has {@code text}; the VM may still be made. */
  public void awaitSerial(String vm, String text) {
    Await.until(
        vm + " writes \"" + text + "\"",
        Duration.ofSeconds(90),
        () -> {
          String all = serial(vm);
          if (!all.contains(text)) {
            String tail = all.substring(Math.max(0, all.length() - 400));
            throw new IllegalStateException("it wrote: " + tail);
          }
          return true;
        });
  }

  public String serial(String vm) {
    return new String(client.serialLog(vm, 1 << 20), StandardCharsets.UTF_8);
  }

  /**
   * Deletes all VMs, volumes and images, of which nothing may be left then. Before that the store
   * has to agree with itself, and to have no key that the check of the state does not know.
   */
  public void clear() {
    if (client.info().damaged().isEmpty()) {
      assertThat(client.checkState().findings()).isEmpty();
    }
    for (String damaged : client.info().damaged()) {
      String name = damaged.substring(damaged.indexOf('/') + 1);
      done(
          damaged.startsWith("vm/")
              ? client.deleteVm(name, true)
              : client.images().delete(name, true));
    }
    client.allVms(ListQuery.all()).forEach(vm -> done(client.deleteVm(vm.metadata().name(), true)));
    client
        .volumes()
        .all(ListQuery.all())
        .forEach(volume -> done(client.volumes().delete(volume.id())));
    client
        .images()
        .all(ListQuery.all())
        .forEach(image -> done(client.images().delete(image.metadata().name())));
    // The daemon examines the host in the background, for which it runs QEMU too.
    Await.until(
        "nothing is left",
        Duration.ofSeconds(30),
        () -> {
          List<String> left = leftovers();
          if (!left.isEmpty()) {
            throw new IllegalStateException("there is " + left);
          }
          return true;
        });
  }

  /** What this daemon's VMs have left on the host besides the store. */
  public List<String> leftovers() throws IOException {
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
  public List<ProcessHandle> vmProcesses() {
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
  public static String arguments(ProcessHandle one) {
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
      Await.until("the daemon ends", Duration.ofMinutes(1), () -> !process.isAlive());
      vmProcesses().forEach(ProcessHandle::destroyForcibly);
      client.close();
      for (Closeable one : whenEnded.reversed()) {
        one.close();
      }
      try (var files = Files.walk(home)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
      letGoOfUsers();
    }
  }

  /** What this daemon has claimed on the host goes with its directory. */
  private void letGoOfUsers() throws IOException {
    if (!Files.isDirectory(UserIdClaims.HOST)) {
      return;
    }
    try (var claims = Files.newDirectoryStream(UserIdClaims.HOST, Files::isSymbolicLink)) {
      for (Path claim : claims) {
        if (Files.readSymbolicLink(claim).equals(layout.state())) {
          Files.delete(claim);
        }
      }
    }
  }
}
