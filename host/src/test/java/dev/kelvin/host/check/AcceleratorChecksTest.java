package dev.kelvin.host.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.check.GuestProof.Line;
import dev.kelvin.host.check.GuestProof.Run;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcceleratorChecksTest {
  @TempDir Path root;

  @Test
  void fasterThanEmulationWorks() {
    Check check = AcceleratorChecks.judge(run(40, Map.of()), run(250, Map.of()));
    assertThat(check.state()).isEqualTo(CheckState.OK);
    assertThat(check.proof()).startsWith("works: ").contains("0.04 s").contains("0.25 s");
  }

  @Test
  void slowerThanEmulationDoesNot() {
    Check check = AcceleratorChecks.judge(run(300, Map.of()), run(250, Map.of()));
    assertTooSlow(check);
  }

  @Test
  void crawlingExitsAndInterruptsDoNot() {
    assertTooSlow(AcceleratorChecks.judge(run(40, Map.of("exits", 1500L)), run(250, Map.of())));
    assertTooSlow(AcceleratorChecks.judge(run(40, Map.of("timer", 1500L)), run(250, Map.of())));
  }

  /** As of a KVM on emulated SVM, whose guests run at several times the speed all the same. */
  @Test
  void exitsMayCrawlWhereAllDoes() {
    Map<String, Long> slow = Map.of("exits", 4100L, "timer", 1200L);
    Run tcg = run(55_000, Map.of());
    assertThat(AcceleratorChecks.judge(run(9_300, slow), tcg).state()).isEqualTo(CheckState.OK);
    assertTooSlow(AcceleratorChecks.judge(run(9_300, Map.of("exits", 12_000L)), tcg));
    assertTooSlow(
        AcceleratorChecks.judge(run(900, slow), GuestProof.judge(List.of(), "QEMU ended with 1")));
  }

  @Test
  void aGuestThatStopsOrErrsDoesNot() {
    Run whole = run(250, Map.of());
    Check stopped =
        AcceleratorChecks.judge(
            GuestProof.judge(whole.lines().subList(0, 1), "it was stopped after 3.0 s"), whole);
    assertTooSlow(stopped);
    assertThat(stopped.proof()).contains("stopped after 3.0 s, in its part integers");
    var wrong = new ArrayList<>(whole.lines());
    wrong.set(3, new Line("paging 0", 0));
    assertTooSlow(AcceleratorChecks.judge(GuestProof.judge(wrong, "ended"), whole));
  }

  @Test
  void withoutEmulationAnAbsoluteLimitCounts() {
    Run none = GuestProof.judge(List.of(), "QEMU ended with 1");
    assertThat(AcceleratorChecks.judge(run(400, Map.of()), none).state()).isEqualTo(CheckState.OK);
    assertTooSlow(AcceleratorChecks.judge(run(6000, Map.of()), none));
  }

  @Test
  void aMissingDeviceIsTold() throws Exception {
    assertThat(missingRemedy("flags : fpu vmx sse"))
        .isEqualTo("load the module: sudo modprobe kvm_intel");
    assertThat(missingRemedy("flags : fpu svm sse"))
        .isEqualTo("load the module: sudo modprobe kvm_amd");
    assertThat(missingRemedy("flags : fpu hypervisor")).contains("nested virtualization");
    assertThat(missingRemedy("flags : fpu")).contains("VT-x or AMD-V");
  }

  @Test
  void aDeviceThatRootKeepsGivesVmsNoPermission() throws Exception {
    // A QEMU that answers at once, for KVM to count as fast; a plain file is openable as the
    // device.
    Path device = Files.createFile(Files.createDirectories(root.resolve("dev")).resolve("kvm"));
    Files.setPosixFilePermissions(device, PosixFilePermissions.fromString("rw-------"));
    var outcome = examine(true, fakeQemu());
    assertThat(outcome.checks().getFirst().proof()).startsWith("no permission: ");
    assertThat(outcome.checks().getFirst().remedy()).contains("chmod 660");
    assertThat(outcome.working()).containsExactly("tcg");

    assertThat(examine(false, fakeQemu()).working()).containsExactly("kvm", "tcg");
    Files.setPosixFilePermissions(device, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThat(examine(true, fakeQemu()).working()).containsExactly("kvm", "tcg");
  }

  @Test
  void aDeviceThatCannotBeOpenedIsNoPermission() throws Exception {
    assumeTrue(!Users.isRoot(), "root can open every device");
    Path device = Files.createFile(Files.createDirectories(root.resolve("dev")).resolve("kvm"));
    Files.setPosixFilePermissions(device, PosixFilePermissions.fromString("---------"));
    Check check = examine(false, fakeQemu()).checks().getFirst();
    assertThat(check.proof()).isEqualTo("no permission: opened " + device + ": permission denied");
    assertThat(check.remedy()).contains("usermod -aG kvm");
  }

  private AcceleratorChecks.Outcome examine(boolean ownUsers, Path qemu) throws Exception {
    return new AcceleratorChecks(root, ownUsers, new GuestProof(new Commands(), root))
        .examine(qemu);
  }

  private String missingRemedy(String cpuFlags) throws Exception {
    Files.createDirectories(root.resolve("proc"));
    Files.writeString(root.resolve("proc/cpuinfo"), cpuFlags + "\n");
    var outcome = examine(false, fakeQemu());
    Check check = outcome.checks().getFirst();
    assertThat(check.state()).isEqualTo(CheckState.ABSENT);
    assertThat(check.proof()).startsWith("missing: ").contains("no such file");
    assertThat(outcome.working()).containsExactly("tcg");
    return String.valueOf(check.remedy());
  }

  /** Writes what the guest writes; its parts take longer under TCG. */
  private Path fakeQemu() throws IOException {
    Path script = root.resolve("qemu");
    Files.writeString(
        script,
        "#!/bin/sh\n"
            + "case \"$*\" in *accel=tcg*) pause=0.05;; *) pause=0;; esac\n"
            + "echo '"
            + String.join("'; sleep $pause; echo '", GuestProof.EXPECTED)
            + "'\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script;
  }

  private static void assertTooSlow(Check check) {
    assertThat(check.state()).isEqualTo(CheckState.BROKEN);
    assertThat(check.proof()).startsWith("present but too slow or broken: ");
    assertThat(check.remedy()).isNotNull();
  }

  /** A run whose part "integers" takes so many milliseconds, and others what {@code parts} say. */
  private static Run run(long integers, Map<String, Long> parts) {
    var lines = new ArrayList<Line>();
    long now = 0;
    for (String text : GuestProof.EXPECTED) {
      String name = text.substring(0, text.indexOf(' '));
      now += 1_000_000L * (name.equals("integers") ? integers : parts.getOrDefault(name, 0L));
      lines.add(new Line(text, now));
    }
    return GuestProof.judge(lines, "ended");
  }
}
