package dev.kelvin.host.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelChecksTest {
  private static final String POOL = "sys/kernel/mm/hugepages/hugepages-2048kB/";

  @TempDir Path root;

  @Test
  void anEmptyHostLacksEverything() {
    assertThat(all(false, false))
        .allSatisfy(check -> {
          assertThat(check.state()).isEqualTo(CheckState.ABSENT);
          assertThat(check.remedy()).isNotBlank();
        });
  }

  @Test
  void hugePagesCountWhenOneWasMapped() throws IOException {
    file(POOL + "nr_hugepages", "0");
    file(POOL + "free_hugepages", "0");
    file("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
    assertThat(check("huge-pages", false).state()).isEqualTo(CheckState.ABSENT);
    assertThat(check("huge-pages", false).proof()).endsWith("transparent ones: madvise");
    file(POOL + "nr_hugepages", "512");
    file(POOL + "free_hugepages", "3");
    assertThat(check("huge-pages", true).state()).isEqualTo(CheckState.OK);
    assertThat(check("huge-pages", true).proof()).startsWith("512 of 2 MiB, 3 of them free");
    assertThat(check("huge-pages", false).state()).isEqualTo(CheckState.LIMITED);
  }

  @Test
  void samePageMergingCountsWhenItRuns() throws IOException {
    file("sys/kernel/mm/ksm/run", "0");
    assertThat(check("ksm", false).state()).isEqualTo(CheckState.ABSENT);
    assertThat(check("ksm", true).state()).isEqualTo(CheckState.LIMITED);
    file("sys/kernel/mm/ksm/run", "1");
    file("sys/kernel/mm/ksm/pages_sharing", "77");
    assertThat(check("ksm", true).state()).isEqualTo(CheckState.OK);
    assertThat(check("ksm", true).proof()).contains("77");
  }

  @Test
  void nodesAreListed() throws IOException {
    file("sys/devices/system/node/node0/cpulist", "0-3");
    file("sys/devices/system/node/possible", "0-1");
    assertThat(check("numa", true).proof()).isEqualTo("one node: node0 has CPUs 0-3");
    file("sys/devices/system/node/node1/cpulist", "4-7");
    assertThat(check("numa", true).proof())
        .isEqualTo("2 nodes: node0 has CPUs 0-3; node1 has CPUs 4-7");
  }

  @Test
  void iommuGroupsAreCounted() throws IOException {
    file("sys/kernel/iommu_groups/0/type", "DMA");
    file("sys/kernel/iommu_groups/1/type", "DMA");
    file("sys/class/iommu/dmar0/uevent", "");
    assertThat(check("iommu", true).proof()).isEqualTo("2 groups of devices; units: dmar0");
  }

  @Test
  void cgroupVersionsAreToldApart() throws IOException {
    file("sys/fs/cgroup/memory/tasks", "");
    assertThat(check("cgroups", true).proof()).isEqualTo("version 1");
    file("sys/fs/cgroup/unified/cgroup.procs", "");
    assertThat(check("cgroups", true).proof()).startsWith("version 1, and 2 beside it");
    assertThat(check("cgroups", true).state()).isEqualTo(CheckState.LIMITED);
    file("sys/fs/cgroup/cgroup.controllers", "cpu io memory\n");
    assertThat(check("cgroups", true))
        .isEqualTo(
            new Checks("cgroups", check("cgroups", true).title())
                .ok("version 2 with the controllers cpu io memory"));
  }

  @Test
  void accessControlIsNamed() throws IOException {
    file("sys/module/apparmor/parameters/enabled", "N");
    assertThat(check("mac", true).state()).isEqualTo(CheckState.ABSENT);
    file("sys/module/apparmor/parameters/enabled", "Y");
    file("sys/kernel/security/lsm", "capability,apparmor");
    assertThat(check("mac", true).proof())
        .contains("AppArmor is on")
        .contains("capability,apparmor");
    file("sys/fs/selinux/enforce", "1");
    assertThat(check("mac", true).proof()).isEqualTo("SELinux is enforcing");
    file("sys/fs/selinux/enforce", "0");
    assertThat(check("mac", true).proof()).isEqualTo("SELinux is permissive");
  }

  private Check check(String id, boolean kernelDoes) {
    return all(kernelDoes, kernelDoes).filter(c -> c.id().equals(id)).findFirst().orElseThrow();
  }

  private Stream<Check> all(boolean mapsHugePage, boolean mergesPages) {
    var checks = new KernelChecks(root, () -> mapsHugePage, () -> mergesPages);
    return Stream.concat(checks.memory().stream(), checks.confinement().stream());
  }

  private void file(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
