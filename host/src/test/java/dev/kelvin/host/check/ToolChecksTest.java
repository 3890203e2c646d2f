package dev.kelvin.host.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Distribution;
import dev.kelvin.host.program.Requirements;
import dev.kelvin.host.program.Requirements.Requirement;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ToolChecksTest {
  private static List<Check> checks(Set<String> provided) throws InterruptedException {
    return new ToolChecks(new Commands(), Optional.of(Distribution.DEBIAN), false, provided).all();
  }

  /** Where a QEMU is picked, the distribution's is neither looked for nor missed. */
  @Test
  void whatAPickedQemuBringsIsNotAskedFor() throws InterruptedException {
    assertThat(Requirements.ofPickedQemu())
        .allSatisfy(name -> assertThat(Requirements.find(name)).isPresent());
    Check run =
        checks(Requirements.ofPickedQemu()).stream()
            .filter(check -> check.id().equals("tools-run"))
            .findFirst()
            .orElseThrow();
    assertThat(run.proof()).doesNotContain("qemu-system-x86_64", "seabios").contains("qemu-img");
    assertThat(run.packages()).doesNotContain("qemu-system-x86", "seabios");
    Set<String> all =
        Requirements.needed(false).stream().map(Requirement::name).collect(Collectors.toSet());
    assertThat(Requirements.missing(all)).isEmpty();
  }

  /** So that a client asks for the packages of what it needs, and for no others. */
  @Test
  void whatIsLackingNamesItsPackages() throws InterruptedException {
    for (Check check : checks(Set.of())) {
      boolean lacks = check.state() == CheckState.REQUIRED;
      assertThat(check.packages().isEmpty()).as("%s", check).isEqualTo(!lacks);
    }
  }
}
