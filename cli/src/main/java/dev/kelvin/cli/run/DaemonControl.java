package dev.kelvin.cli.run;

import dev.kelvin.api.Endpoint;
import dev.kelvin.cli.Interrupts;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Starts and ends the daemon of this host. */
public final class DaemonControl {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofMillis(25);
  private static final int LOG_TAIL = 2000;

  private final Session session;

  public DaemonControl(Session session) {
    this.session = session;
  }

  public boolean answers() {
    return session.client().answers();
  }

  /** Starts a daemon that goes on by itself, if none answers. Returns whether it was started. */
  public boolean ensure() {
    if (answers()) {
      return false;
    }
    try (Progress progress = TaskFollower.progress(session)) {
      progress.step("Start the daemon");
      startDetached(progress);
      progress.done();
    }
    return true;
  }

  private void startDetached(Progress progress) {
    List<String> command = new ArrayList<>(List.of("setsid"));
    command.addAll(command());
    Path log = session.layout().daemonLog();
    Process daemon;
    long logged;
    try {
      makeState(session.layout().state());
      logged = Files.exists(log) ? Files.size(log) : 0;
      daemon =
          Programs.prepare(session, command)
              .redirectErrorStream(true)
              .redirectOutput(Redirect.appendTo(log.toFile()))
              .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
              .start();
    } catch (IOException e) {
      throw cannotStart(String.valueOf(e.getMessage()), log).asException(e);
    }
    long end = System.nanoTime() + START.toNanos();
    while (!answers()) {
      // Another one may have been started meanwhile: then this one ends, and that one answers.
      if (!daemon.isAlive() && !answersSoon()) {
        String code = "it ended with exit code " + daemon.exitValue();
        throw cannotStart(code + tail(log, logged), log).asException();
      } else if (System.nanoTime() > end) {
        throw cannotStart("it does not answer after " + START.toSeconds() + " s", log)
            .asException();
      }
      progress.update("");
      session.pause(LOOK);
    }
  }

  /** As the daemon would make it: VMs of other users reach their files through it. */
  private static void makeState(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    }
  }

  private boolean answersSoon() {
    for (int i = 0; i < 40; i++) {
      if (answers()) {
        return true;
      }
      session.pause(LOOK);
    }
    return false;
  }

  /** Runs a daemon on this terminal; Ctrl-C ends it. Returns its exit code. */
  public int runForeground() throws InterruptedException {
    List<String> command = command();
    try {
      Process daemon = Programs.prepare(session, command).inheritIO().start();
      // Ctrl-C reaches both; this process ends after the daemon has.
      try (var _ = Interrupts.during(() -> waitFor(daemon))) {
        return daemon.waitFor();
      }
    } catch (IOException e) {
      throw cannotStart(String.valueOf(e.getMessage()), session.layout().daemonLog())
          .asException(e);
    }
  }

  /**
   * Has the daemon's program restore a backup, on this terminal; no daemon may run. Returns its
   * exit code.
   */
  public int restore(Path file, boolean replace) throws InterruptedException {
    List<String> words = replace ? List.of("restore", "--replace") : List.of("restore");
    return offline(Redirect.INHERIT, words, file.toString()).waitFor();
  }

  /** The daemon's program with other words, while no daemon runs; it tells errors by itself. */
  public Process offline(Redirect out, List<String> words, String... more) {
    var all = new ArrayList<>(command());
    all.addAll(words);
    all.addAll(List.of(more));
    try {
      return Programs.prepare(session, all).inheritIO().redirectOutput(out).start();
    } catch (IOException e) {
      throw cannotStart(String.valueOf(e.getMessage()), session.layout().daemonLog())
          .asException(e);
    }
  }

  private static void waitFor(Process daemon) {
    try {
      daemon.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the daemon and waits until it is gone. */
  public void stop(boolean stopVms, Duration limit) {
    long pid = session.client().info().pid();
    session.client().stopDaemon(stopVms);
    long end = System.nanoTime() + limit.toNanos();
    try (Progress progress = TaskFollower.progress(session)) {
      progress.step(stopVms ? "Shut down the VMs and end the daemon" : "End the daemon");
      while (answers() || runsHere(pid)) {
        if (System.nanoTime() > end) {
          throw Problem.of(Code.TIMEOUT, "The daemon has not ended yet")
              .on(session.endpoint().name())
              .because("it still runs after " + limit.toSeconds() + " s")
              .remedy("look at its log: " + session.layout().daemonLog())
              .asException();
        }
        progress.update("");
        session.pause(LOOK);
      }
      progress.done();
    }
  }

  /** Whether a daemon of this host has not let go of its files yet. */
  private boolean runsHere(long pid) {
    if (session.endpoint() instanceof Endpoint.Remote) {
      return false;
    }
    try {
      // What was not reaped has an empty one (proc_pid_cmdline(5)); in another container's eyes the
      // pid may be anything.
      return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
          .contains("dev.kelvin.");
    } catch (IOException e) {
      return false;
    }
  }

  /** The daemon's command, from the file that the build wrote. */
  private List<String> command() {
    if (session.endpoint() instanceof Endpoint.Remote remote) {
      throw Problem.of(Code.UNAVAILABLE, "No Kelvin daemon answers")
          .on(remote.name())
          .because("a daemon that is reached by URL cannot be started from here")
          .remedy("start it on its host: kelvin up --detach")
          .asException();
    }
    String file = session.variable("KELVIN_DAEMON_COMMAND");
    String dist = session.variable("KELVIN_DIST");
    if (file.isEmpty() && dist.isEmpty()) {
      throw Problem.of(Code.UNAVAILABLE, "No Kelvin daemon answers, and none can be started")
          .on(session.endpoint().name())
          .because("KELVIN_DIST does not say where the program is")
          .remedy("use the launcher \"kelvin\", which sets it")
          .asException();
    }
    Path arguments = file.isEmpty() ? Path.of(dist, "daemon.argv") : Path.of(file);
    try {
      var command = new ArrayList<String>();
      List<String> lines =
          Files.readAllLines(arguments).stream().filter(l -> !l.isEmpty()).toList();
      if (!lines.isEmpty() && lines.getFirst().startsWith("-")) {
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      }
      command.addAll(lines);
      return command;
    } catch (IOException e) {
      throw Problem.of(Code.UNAVAILABLE, "The daemon's command cannot be read")
          .on(arguments.toString())
          .because(String.valueOf(e.getMessage()))
          .remedy("build the program anew (./dev build) or install its package again")
          .asException(e);
    }
  }

  private static Problem cannotStart(String cause, Path log) {
    return Problem.of(Code.UNAVAILABLE, "The daemon cannot be started")
        .because(cause)
        .remedy("see " + log);
  }

  /** What the daemon wrote to its log since it was started. */
  private static String tail(Path log, long from) {
    try (var file = new RandomAccessFile(log.toFile(), "r")) {
      long start = Math.max(from, file.length() - LOG_TAIL);
      byte[] bytes = new byte[(int) Math.max(0, file.length() - start)];
      file.seek(start);
      file.readFully(bytes);
      String text = new String(bytes, StandardCharsets.UTF_8).strip();
      return text.isEmpty() ? "" : "; it wrote:\n" + text;
    } catch (IOException e) {
      return "; its log cannot be read: " + e.getMessage();
    }
  }
}
