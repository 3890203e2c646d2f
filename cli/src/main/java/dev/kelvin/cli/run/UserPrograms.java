package dev.kelvin.cli.run;

import dev.kelvin.cli.Interrupts;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.UserLocale;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Other programs that the command line uses. */
public final class UserPrograms {
  /** How long a program may take to end when it is told to. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration STARTING = Duration.ofSeconds(1);

  private UserPrograms() {}

  /**
   * Runs a program on this terminal, in the place of this one: a signal that would end this process
   * ends the program, and then this process with the program's exit code.
   *
   * @param parcel the distribution's package that has it
   * @return its exit code
   */
  public static int become(Session session, List<String> command, String parcel)
      throws InterruptedException {
    var started = new CompletableFuture<Process>();
    try (var _ = Interrupts.during(() -> passOn(started))) {
      Process process = prepare(session, command).inheritIO().start();
      started.complete(process);
      return process.waitFor();
    } catch (IOException e) {
      throw Problem.of(Code.CAPABILITY_MISSING, command.getFirst() + " cannot be started")
          .because(String.valueOf(e.getMessage()))
          .remedy("install the package " + parcel)
          .asException(e);
    }
  }

  /** Runs while this process ends, whichever signal it was. */
  private static void passOn(CompletableFuture<Process> started) {
    try {
      // It may be about to be started just now.
      Process process = started.get(STARTING.toMillis(), TimeUnit.MILLISECONDS);
      process.destroy(); // SIGTERM
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      Runtime.getRuntime().halt(process.exitValue());
    } catch (TimeoutException notStarted) {
      return; // there is nothing to end
    } catch (ExecutionException e) {
      throw new IllegalStateException("it is never completed exceptionally", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The same for Kelvin's own programs, which are JVMs. */
  static ProcessBuilder prepareOwn(Session session, List<String> command) {
    var builder = prepare(session, command);
    UserLocale.setUtf8(builder.environment());
    return builder;
  }

  /** A program with the environment of the session. */
  static ProcessBuilder prepare(Session session, List<String> command) {
    var builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(session.environment());
    return builder;
  }
}
