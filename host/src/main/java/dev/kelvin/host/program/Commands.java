package dev.kelvin.host.program;

import dev.kelvin.host.process.Orphans;
import dev.kelvin.host.process.ProcessTree;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs other programs with limits on time, memory and output. Each runs in a session of its own
 * (setsid(1)), so that Ctrl-C on the daemon does not reach it and all of it can be ended; the
 * locale is C.UTF-8, so that its output can be read by machine.
 */
public final class Commands {
  private static final System.Logger LOG = System.getLogger(Commands.class.getName());

  /** How long a program that was asked to end has before it is killed. */
  private static final Duration GRACE = Duration.ofSeconds(3);

  /** How long output may stay open after the program has ended. */
  private static final Duration LINGER = Duration.ofMillis(200);

  /** How long it may take to read what is left when nothing writes any more. */
  private static final Duration DRAIN = Duration.ofSeconds(5);

  /**
   * One call of a program.
   *
   * @param argv the program, by name or absolute path, and its arguments
   * @param environment added to the daemon's own
   * @param directory where it runs; null for the daemon's
   * @param timeout after which it is ended
   * @param memoryLimit of address space, for each of its processes (RLIMIT_AS); null for none
   * @param maxOutputBytes of each of its two streams that are kept
   * @param input what it reads from standard input
   */
  @SuppressWarnings("ArrayRecordComponent") // Bytes pass through; commands are not compared.
  public record Command(
      List<String> argv,
      Map<String, String> environment,
      @Nullable Path directory,
      Duration timeout,
      @Nullable ByteSize memoryLimit,
      int maxOutputBytes,
      byte[] input) {

    public Command {
      argv = List.copyOf(argv);
      environment = Map.copyOf(environment);
      if (argv.isEmpty()) {
        throw new IllegalArgumentException("a command has at least a program");
      }
    }

    /** A command with a minute of time, 1 MiB of output, no limit on memory and no input. */
    public static Command of(String... argv) {
      return of(List.of(argv));
    }

    /** As {@link #of(String...)}. */
    public static Command of(List<String> argv) {
      return new Command(argv, Map.of(), null, Duration.ofMinutes(1), null, 1 << 20, new byte[0]);
    }

    public Command timeout(Duration limit) {
      return new Command(argv, environment, directory, limit, memoryLimit, maxOutputBytes, input);
    }

    public Command memoryLimit(ByteSize limit) {
      return new Command(argv, environment, directory, timeout, limit, maxOutputBytes, input);
    }

    public Command environment(Map<String, String> added) {
      return new Command(argv, added, directory, timeout, memoryLimit, maxOutputBytes, input);
    }

    public Command directory(Path where) {
      return new Command(argv, environment, where, timeout, memoryLimit, maxOutputBytes, input);
    }

    public Command maxOutputBytes(int limit) {
      return new Command(argv, environment, directory, timeout, memoryLimit, limit, input);
    }

    public Command input(byte[] bytes) {
      return new Command(argv, environment, directory, timeout, memoryLimit, maxOutputBytes, bytes);
    }

    String program() {
      return argv.getFirst();
    }
  }

  /**
   * How a program ended.
   *
   * @param exitCode 128 + N when signal N ended it
   * @param stdout and {@code stderr} as text; bytes that are not UTF-8 are replaced
   */
  public record Result(int exitCode, String stdout, String stderr) {
    public boolean ok() {
      return exitCode == 0;
    }

    /** The last line that it wrote as an error, for the cause of a problem. */
    public String lastError() {
      String text = stderr.isBlank() ? stdout : stderr;
      return text.lines().filter(line -> !line.isBlank()).reduce((a, b) -> b).orElse("").strip();
    }
  }

  /**
   * Runs a program to its end, whatever its exit code is. More output on stdout than allowed is a
   * failure; of stderr the last part is kept.
   *
   * @throws ProblemException capability-missing when the program is not installed, timeout,
   *     host-failure when it cannot be started or writes too much
   * @throws InterruptedException after the program and all its children have been ended
   */
  public Result run(Command command) throws InterruptedException {
    return run(command, null);
  }

  /**
   * As {@link #run(Command)}, and gives each line of stdout and stderr to {@code line} when it is
   * written, one at a time; a carriage return ends a line too. Of each stream the last part is
   * kept.
   */
  public Result run(Command command, @Nullable Consumer<String> line) throws InterruptedException {
    Process process = start(command);
    feed(process, command);
    return hear(process, command, line, GRACE);
  }

  /**
   * As {@link #run(Command, Consumer)}, of a program that is not trusted; it has 1 MiB of output,
   * and no time to end when it is late.
   *
   * @param timeout after which it is ended
   */
  public Result run(
      Distrusted program, Confiner confiner, Duration timeout, @Nullable Consumer<String> line)
      throws InterruptedException {
    try {
      Process process = confiner.start(program);
      return hear(process, Command.of(program.argv()).timeout(timeout), line, Duration.ZERO);
    } catch (IOException e) {
      throw cannotStart(program.name(), e);
    }
  }

  private static Result hear(
      Process process, Command command, @Nullable Consumer<String> line, Duration grace)
      throws InterruptedException {
    var out = new OutputReader(process.getInputStream(), command.maxOutputBytes(), line != null);
    var err = new OutputReader(process.getErrorStream(), command.maxOutputBytes(), true);
    try {
      Consumer<String> sink = line == null ? null : serialised(line);
      out.start(command.program() + "-out", sink);
      err.start(command.program() + "-err", sink);
      return await(process, command, out, err);
    } finally {
      new ProcessTree(process).end(grace);
      out.close();
      err.close();
    }
  }

  private static Consumer<String> serialised(Consumer<String> line) {
    var lock = new java.util.concurrent.locks.ReentrantLock();
    return text -> {
      lock.lock();
      try {
        line.accept(text);
      } finally {
        lock.unlock();
      }
    };
  }

  private static Process start(Command command) {
    String program = Programs.require(command.program()).toString();
    List<String> argv = new ArrayList<>(List.of(Programs.require("setsid").toString()));
    ByteSize memory = command.memoryLimit();
    if (memory != null) {
      argv.addAll(List.of(Programs.require("prlimit").toString(), "--as=" + memory.bytes()));
    }
    argv.add(program);
    argv.addAll(command.argv().subList(1, command.argv().size()));
    var builder = new ProcessBuilder(argv);
    Map<String, String> environment = new HashMap<>();
    environment.put("PATH", Programs.path());
    environment.put("LC_ALL", "C.UTF-8");
    environment.putAll(command.environment());
    environment.putAll(Orphans.mark());
    builder.environment().putAll(environment);
    Path directory = command.directory();
    if (directory != null) {
      builder.directory(directory.toFile());
    }
    try {
      return builder.start();
    } catch (IOException e) {
      throw cannotStart(command.program(), e);
    }
  }

  private static ProblemException cannotStart(String program, IOException e) {
    return Problem.of(Code.HOST_FAILURE, "The program " + program + " cannot be started")
        .on(program)
        .because(e.getMessage())
        .remedy("check the host's memory, its limit on processes, and the directory it starts in")
        .asException(e);
  }

  /** Writes the input in a thread of its own: a program may fill its output before it reads on. */
  private static void feed(Process process, Command command) {
    byte[] input = command.input();
    Thread.ofPlatform()
        .daemon()
        .name(command.program() + "-in")
        .start(() -> {
          try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input);
          } catch (IOException e) {
            // It ended, or closed its input, before it had read everything: its exit code
            // tells whether that is a fault.
            LOG.log(System.Logger.Level.DEBUG, "{0} left input unread: {1}", command.program(), e);
          }
        });
  }

  private static Result await(Process process, Command command, OutputReader out, OutputReader err)
      throws InterruptedException {
    long deadline = System.nanoTime() + command.timeout().toNanos();
    boolean ended = false;
    while (!ended) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw Problem.of(Code.TIMEOUT, "The program " + command.program() + " took too long")
            .on(command.program())
            .because("it had not ended after " + command.timeout().toMillis() / 1000.0 + " s")
            .remedy("see whether the host is overloaded or its storage hangs, then try again")
            .asException();
      }
      // Short waits, so that a stream that has failed ends the program soon.
      ended = process.waitFor(Math.min(left, 50_000_000L), TimeUnit.NANOSECONDS);
      out.check();
      err.check();
    }
    for (OutputReader reader : List.of(out, err)) {
      if (!reader.join(LINGER)) {
        // A child that outlives the program holds the stream open: the command is over all the
        // same.
        new ProcessTree(process).end(GRACE);
        reader.join(DRAIN);
      }
      reader.check();
    }
    return new Result(process.exitValue(), out.text(), err.text());
  }
}
