package dev.kelvin.host.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.qemu.QemuCensus;
import dev.kelvin.host.qemu.QemuChoice;
import dev.kelvin.model.Code;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Layout;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
  private static final Commands COMMANDS = new Commands();

  @TempDir Path home;

  @Test
  void examinesThisHostOnceAndKeepsTheResult() throws Exception {
    Path qemu = GuestProofTest.qemu();
    List<Progress> progress = new ArrayList<>();
    DoctorReport report = doctor().examine(progress::add);

    assertThat(progress).extracting(Progress::done).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
    assertThat(report.host()).contains("CPUs").contains("Linux " + kernel());
    assertThat(report.checks())
        .extracting(Check::id)
        .doesNotHaveDuplicates()
        .contains(
            "kvm",
            "tcg",
            "qemu",
            "qemu-img",
            "uefi",
            "huge-pages",
            "ksm",
            "numa",
            "iommu",
            "cgroups",
            "userfaultfd",
            "io-uring",
            "tun",
            "nftables",
            "landlock",
            "mac",
            "seccomp",
            "vm-users");
    assertThat(report.checks())
        .allSatisfy(
            check -> assertThat(check.remedy() == null).isEqualTo(check.state() == CheckState.OK));
    assertThat(check(report, "tcg").state()).isEqualTo(CheckState.OK);
    String kvm = check(report, "kvm").proof();
    assertThat(kvm).matches("(?s)(works|present but too slow or broken|no permission|missing): .*");
    assertThat(report.accelerator()).isEqualTo(kvm.startsWith("works: ") ? "kvm" : "tcg");

    HostFacts facts = doctor().facts();
    assertThat(facts.qemuBinary()).isEqualTo(qemu.toString());
    assertThat(facts.defaultAccelerator()).isEqualTo(report.accelerator());
    assertThat(facts.machineAliases()).containsKey("q35");
    assertThat(facts.runAsRoot()).isEqualTo(Users.isRoot());
    assertThat(facts.cpus()).isPositive();
    assertThat(facts.memory().mebibytes()).isPositive();

    assertThat(home.resolve("run/doctor")).doesNotExist();

    // Another daemon reads what the first has kept, word for word.
    assertThat(doctor().report()).isEqualTo(report);
    // It is not taken for another host, nor when it is damaged.
    Path file = home.resolve("var/doctor.json");
    String key = new HostIdentity(Path.of("/"), new QemuCensus(QemuChoice.hosts())).key();
    assertThat(new DoctorCache(file).read(key)).isPresent();
    assertThat(new DoctorCache(file).read(key + " another")).isEmpty();
    Files.writeString(file, "{\"key\": ");
    assertThat(new DoctorCache(file).read(key)).isEmpty();
  }

  @Test
  void anInterruptionEndsTheExamination() {
    GuestProofTest.qemu();
    Thread.currentThread().interrupt();
    var thrown = catchThrowableOfType(ProblemException.class, () -> doctor().facts());
    assertThat(Thread.interrupted()).isTrue();
    assertThat(thrown.problem().code()).isEqualTo(Code.CANCELLED);
    assertThat(home.resolve("var/doctor.json")).doesNotExist();
  }

  /** Tried each time, and not kept; what is of security is known by ids that there are. */
  @Test
  void triesTheWallsAroundVmsEachTime() throws Exception {
    GuestProofTest.qemu();
    DoctorReport report = doctor().examine(ProgressSink.none());
    assertThat(report.checks()).extracting(Check::id).noneMatch(id -> id.startsWith("wall-"));
    assertThat(report.ofSecurity().checks())
        .extracting(Check::id)
        .containsExactlyInAnyOrder(
            DoctorReport.OF_SECURITY.stream()
                .filter(id -> !id.equals("api.tls"))
                .toArray(String[]::new));
    assertThat(doctor().walls())
        .extracting(Check::id)
        .containsExactlyElementsOf(
            Arrays.stream(Layer.values()).map(layer -> "wall-" + layer.wire()).toList());
  }

  private Doctor doctor() {
    return new Doctor(layout(), COMMANDS, QemuChoice.hosts(), CellSupport::ofHost);
  }

  private Layout layout() {
    return new Layout(home, home.resolve("etc"), home.resolve("var"), home.resolve("run"));
  }

  private static Check check(DoctorReport report, String id) {
    return report.checks().stream().filter(c -> c.id().equals(id)).findFirst().orElseThrow();
  }

  private static String kernel() throws IOException {
    return Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
  }
}
