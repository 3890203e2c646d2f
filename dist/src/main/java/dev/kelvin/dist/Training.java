package dev.kelvin.dist;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes the AOT caches by running the two programs against each other in a directory of their own,
 * then proves that the caches are used.
 */
final class Training {
  /** What a daemon is asked, so that the classes which answer are in its cache. */
  private static final List<String> PATHS =
      List.of(
          "/v1/info",
          "/v1/vms",
          "/v1/vms?limit=5&label=a=b",
          "/v1/vms/none",
          "/v1/images",
          "/v1/tasks",
          "/metrics",
          "/openapi.yaml",
          "/docs");

  private static final String VM =
      """
      {"kind": "VM", "metadata": {"name": "training"},
       "spec": {"power": "running", "memory": {"size": "32MiB"}, "nics": [{"name": "net"}],
                "disks": [{"name": "root", "size": "1GiB"}]}}
      """;

  /** A VM that stays off, so that the lists of commands are not empty. */
  private static final String STORED =
      """
      {"kind": "VM", "metadata": {"name": "stored", "labels": {"of": "training"}},
       "spec": {"power": "stopped", "nics": [{"name": "net"}]}}
      """;

  private static final Pattern UNDER_WAY =
      Pattern.compile("\"state\": ?\"(pending|running|undoing)\"");

  private final Path home;
  private final Path java;
  private final Duration deadline;

  /**
   * @param deadline for each of the two daemons, from start to end
   */
  Training(Path home, Path java, Duration deadline) {
    this.home = home;
    this.java = java;
    this.deadline = deadline;
  }

  /**
   * How fast the programs are with their caches.
   *
   * @param command a round trip of the command line to a running daemon
   * @param answer from the daemon's exec to its first answer
   */
  record Times(Duration command, Duration answer) {}

  /**
   * Makes the caches.
   *
   * @param quick the command line again, for what scripts call in loops
   */
  Times run(Program cli, Program quick, Program daemon) throws IOException, InterruptedException {
    Path place = Files.createTempDirectory("kelvin-build");
    // A daemon of root wants directories that its VMs' users can pass through.
    Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwx--x--x"));
    try {
      withDaemon(
          place,
          daemon.training(java, home, List.of()),
          api -> {
            exercise(api);
            live(api);
            command(place, cli.training(java, home, List.of()));
            command(place, quick.training(java, home, List.of(Rehearsal.QUICK)));
            end(api);
          });
      return prove(place, List.of(cli, quick), daemon);
    } finally {
      deleteTree(place);
    }
  }

  /**
   * Runs all with their caches; the second of two commands finds the caches in memory. The stored
   * VM is still there. The time of the last command line is told.
   */
  private Times prove(Path place, List<Program> commandLines, Program daemon)
      throws IOException, InterruptedException {
    Path classes = place.resolve("cli.classes");
    Path daemonClasses = place.resolve("daemon.classes");
    var command = new Duration[1];
    Duration answer =
        withDaemon(
            place,
            daemon.proof(java, home, daemonClasses, List.of()),
            api -> {
              for (Program one : commandLines) {
                List<String> list = one.proof(java, home, classes, List.of("ls"));
                command(place, list);
                command[0] = command(place, list);
                proveCached(one, classes);
              }
            });
    proveCached(daemon, daemonClasses);
    return new Times(command[0], answer);
  }

  private static void proveCached(Program program, Path classes) throws IOException {
    String expected = program.mainClass() + " source: shared objects file";
    if (!Files.readAllLines(classes).contains(expected)) {
      throw new IllegalStateException("The AOT cache of the " + program.name() + " is not used");
    }
  }

  /** What is done with a daemon while it runs. */
  private interface Work {
    void with(LocalApi api) throws IOException, InterruptedException;
  }

  /** Runs a daemon for the time of some work; returns how long it took to its first answer. */
  private Duration withDaemon(Path place, List<String> argv, Work work)
      throws IOException, InterruptedException {
    Path log = place.resolve("daemon.out");
    long start = System.nanoTime();
    Process daemon = start(place, argv, log);
    try {
      var api = new LocalApi(place.resolve("run/api.sock"));
      awaitAnswer(daemon, api, log);
      Duration answer = Duration.ofNanos(System.nanoTime() - start);
      work.with(api);
      api.request("POST", "/v1/shutdown", "{\"stopVms\": false}");
      if (!daemon.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        throw failed("The daemon does not end", log);
      }
      if (daemon.exitValue() != 0) {
        throw failed("The daemon ended with " + daemon.exitValue(), log);
      }
      return answer;
    } finally {
      daemon.descendants().forEach(ProcessHandle::destroyForcibly);
      daemon.destroyForcibly().waitFor();
    }
  }

  private void awaitAnswer(Process daemon, LocalApi api, Path log) throws IOException {
    long end = System.nanoTime() + deadline.toNanos();
    while (true) {
      try {
        if (api.request("GET", "/healthz", "").status() == 200) {
          return;
        }
      } catch (IOException notYet) {
        if (!daemon.isAlive()) {
          throw failed("The daemon ended with " + daemon.exitValue() + " before it answered", log);
        }
        if (System.nanoTime() > end) {
          throw failed("The daemon does not answer: " + notYet.getMessage(), log);
        }
      }
      LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
    }
  }

  private static void exercise(LocalApi api) throws IOException {
    for (String path : PATHS) {
      api.request("GET", path, "");
    }
    api.request("POST", "/v1/vms?dryRun=true", VM);
    api.request("POST", "/v1/vms?dryRun=true", "{\"spec\": {\"nonsense\": 1}}");
  }

  /**
   * The life of a VM that has nothing to boot, up to where it runs, and one that is only stored.
   * Without QEMU its start fails and its creation is undone, and then it is the classes of that
   * which are in the cache.
   */
  private void live(LocalApi api) throws IOException {
    api.request("POST", "/v1/vms", VM);
    awaitTasks(api);
    api.request("GET", "/v1/vms/training", "");
    api.request("GET", "/metrics", "");
    for (String change : List.of("pause", "resume", "stop", "start")) {
      api.request("POST", "/v1/vms/training/" + change, "");
      awaitTasks(api);
    }
    api.request("POST", "/v1/vms", STORED);
    awaitTasks(api);
  }

  private void end(LocalApi api) throws IOException {
    api.request("DELETE", "/v1/vms/training?force=true", "");
    awaitTasks(api);
  }

  private void awaitTasks(LocalApi api) throws IOException {
    long end = System.nanoTime() + deadline.toNanos();
    while (UNDER_WAY.matcher(api.request("GET", "/v1/tasks", "").text()).find()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("The VM of the training does not come to an end");
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  private Duration command(Path place, List<String> argv) throws IOException, InterruptedException {
    Path log = place.resolve("cli.out");
    long start = System.nanoTime();
    Process process = start(place, argv, log);
    try {
      if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        throw failed("A command does not end", log);
      }
      if (process.exitValue() != 0) {
        throw failed("A command ended with " + process.exitValue(), log);
      }
      return Duration.ofNanos(System.nanoTime() - start);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
  }

  private Process start(Path place, List<String> argv, Path log) throws IOException {
    var builder =
        new ProcessBuilder(argv)
            .directory(place.toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(log.toFile());
    builder.environment().put("KELVIN_HOME", place.toString());
    builder.environment().put("KELVIN_DIST", home.toString());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().remove("JDK_JAVA_OPTIONS");
    return builder.start();
  }

  private static IllegalStateException failed(String what, Path log) throws IOException {
    List<String> lines =
        Files.readAllLines(log).stream().filter(line -> !line.startsWith("Picked up ")).toList();
    return new IllegalStateException(
        what
            + "; its last words were:\n"
            + String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size())));
  }

  private static void deleteTree(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
