package dev.kelvin.host.program;

import dev.kelvin.host.process.Orphans;
import dev.kelvin.host.process.ProcessTree;
import dev.kelvin.host.process.Users;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program that works on files of strangers for the daemon, and may be taken over by what is
 * in them. So it gets little: its files as descriptors that are open already (standard input and
 * output), no capabilities, limits on memory, on what it writes and on descriptors, the share of
 * the CPUs that a guest has (its session is its own, not the daemon's), a small one of the medium.
 * What it says on its standard error is read with limits, too. The kernel kills it when the daemon
 * ends (PR_SET_PDEATHSIG of prctl(2)).
 */
public final class WorkerProcess {
  private static final System.Logger LOG = System.getLogger(WorkerProcess.class.getName());

  /** The user and the group that own nothing. */
  private static final int NOBODY = 65534;

  /** Jars, files and pipes; a JVM with the daemon's class path needs less than a hundred. */
  private static final int DESCRIPTORS = 256;

  /** So that it goes before guests and the daemon when memory runs out (proc_pid_oom_adj(5)). */
  private static final String OUT_OF_MEMORY = "500";

  /** What a worker has to end when it is asked to, before it is killed. */
  private static final Duration GRACE = Duration.ofMillis(300);

  /** How often it is looked whether it is still within its limits of time. */
  private static final Duration LOOK = Duration.ofMillis(500);

  /**
   * What is to be done.
   *
   * @param name for people, in problems
   * @param argv the program and its arguments
   * @param input what it reads; null for nothing
   * @param output what it writes: made, or emptied; null for nothing
   * @param largestFile that it may write (RLIMIT_FSIZE)
   * @param asNobody whether it runs as the user that owns nothing, where the daemon is root
   */
  public record Job(
      String name,
      List<String> argv,
      @Nullable Path input,
      @Nullable Path output,
      ByteSize largestFile,
      boolean asNobody) {
    public Job {
      argv = List.copyOf(argv);
    }
  }

  /**
   * What a worker may take and say.
   *
   * @param memory address space (RLIMIT_AS)
   * @param longestLine bytes of a line
   * @param lines that it may say at once
   * @param linesPerSecond that it may say beyond those
   * @param silence after which it is taken for dead
   * @param longest that it may live
   */
  public record Limits(
      ByteSize memory,
      int longestLine,
      int lines,
      int linesPerSecond,
      Duration silence,
      Duration longest) {
    public static Limits usual() {
      return new Limits(
          ByteSize.ofGiB(2), 16 << 10, 100, 20, Duration.ofMinutes(3), Duration.ofHours(6));
    }
  }

  private final Limits limits;

  public WorkerProcess(Limits limits) {
    this.limits = limits;
  }

  /**
   * Runs a worker to its end, and returns its exit code: 128 + N when signal N ended it. Neither it
   * nor anything of its session is left.
   *
   * @param line is given each line that it says, without its end; what it throws ends the worker
   * @param look called again and again while it works; what it throws ends the worker, too
   * @throws ProblemException capability-missing when a program is not installed; timeout;
   *     host-failure when it cannot be started or says too much; what {@code line} throws
   * @throws InterruptedException after the worker has ended
   */
  public int run(Job job, Consumer<String> line, Runnable look) throws InterruptedException {
    var talk = new Talk(job, command(job), line);
    // The death signal is that of the thread which starts the process (prctl(2)): it has to last as
    // long, which a thread that carries virtual ones need not.
    Thread.ofPlatform().daemon().name(job.name()).start(talk);
    try {
      return await(job, talk, look);
    } finally {
      talk.end();
    }
  }

  private int await(Job job, Talk talk, Runnable look) throws InterruptedException {
    long begin = System.nanoTime();
    while (true) {
      try {
        return talk.ended.get(LOOK.toNanos(), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        look.run();
        long now = System.nanoTime();
        if (now - talk.heard > limits.silence().toNanos()) {
          throw slow(job, "it has said nothing for " + limits.silence().toSeconds() + " s", e);
        } else if (now - begin > limits.longest().toNanos()) {
          throw slow(job, "it had not ended after " + limits.longest().toSeconds() + " s", e);
        }
      } catch (ExecutionException e) {
        throw why(job, e.getCause());
      }
    }
  }

  private static ProblemException slow(Job job, String cause, TimeoutException e) {
    return Problem.of(Code.TIMEOUT, "A worker took too long")
        .on(job.name())
        .because(cause)
        .remedy("see whether the host is overloaded or its storage hangs, then try again")
        .asException(e);
  }

  private static RuntimeException why(Job job, @Nullable Throwable cause) {
    return switch (cause) {
      case ProblemException known -> known;
      case RuntimeException fault -> fault;
      case null, default ->
          Problem.of(Code.HOST_FAILURE, "A worker cannot be run")
              .on(job.name())
              .because(String.valueOf(cause))
              .remedy("check the host's memory and its limit on processes, then try again")
              .asException(cause == null ? new IllegalStateException() : cause);
    };
  }

  private List<String> command(Job job) {
    var argv = new ArrayList<String>();
    argv.add(Programs.require("setsid").toString());
    // The lowest of those that still get something (ioprio_set(2)).
    Programs.find("ionice")
        .ifPresent(ionice -> argv.addAll(List.of(ionice.toString(), "-c", "2", "-n", "7")));
    argv.addAll(
        List.of(
            Programs.require("prlimit").toString(),
            "--as=" + limits.memory().bytes(),
            "--fsize=" + job.largestFile().bytes(),
            "--nofile=" + DESCRIPTORS,
            "--core=0"));
    argv.add(Programs.require("setpriv").toString());
    argv.addAll(List.of("--no-new-privs", "--pdeathsig", "KILL"));
    if (Users.isRoot()) {
      argv.addAll(List.of("--inh-caps=-all", "--bounding-set=-all"));
      if (job.asNobody()) {
        argv.addAll(List.of("--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
      }
    }
    argv.addAll(job.argv());
    return argv;
  }

  /** Starts the worker and hears what it says, in a thread that lasts as long as the worker. */
  private final class Talk implements Runnable {
    private final Job job;
    private final List<String> command;
    private final Consumer<String> line;
    private final CompletableFuture<Process> started = new CompletableFuture<>();
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();
    private volatile long heard = System.nanoTime();

    Talk(Job job, List<String> command, Consumer<String> line) {
      this.job = job;
      this.command = command;
      this.line = line;
    }

    @Override
    public void run() {
      try {
        Process process = start();
        started.complete(process);
        goesFirst(process.pid());
        long begin = System.nanoTime();
        var lines = new BoundedLines(limits, System::nanoTime, begin, text -> line.accept(text));
        try (var said = process.getErrorStream()) {
          byte[] buffer = new byte[4096];
          for (int count = said.read(buffer); count >= 0; count = said.read(buffer)) {
            heard = System.nanoTime();
            lines.take(buffer, count);
          }
        }
        lines.end();
        ended.complete(process.waitFor());
      } catch (IOException | InterruptedException | RuntimeException | Error e) {
        // Whatever it is: who waits for it must not wait for ever.
        started.completeExceptionally(e);
        ended.completeExceptionally(e);
      }
    }

    private Process start() throws IOException {
      var nothing = new File("/dev/null");
      Path input = job.input();
      Path output = job.output();
      var builder =
          new ProcessBuilder(command)
              .redirectInput(input == null ? nothing : input.toFile())
              .redirectOutput(output == null ? Redirect.to(nothing) : Redirect.to(output.toFile()));
      var environment = builder.environment();
      environment.clear();
      environment.put("PATH", Programs.path());
      environment.put("LC_ALL", "C.UTF-8");
      environment.putAll(Orphans.mark());
      return builder.start();
    }

    /** A worker for which that cannot be arranged works all the same. */
    private static void goesFirst(long pid) {
      try {
        Files.writeString(Path.of("/proc", Long.toString(pid), "oom_score_adj"), OUT_OF_MEMORY);
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "process " + pid + " is worth as much as others are", e);
      }
    }

    /** Ends the worker, and all that it has started. */
    void end() {
      try {
        new ProcessTree(started.join().toHandle()).end(GRACE);
      } catch (CompletionException e) {
        LOG.log(Level.DEBUG, "no worker was started", e);
      }
    }
  }
}
