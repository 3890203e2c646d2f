package dev.kelvin.host.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.kernel.Syscalls;
import dev.kelvin.model.DoctorReport.CheckState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The answers differ between kernels; what must hold everywhere is checked. */
class SyscallChecksTest {
  private final SyscallChecks checks = new SyscallChecks();

  @Test
  void everyCheckHasAProofAndEachLackARemedy() {
    assertThat(checks.all())
        .allSatisfy(check -> {
          assertThat(check.proof()).isNotBlank();
          assertThat(check.remedy() == null).isEqualTo(check.state() == CheckState.OK);
        });
  }

  @Test
  void theyLeaveNothingBehind() throws IOException {
    checks.all();
    List<String> interfaces = names(Path.of("/sys/class/net"));
    int descriptors = names(Path.of("/proc/self/fd")).size();
    for (int i = 0; i < 20; i++) {
      checks.all();
      checks.mapsHugePage();
      checks.mergesPages();
    }
    assertThat(names(Path.of("/proc/self/fd")).size()).isLessThan(descriptors + 10);
    assertThat(names(Path.of("/sys/class/net")))
        .containsAll(interfaces)
        .noneMatch(name -> name.startsWith("kvprobe"));
  }

  @Test
  void hugePagesAgreeWithTheKernelsCount() throws IOException {
    Path free = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
    if (!Files.exists(free) || Files.readString(free).strip().equals("0")) {
      Path overcommit = Path.of("/proc/sys/vm/nr_overcommit_hugepages");
      boolean surplus =
          Files.exists(overcommit) && !Files.readString(overcommit).strip().equals("0");
      assertThat(checks.mapsHugePage()).isEqualTo(surplus);
    } else {
      assertThat(checks.mapsHugePage()).isTrue();
    }
  }

  @Test
  void errorsHaveNames() {
    var kernel = new Syscalls();
    assertThat(kernel.open("/nonexistent").error()).startsWith("ENOENT");
    assertThat(kernel.call(100_000).error()).startsWith("ENOSYS");
    assertThat(new Syscalls.Answer(-1, 4711).error()).isEqualTo("error 4711");
  }

  private static List<String> names(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    }
  }
}
