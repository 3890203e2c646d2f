package dev.kelvin.qemu.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.HostFacts;
import dev.kelvin.model.HostFacts.Extras;
import dev.kelvin.model.spec.Firmware;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.Facts;
import dev.kelvin.qemu.GoldenCase;
import dev.kelvin.qemu.Specs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostChoicesTest {
  private static final HostFacts FACTS = GoldenCase.FACTS;

  private static VmSpec spec(String yaml) {
    return Specs.read("{" + yaml + "}", VmSpec.class);
  }

  private static HostFacts facts(boolean keys, boolean swtpm) {
    Extras all = FACTS.extras();
    return new Facts()
        .extras(
            new Extras(
                all.secureUefi(),
                keys ? all.enrolledUefi() : null,
                swtpm ? all.swtpm() : null,
                all.virtiofsd()))
        .make();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          os: windows                                  | true  | true  | true  | true
          os: windows                                  | false | true  | false | true
          os: windows                                  | true  | false | true  | false
          'os: windows, firmware: {secureBoot: false}' | true  | true  | false | true
          'os: windows, tpm: {version: none}'          | true  | true  | true  | false
          'os: windows, firmware: {type: bios}'        | true  | true  | false | false
          'os: windows, machine: i440fx'               | true  | true  | false | false
          'os: windows, machine: i440fx, tpm: {}'      | true  | true  | false | true
          'os: windows, boot: {kernel: /k}'            | true  | true  | false | true
          'os: windows, architecture: aarch64'         | true  | true  | false | true
          os: linux                                    | true  | true  | false | false
          'os: linux, firmware: {type: uefi}'          | true  | true  | false | false
          os: freebsd                                  | true  | true  | false | false
          """)
  void windowsGetsWhatItAsksForWhereTheHostHasIt(
      String yaml, boolean keys, boolean swtpm, boolean secure, boolean tpm) {
    HostFacts host = facts(keys, swtpm);
    VmSpec wanted = spec(yaml);
    VmSpec chosen = HostChoices.choose(wanted, host.of(wanted.architecture()));
    assertThat(chosen.firmware().secureBoot()).isEqualTo(secure);
    assertThat(chosen.hasTpm()).isEqualTo(tpm);
    dev.kelvin.qemu.launch.Extras.check(chosen, host.of(chosen.architecture()));
  }

  @Test
  void whatWasChosenStaysWhereALaterDocumentLeavesItOpen() {
    VmSpec with = HostChoices.choose(spec("os: windows"), facts(true, true));
    VmSpec without = HostChoices.choose(spec("os: windows"), facts(false, false));
    VmSpec open = spec("os: windows, cpu: {cores: 2}");
    assertThat(HostChoices.keep(with, open).hasTpm()).isTrue();
    assertThat(HostChoices.keep(with, open).firmware().isSecure()).isTrue();
    assertThat(HostChoices.keep(without, open).hasTpm()).isFalse();
    assertThat(HostChoices.keep(without, open).firmware().secureBoot()).isFalse();
    VmSpec none = spec("os: windows, tpm: {version: none}, firmware: {secureBoot: false}");
    assertThat(HostChoices.keep(with, none).hasTpm()).isFalse();
    assertThat(HostChoices.keep(with, none).firmware().isSecure()).isFalse();
    assertThat(HostChoices.keep(with, spec("os: linux")).hasTpm()).isFalse();
  }

  @Test
  void onlyAGuestThatAsksForItLeavesItOpen() {
    assertThat(spec("os: linux").firmware()).isEqualTo(Firmware.of(FirmwareType.BIOS));
    assertThat(spec("os: windows").leavesSecureBootOpen()).isTrue();
    assertThat(spec("os: windows").firmware().isSecure()).isFalse();
  }
}
