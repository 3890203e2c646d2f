package dev.kelvin.host.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.check.GuestProof.Line;
import dev.kelvin.host.check.GuestProof.Run;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.qemu.QemuChoice;
import dev.kelvin.model.spec.Architecture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestProofTest {
  private final Commands commands = new Commands();
  private GuestProof proof;

  @TempDir Path scratch;

  @BeforeEach
  void useScratch() {
    proof = new GuestProof(commands, scratch);
  }

  @Test
  void softwareEmulationRunsTheGuest() throws Exception {
    Path qemu = qemu();
    Run run = proof.run(qemu, "tcg", Duration.ofSeconds(60));
    assertThat(run.failure()).isNull();
    assertThat(run.lines()).extracting(Line::text).isEqualTo(GuestProof.EXPECTED);
    assertThat(run.computing()).isPositive().isLessThan(run.total());
    // 50 interrupts that are half a millisecond apart.
    assertThat(run.part("timer")).isGreaterThan(Duration.ofMillis(15));
  }

  @Test
  void aGuestThatIsTooLateIsStopped() throws Exception {
    Path qemu = qemu();
    Run run = proof.run(qemu, "tcg", Duration.ofMillis(30));
    assertThat(run.complete()).isFalse();
    assertThat(run.failure()).isEqualTo("it was stopped after 0.03 s");
    assertThat(GuestProof.EXPECTED).anyMatch(line -> line.startsWith(run.unfinished() + " "));
  }

  @Test
  void anAcceleratorThatQemuDoesNotHaveIsTold() throws Exception {
    Run run = proof.run(qemu(), "xen", Duration.ofSeconds(20));
    assertThat(run.complete()).isFalse();
    assertThat(run.failure()).startsWith("QEMU ended with 1: ");
  }

  @Test
  void valuesAreWhatTheGuestComputes() {
    long[] table = new long[0x40000 / 8];
    assertThat(GuestProof.EXPECTED)
        .containsExactly(
            line("long-mode", 0x500),
            line("integers", mix(10_000_000, table)),
            line("floats", Double.doubleToLongBits(harmonicSum(1_000_000))),
            line("paging", paging()),
            line("faults", 4 * 4096),
            line("exits", 4000),
            line("timer", 50),
            line("user-mode", mix(1_000_000, table)),
            line("calls", 5000));
  }

  @Test
  void theGuestIsWhatItsSourceGives(@TempDir Path directory) throws Exception {
    assumeTrue(
        Programs.find("as").isPresent() && Programs.find("ld").isPresent(),
        "the GNU assembler is not installed");
    Files.write(directory.resolve("probe.S"), GuestProof.resource("probe.S"));
    for (String step :
        List.of(
            "as --64 -o probe.o probe.S",
            "ld -m elf_x86_64 -Ttext=0xfffff000 --oformat binary -o probe.bin probe.o")) {
      var result = commands.run(Command.of(List.of(step.split(" ", -1))).directory(directory));
      assertThat(result.ok()).as(result.stderr()).isTrue();
    }
    assertThat(directory.resolve("probe.bin")).hasBinaryContent(GuestProof.resource("probe.bin"));
  }

  @Test
  void aWrongValueIsAFailure() {
    var lines = new ArrayList<Line>();
    GuestProof.EXPECTED.forEach(text -> lines.add(new Line(text, lines.size())));
    assertThat(GuestProof.judge(lines, "ended").complete()).isTrue();
    lines.set(2, new Line("floats 0000000000000000", 2));
    Run run = GuestProof.judge(lines, "ended");
    assertThat(run.failure())
        .isEqualTo(
            "it wrote \"floats 0000000000000000\" where \"floats 402cc9137a1df0d6\" is right");
    assertThat(run.unfinished()).isEqualTo("floats");
  }

  static Path qemu() {
    var qemu = QemuChoice.hosts().usable(Architecture.X86_64);
    assumeTrue(qemu.isPresent(), "QEMU is not installed");
    return qemu.get();
  }

  private static String line(String name, long value) {
    return "%s %016x".formatted(name, value);
  }

  /** As "mix" in probe.S; the table keeps what an earlier call has left there. */
  private static long mix(int rounds, long[] table) {
    long state = 88172645463325252L;
    long seen = 0;
    for (int left = rounds; left > 0; left--) {
      state ^= state << 13;
      state ^= state >>> 7;
      state ^= state << 17;
      int place = (int) (state & (0x40000 - 8)) / 8;
      switch (left & 3) {
        case 0 -> table[place] += state;
        case 1 -> seen ^= table[place];
        case 2 -> table[place] = state;
        default -> {
          table[place] = Long.rotateLeft(table[place], 9);
          seen += table[place];
        }
      }
    }
    return seen;
  }

  private static double harmonicSum(int terms) {
    double sum = 0;
    for (int k = 1; k <= terms; k++) {
      sum += 1.0 / k;
    }
    return sum;
  }

  /** Pages are written through a shuffled mapping and read in the order of the memory. */
  private static long paging() {
    long hash = 0;
    for (int round = 0; round < 4; round++) {
      long[] frames = new long[4096];
      for (int page = 0; page < 4096; page++) {
        frames[(page * 1973 + round) & 4095] = page + 4096L * round;
      }
      for (long frame : frames) {
        hash = hash * 31 + frame;
      }
    }
    return hash;
  }
}
