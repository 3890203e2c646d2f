package dev.kelvin.host.program;

import dev.kelvin.host.program.WorkerProcess.Limits;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Cuts what a program says into lines, and hears no more of them than it may say. Bytes that are
 * not UTF-8 are replaced. Used by one thread.
 */
final class BoundedLines {
  private static final long SECOND = 1_000_000_000L;

  private final Limits limits;
  private final LongSupplier clock;
  private final long begin;
  private final Consumer<String> line;
  private final ByteArrayOutputStream current = new ByteArrayOutputStream();
  private long lines;

  /**
   * @param clock of nanoseconds
   * @param begin when the program was started, by that clock
   */
  BoundedLines(Limits limits, LongSupplier clock, long begin, Consumer<String> line) {
    this.limits = limits;
    this.clock = clock;
    this.begin = begin;
    this.line = line;
  }

  /**
   * Takes some bytes.
   *
   * @throws ProblemException host-failure when it is too much
   */
  void take(byte[] bytes, int count) {
    for (int i = 0; i < count; i++) {
      if (bytes[i] == '\n') {
        give();
      } else if (current.size() == limits.longestLine()) {
        throw tooMuch("it has a line of more than " + limits.longestLine() + " bytes");
      } else {
        current.write(bytes[i]);
      }
    }
  }

  /** Gives the last line, if it has no end. */
  void end() {
    if (current.size() > 0) {
      give();
    }
  }

  private void give() {
    lines++;
    long seconds = (clock.getAsLong() - begin) / SECOND;
    if (lines > limits.lines() + seconds * limits.linesPerSecond()) {
      throw tooMuch("it has said " + lines + " lines within " + (seconds + 1) + " s");
    }
    String text = current.toString(StandardCharsets.UTF_8);
    current.reset();
    line.accept(text);
  }

  private static ProblemException tooMuch(String cause) {
    return Problem.of(Code.HOST_FAILURE, "A worker says more than it should")
        .because(cause)
        .remedy("what it works on may be damaged or hostile; look at where that comes from")
        .asException();
  }
}
