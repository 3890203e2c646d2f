package dev.kelvin.server;

import dev.kelvin.host.launch.ServiceNotice;
import dev.kelvin.host.process.CpuShare;
import dev.kelvin.host.process.Umask;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.log.DaemonLog;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The daemon's process; {@code KELVIN_HOME} says where its files are. With {@code restore FILE},
 * {@code restore --replace FILE}, {@code backup} or {@code check} it does that with its state
 * instead, and ends; the last two write to the standard output.
 */
public final class Main {
  static {
    // One line a message, with time and level; read before the first logger is made.
    System.setProperty(
        "java.util.logging.SimpleFormatter.format", "%1$tFT%1$tT.%1$tL %4$s %3$s: %5$s%6$s%n");
  }

  private static final Logger LOG = System.getLogger(Main.class.getName());

  /** Each part ends in less; this is for what nobody thought of. */
  private static final Duration LONGEST_END = Duration.ofSeconds(75);

  private Main() {}

  /** Exits with 0 when it was asked to end, else with the exit code of the problem. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    int uid = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    try {
      Umask.setUsual();
      Layout layout = Layout.resolve(System.getenv(), uid == 0);
      if (arguments.length > 0) {
        offline(layout, uid, List.of(arguments));
        System.exit(0);
      }
      DaemonLog.install(layout.daemonLog());
      checkEncoding();
      CpuShare.ofDaemon();
      var notice = ServiceNotice.of(System.getenv());
      Daemon daemon = Daemon.start(layout, uid);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> close(daemon, notice), "end"));
      notice.ready("the API answers at " + layout.socket());
      new HeapKeeper().start();
      daemon.awaitEnd();
      System.exit(0);
    } catch (ProblemException e) {
      LOG.log(Level.ERROR, e.problem().oneLineWithRemedy());
      System.exit(e.problem().code().exitCode());
    }
  }

  /**
   * Whoever starts it by hand may have forgotten; the command line and the unit of systemd have
   * not.
   */
  private static void checkEncoding() {
    String encoding = System.getProperty("sun.jnu.encoding", "");
    if (!encoding.equals("UTF-8")) {
      LOG.log(
          Level.WARNING,
          "paths with other characters than ASCII cannot be used, as names of files are taken for "
              + encoding
              + "; start the daemon with LC_ALL=C.UTF-8");
    }
  }

  private static void offline(Layout layout, int uid, List<String> words)
      throws IOException, InterruptedException {
    boolean replace = words.contains("--replace");
    var out = new FileOutputStream(FileDescriptor.out);
    if (words.equals(List.of("check"))) {
      OfflineState.check(layout, uid, out);
    } else if (words.equals(List.of("backup"))) {
      OfflineState.backup(layout, uid, out);
    } else if (words.getFirst().equals("restore") && words.size() == (replace ? 3 : 2)) {
      restore(layout, uid, words, replace);
    } else {
      throw Problem.of(Code.INVALID_ARGUMENT, "The daemon does not know these arguments")
          .because(String.join(" ", words))
          .remedy("give none, or one of: check, backup, restore [--replace] FILE")
          .asException();
    }
  }

  private static void restore(Layout layout, int uid, List<String> words, boolean replace)
      throws IOException {
    var done = OfflineRestore.run(layout, uid, Path.of(words.getLast()), replace);
    LOG.log(
        Level.INFO,
        "restored {0} keys of revision {1}, which Kelvin {2} backed up",
        Long.toString(done.entries()),
        Long.toString(done.revision()),
        done.version());
  }

  private static void close(Daemon daemon, ServiceNotice notice) {
    notice.stopping("VMs go on");
    var closing =
        Thread.ofPlatform()
            .daemon()
            .name("close")
            .start(() -> {
              try {
                daemon.close();
              } catch (IOException e) {
                LOG.log(Level.ERROR, "ending", e);
              }
            });
    try {
      if (!closing.join(LONGEST_END)) {
        LOG.log(Level.ERROR, "something hangs and is left behind; the VMs go on");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
