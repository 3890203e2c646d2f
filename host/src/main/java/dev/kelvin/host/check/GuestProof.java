package dev.kelvin.host.check;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.QemuFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs a small 64-bit guest under an accelerator and looks at what it computes and how long that
 * takes. Its source, {@code probe.S} beside this class, says what it does.
 */
final class GuestProof {
  private static final int FIRMWARE_BYTES = 64 << 10;

  /** What the guest must write, in this order; a test computes the values again. */
  static final List<String> EXPECTED =
      List.of(
          "long-mode 0000000000000500",
          "integers ed38f0f5ba34d2b2",
          "floats 402cc9137a1df0d6",
          "paging 27a2a30124560000",
          "faults 0000000000004000",
          "exits 0000000000000fa0",
          "timer 0000000000000032",
          "user-mode 39cd85f018e8f6d7",
          "calls 0000000000001388");

  /** The parts that only compute, the ones that the accelerator is there to make fast. */
  private static final Set<String> COMPUTING =
      Set.of("integers", "floats", "paging", "faults", "user-mode", "calls");

  private final Commands commands;
  private final Path scratch;
  private final QemuFiles files;

  /** Runs guests whose firmware is written to the directory {@code scratch}. */
  GuestProof(Commands commands, Path scratch) {
    this(commands, scratch, QemuFiles.usual());
  }

  /** As {@link #GuestProof(Commands, Path)}, on a QEMU that is told where its files are. */
  GuestProof(Commands commands, Path scratch, QemuFiles files) {
    this.commands = commands;
    this.scratch = scratch;
    this.files = files;
  }

  /** A line of the guest, and when it came. */
  record Line(String text, long nanos) {
    String part() {
      return text.substring(0, text.indexOf(' '));
    }
  }

  /**
   * What was seen.
   *
   * @param lines as they came, up to the first wrong one
   * @param failure how it ended, when it was not as it should; a clause for people
   */
  record Run(List<Line> lines, @Nullable String failure) {
    boolean complete() {
      return failure == null;
    }

    /** How long one part took. */
    Duration part(String name) {
      for (int i = 1; i < lines.size(); i++) {
        if (lines.get(i).part().equals(name)) {
          return Duration.ofNanos(lines.get(i).nanos() - lines.get(i - 1).nanos());
        }
      }
      return Duration.ZERO;
    }

    Duration computing() {
      return COMPUTING.stream().map(this::part).reduce(Duration.ZERO, Duration::plus);
    }

    Duration total() {
      return lines.isEmpty()
          ? Duration.ZERO
          : Duration.ofNanos(lines.getLast().nanos() - lines.getFirst().nanos());
    }

    /** The part in which it stopped. */
    String unfinished() {
      String next = EXPECTED.get(Math.min(lines.size(), EXPECTED.size() - 1));
      return next.substring(0, next.indexOf(' '));
    }
  }

  /** Runs the guest once under {@code kvm} or {@code tcg}. */
  Run run(Path qemu, String accelerator, Duration deadline) throws InterruptedException {
    Path firmware = writeFirmware();
    List<Line> lines = Collections.synchronizedList(new ArrayList<>());
    try {
      var argv = new ArrayList<String>();
      argv.add(qemu.toString());
      argv.addAll(files.options());
      argv.addAll(
          List.of(
              "-no-user-config",
              "-nodefaults",
              "-display",
              "none",
              "-machine",
              "q35,accel=" + accelerator,
              "-m",
              "64",
              "-cpu",
              accelerator.equals("kvm") ? "host" : "max",
              "-no-reboot",
              "-bios",
              firmware.toString(),
              "-serial",
              "stdio"));
      var command = Command.of(argv).environment(files.environment()).timeout(deadline);
      var result =
          commands.run(
              command,
              line -> {
                if (EXPECTED.stream().anyMatch(e -> sameForm(e, line))) {
                  lines.add(new Line(line, System.nanoTime()));
                }
              });
      String last = result.lastError().isEmpty() ? "" : ": " + result.lastError();
      return judge(List.copyOf(lines), "QEMU ended with " + result.exitCode() + last);
    } catch (ProblemException e) {
      if (e.problem().code() != Code.TIMEOUT) {
        throw e;
      }
      return judge(
          List.copyOf(lines),
          "it was stopped after %.2f s".formatted(deadline.toMillis() / 1000.0));
    }
  }

  private static boolean sameForm(String expected, String line) {
    return line.startsWith(expected.substring(0, expected.indexOf(' ') + 1));
  }

  /** Compares what the guest wrote with what it must write. */
  static Run judge(List<Line> lines, String ending) {
    for (int i = 0; i < Math.min(lines.size(), EXPECTED.size()); i++) {
      if (!lines.get(i).text().equals(EXPECTED.get(i))) {
        return new Run(
            lines.subList(0, i),
            "it wrote \"" + lines.get(i).text() + "\" where \"" + EXPECTED.get(i) + "\" is right");
      }
    }
    boolean all = lines.size() == EXPECTED.size();
    return new Run(lines, all ? null : ending);
  }

  private Path writeFirmware() {
    byte[] image = new byte[FIRMWARE_BYTES];
    byte[] code = resource("probe.bin");
    System.arraycopy(code, 0, image, image.length - code.length, code.length);
    try {
      return Files.write(scratch.resolve("probe.fw"), image);
    } catch (IOException e) {
      throw new UncheckedIOException(scratch + " takes no files", e);
    }
  }

  static byte[] resource(String name) {
    try (InputStream stream = GuestProof.class.getResourceAsStream(name)) {
      return Objects.requireNonNull(stream, name).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
