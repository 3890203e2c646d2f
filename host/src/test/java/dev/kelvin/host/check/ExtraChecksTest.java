package dev.kelvin.host.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.program.Distribution;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import dev.kelvin.model.HostFacts.Extras;
import dev.kelvin.model.HostFacts.FileServer;
import dev.kelvin.model.HostFacts.FileServerKind;
import dev.kelvin.model.HostFacts.UefiFirmware;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExtraChecksTest {
  @Test
  void theReportTellsWhatIsLacking() {
    var firmware = new UefiFirmware("/code", "/vars");
    var debian = new ExtraChecks(Optional.of(Distribution.DEBIAN), false);
    assertThat(debian.all(Extras.none()))
        .allMatch(check -> check.state() == CheckState.ABSENT)
        .extracting(Check::remedy)
        .anyMatch(remedy -> String.valueOf(remedy).contains("apt-get install"));
    var old = new FileServer("/usr/lib/qemu/virtiofsd", FileServerKind.QEMU, false);
    assertThat(debian.all(new Extras(firmware, null, "/swtpm", old)))
        .extracting(Check::state)
        .containsExactly(CheckState.LIMITED, CheckState.OK, CheckState.LIMITED);
    var root = new ExtraChecks(Optional.of(Distribution.DEBIAN), true);
    assertThat(root.all(new Extras(firmware, firmware, "/swtpm", old)))
        .allMatch(check -> check.state() == CheckState.OK);
  }
}
