package dev.kelvin.cli.run;

import dev.kelvin.api.Endpoint;
import dev.kelvin.cli.Interrupts;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.LockHolder;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** Starts and ends the daemon of this host. */
public final class DaemonControl {
  private static final Logger LOG = System.getLogger(DaemonControl.class.getName());

  /** The environment's name for the unit that is the daemon; the package's launcher sets it. */
  private static final String SERVICE = "KELVIN_SERVICE";

  /** There while systemd is the first process (sd_booted(3)). */
  private static final Path SYSTEMD = Path.of("/run/systemd/system");

  private static final Duration START = Duration.ofSeconds(60);

  /** How long a daemon has to make its socket anew. */
  private static final Duration RETURN = Duration.ofSeconds(15);

  private static final Duration LOOK = Duration.ofMillis(25);

  /** What a daemon could not stop it tells for some seconds; so it is not asked at each look. */
  private static final int LOOKS_A_QUESTION = 20;

  private static final int LOG_TAIL = 2000;

  private final Session session;

  public DaemonControl(Session session) {
    this.session = session;
  }

  public boolean answers() {
    return session.client().answers();
  }

  /**
   * The pid of a daemon that uses this host's files but cannot be asked; empty when there is none.
   * One whose socket was taken away makes it anew within a second or two: that is waited for, as is
   * the end of a restore and the like, which use these files without a daemon.
   *
   * @throws dev.kelvin.model.ProblemException conflict when that does not end soon
   */
  public OptionalLong silent() {
    if (!(session.endpoint() instanceof Endpoint.Local)) {
      return OptionalLong.empty();
    }
    OptionalLong holder = LockHolder.ofHost().of(session.layout().daemonLock());
    long end = System.nanoTime() + RETURN.toNanos();
    while (holder.isPresent() && DaemonProcess.of(holder.getAsLong()).runs()) {
      if (answers()) {
        return OptionalLong.empty();
      } else if (System.nanoTime() > end) {
        Optional<String> tool = DaemonProcess.of(holder.getAsLong()).tool();
        if (tool.isPresent()) {
          throw atWork(holder.getAsLong(), tool.get());
        }
        return holder;
      }
      session.pause(LOOK);
    }
    return OptionalLong.empty();
  }

  private static ProblemException atWork(long pid, String tool) {
    return Problem.of(Code.CONFLICT, "Kelvin's files are in use without a daemon")
        .on("process " + pid)
        .because("it is no daemon: it does \"" + tool + "\" with the state")
        .remedy("wait until it has ended, and do this again")
        .asException();
  }

  /** Ends a daemon that cannot be asked, as a shutdown of the host does. Its VMs go on. */
  public void end(long pid, Duration limit) {
    var process = DaemonProcess.of(pid);
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
    long end = System.nanoTime() + limit.toNanos();
    while (process.runs()) {
      if (System.nanoTime() > end) {
        throw Problem.of(Code.TIMEOUT, "The daemon has not ended yet")
            .on("process " + pid)
            .because("it does not answer, and runs " + limit.toSeconds() + " s after SIGTERM")
            .remedy("look at its log, " + session.layout().daemonLog() + "; then kill -9 " + pid)
            .asException();
      }
      session.pause(LOOK);
    }
  }

  /** Starts a daemon that goes on by itself, if none answers. Returns whether it was started. */
  public boolean ensure() {
    if (answers()) {
      return false;
    }
    OptionalLong silent = silent();
    if (silent.isPresent()) {
      throw Problem.of(Code.CONFLICT, "A daemon runs and does not answer")
          .on("process " + silent.getAsLong())
          .because("nothing answers at " + session.endpoint().name())
          .remedy(
              "end it with \"kelvin down\"; VMs go on. Its log is " + session.layout().daemonLog())
          .asException();
    } else if (answers()) {
      return false;
    }
    if (isService()) {
      startService();
    } else {
      startAlone();
    }
    return true;
  }

  /** Starts a daemon that goes on by itself, and is no unit of systemd. None may answer. */
  public void startAlone() {
    try (Progress progress = TaskFollower.progress(session)) {
      progress.step("Start the daemon");
      startDetached(progress);
      progress.done();
    }
  }

  /** Whether VMs have been left by a daemon that has ended. */
  public boolean leftVms() {
    try (Stream<Path> vms = Files.list(session.layout().runtime().resolve("vms"))) {
      return vms.findAny().isPresent();
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the daemon of this program, for the whole system, is a unit of a systemd that runs. */
  private boolean isService() {
    return !session.variable(SERVICE).isEmpty()
        && session.endpoint() instanceof Endpoint.Local
        && session.layout().equals(Layout.resolve(Map.of(), true))
        && Files.isDirectory(SYSTEMD);
  }

  private void startService() {
    String unit = session.variable(SERVICE);
    Problem failed = cannotStart("systemctl start " + unit + " failed", "journalctl -u " + unit);
    try (Progress progress = TaskFollower.progress(session)) {
      progress.step("Start the daemon");
      // It says what went wrong, and where to read on.
      Process start =
          UserPrograms.prepare(session, List.of("systemctl", "start", unit)).inheritIO().start();
      while (start.isAlive()) {
        progress.update("");
        session.pause(LOOK);
      }
      if (start.exitValue() != 0 || !answersSoon()) {
        throw failed.asException();
      }
      progress.done();
    } catch (IOException e) {
      throw failed.asException(e);
    }
  }

  private void startDetached(Progress progress) {
    List<String> command = new ArrayList<>(List.of("setsid"));
    command.addAll(command());
    Path log = session.layout().daemonLog();
    Process daemon;
    long logged;
    try {
      makeState(session.layout().state());
      makeLog(log);
      logged = Files.exists(log) ? Files.size(log) : 0;
      daemon =
          UserPrograms.prepareOwn(session, command)
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
    OwnerOnly.makeDirectory(directory, "rwx--x--x");
  }

  /** It names VMs and users: nobody else is to read it. */
  private static void makeLog(Path log) throws IOException {
    if (!Files.exists(log)) {
      Files.createFile(log, OwnerOnly.attribute());
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
      Process daemon = UserPrograms.prepareOwn(session, command).inheritIO().start();
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
      return UserPrograms.prepareOwn(session, all).inheritIO().redirectOutput(out).start();
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

  /**
   * Ends the daemon and waits until it is gone.
   *
   * @throws dev.kelvin.model.ProblemException also when it has ended and some VMs go on that were
   *     to be stopped, naming them
   */
  public void stop(boolean stopVms, Duration limit) {
    boolean here = session.endpoint() instanceof Endpoint.Local;
    var process = DaemonProcess.of(session.client().info().pid());
    session.client().stopDaemon(stopVms);
    long end = System.nanoTime() + limit.toNanos();
    List<String> left = List.of();
    int looks = 0;
    try (Progress progress = TaskFollower.progress(session)) {
      progress.step(stopVms ? "Shut down the VMs and end the daemon" : "End the daemon");
      while (answers() || (here && process.runs())) {
        if (System.nanoTime() > end) {
          throw Problem.of(Code.TIMEOUT, "The daemon has not ended yet")
              .on(session.endpoint().name())
              .because("it still runs after " + limit.toSeconds() + " s")
              .remedy("look at its log: " + session.layout().daemonLog())
              .asException();
        }
        if (stopVms && left.isEmpty() && looks++ % LOOKS_A_QUESTION == 0) {
          left = notStopped();
        }
        progress.update("");
        session.pause(LOOK);
      }
      if (left.isEmpty()) {
        progress.done();
      }
    }
    if (!left.isEmpty()) {
      throw Problem.of(Code.WRONG_STATE, "The daemon has ended, and not all VMs have")
          .on(session.endpoint().name())
          .because(String.join("; ", left))
          .remedy("start it (\"kelvin up --detach\"), remove the cause, and stop them again")
          .asException();
    }
  }

  /** What a daemon that ends says of VMs that it could not stop; nothing when it has ended. */
  private List<String> notStopped() {
    try {
      return session.client().info().notStopped();
    } catch (ProblemException e) {
      LOG.log(Level.DEBUG, "the daemon has ended meanwhile", e);
      return List.of();
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
    return cannotStart(cause, log.toString());
  }

  private static Problem cannotStart(String cause, String log) {
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
