package dev.kelvin.host.program;

import dev.kelvin.host.process.ProcessTree;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program that works on files of strangers for the daemon, and may be taken over by what is
 * in them. So it gets little ({@link Distrusted}): its files, or pipes, as descriptors that are
 * open already (standard input and output), limits on memory, on what it writes and on descriptors,
 * at most the share of the CPUs that a guest has (its session is its own, not the daemon's), a
 * small one of the medium. What it says on its standard error is read with limits, too. The kernel
 * kills it when the daemon ends.
 */
public final class WorkerProcess {
  private static final System.Logger LOG = System.getLogger(WorkerProcess.class.getName());

  /** Jars, files and pipes; a JVM with the daemon's class path needs less than a hundred. */
  private static final int DESCRIPTORS = 256;

  /** What a worker has to end when it is asked to, before it is killed. */
  private static final Duration GRACE = Duration.ofMillis(300);

  /** How often it is looked whether it is still within its limits of time. */
  private static final Duration LOOK = Duration.ofMillis(500);

  /**
   * What is to be done.
   *
   * @param name for people, in problems
   * @param argv the program and its arguments
   * @param streams what it reads from its standard input, and writes to its output
   * @param largestFile that it may write (RLIMIT_FSIZE)
   * @param asNobody whether it runs as the user that owns nothing, where the daemon is root
   * @param reads what it opens by name: files, and directories with all below them; beside its
   *     program and the libraries of that
   * @param network whether it uses the network of the host
   */
  public record Job(
      String name,
      List<String> argv,
      Streams streams,
      ByteSize largestFile,
      boolean asNobody,
      List<Path> reads,
      boolean network) {
    public Job {
      argv = List.copyOf(argv);
      reads = List.copyOf(reads);
    }
  }

  /** Standard input and output of a worker. */
  public sealed interface Streams {}

  /**
   * Files.
   *
   * @param input what it reads; null for nothing
   * @param output what it writes: made, or emptied; null for nothing
   */
  public record OfFiles(@Nullable Path input, @Nullable Path output) implements Streams {}

  /**
   * Pipes to and from the daemon.
   *
   * @param told what it finds on its standard input, which no other user can see; at most as much
   *     as a pipe holds (64 KiB; pipe(7))
   * @param output is given its standard output, in a thread of its own, and reads it to the end
   */
  public record Pipes(String told, Consumer<InputStream> output) implements Streams {}

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

  private final Confiner confiner;
  private final Limits limits;

  /**
   * @param confiner that starts workers
   */
  public WorkerProcess(Confiner confiner, Limits limits) {
    this.confiner = confiner;
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
    var talk = new Talk(job, line);
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

  private Distrusted program(Job job) {
    Path nothing = Path.of("/dev/null");
    var files =
        switch (job.streams()) {
          case OfFiles(Path input, Path output) ->
              new Distrusted.Files(
                  input, output == null ? nothing : output, null, job.reads(), List.of());
          case Pipes pipes -> Distrusted.Files.told(pipes.told(), job.reads());
        };
    return new Distrusted(
        job.name(),
        job.argv(),
        Map.of(),
        files,
        new Distrusted.Limits(limits.memory(), job.largestFile(), DESCRIPTORS),
        job.asNobody() ? Distrusted.NOBODY : null,
        job.network(),
        true);
  }

  /** Starts the worker and hears what it says, in a thread that lasts as long as the worker. */
  private final class Talk implements Runnable {
    private final Job job;
    private final Consumer<String> line;
    private final CompletableFuture<Process> started = new CompletableFuture<>();
    private final CompletableFuture<Integer> ended = new CompletableFuture<>();
    private volatile long heard = System.nanoTime();

    Talk(Job job, Consumer<String> line) {
      this.job = job;
      this.line = line;
    }

    @Override
    public void run() {
      try {
        Process process = confiner.start(program(job));
        started.complete(process);
        if (job.streams() instanceof Pipes pipes) {
          Thread.ofPlatform()
              .daemon()
              .name(job.name() + "-output")
              .start(() -> pipes.output().accept(process.getInputStream()));
        }
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

    /** Ends the worker, and all that it has started. */
    void end() {
      try {
        new ProcessTree(started.join()).end(GRACE);
      } catch (CompletionException e) {
        LOG.log(Level.DEBUG, "no worker was started", e);
      }
    }
  }
}
