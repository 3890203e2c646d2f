package dev.kelvin.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem.Violation;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.SpecRules;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rules of architectures, of devices besides disks and NICs, and of what does not go together.
 */
class GuestRulesTest {
  private static final String ARM = "architecture: aarch64, ";
  private static final String MICROVM =
      "machine: microvm, graphics: {type: none}, boot: {kernel: /k}, ";

  private static List<Violation> check(String spec) {
    String filled = spec.replace("ARM ", ARM).replace("MICROVM ", MICROVM);
    String document = "{metadata: {name: web1}, spec: {" + filled + "}}";
    return SpecRules.check(
        Documents.read(document.getBytes(StandardCharsets.UTF_8), Documents.Syntax.YAML, Vm.class));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "spec.machine | ARM machine: i440fx | no i440fx for aarch64",
        "spec.machine | ARM machine: pc-q35-7.2 | for aarch64",
        "spec.machine | machine: virt | no virt for x86_64",
        "spec.machine | architecture: i386, machine: virt-7.2 | for i386",
        "spec.machine | architecture: i386, MICROVM rng: true | no microvm for i386",
        "spec.memory.size | architecture: i386, memory: {size: 31GiB} | 32-bit",
        "spec.memory.size | architecture: i386, machine: i440fx, memory: {size: 61GiB} | 32-bit",
        "spec.os | ARM os: windows | for x86",
        "spec.firmware.type | ARM firmware: {type: bios} | no BIOS",
        "spec.disks[0].bus | ARM disks: [{name: a, size: 1GiB, bus: ide}] | no ide",
        "spec.disks[0].bus | ARM disks: [{name: a, size: 1GiB, bus: sata}] | no sata",
        "spec.cdroms[0].bus | ARM cdroms: [{name: a, bus: ide}] | no ide",
        "spec.graphics.model | ARM graphics: {model: cirrus} | for x86",
        "spec.graphics.model | ARM boot: {kernel: /k}, graphics: {model: ramfb} | firmware",
        "spec.graphics.model | ARM graphics: {model: qxl} | for x86",
        "spec.graphics.others | graphics: {type: none, others: [std]} | no first one",
        "spec.graphics.others | graphics: {model: ramfb, others: [std]} | one screen only",
        "spec.graphics.others | graphics: {others: [std, std, std, std]} | 4 further screens",
        "spec.graphics.others[0] | graphics: {others: [cirrus]} | first screen only",
        "spec.graphics.others[1] | ARM graphics: {others: [std, qxl]} | for x86",
        "spec.clock.hpet | ARM clock: {hpet: true} | no HPET",
        "spec.clock.catchUp | ARM clock: {catchUp: true} | lost ticks",
        "spec.cpu.hyperv | ARM cpu: {hyperv: true} | for x86",
        "spec.watchdog.action | ARM watchdog: {action: inject-nmi} | non-maskable",
        "spec.watchdog.model | ARM watchdog: {model: itco} | q35's chip set",
        "spec.watchdog.model | machine: i440fx, watchdog: {model: itco} | q35's chip set",
        "spec.disks[0].bus | disks: [{name: a, size: 1GiB, bus: ide}] | has no IDE",
        "spec.disks[0].bus | MICROVM disks: [{name: a, size: 1GiB, bus: ide}] | no ide",
        "spec.disks[0].readOnly | machine: i440fx, disks: [{name: a, image: b, bus: ide, readOnly: true}] | read-only",
        "spec.disks[0].ioThread | machine: i440fx, disks: [{name: a, size: 1GiB, bus: ide, ioThread: true}] | thread",
        "spec.watchdog | MICROVM watchdog: {} | no PCI",
        "spec.audio.model | MICROVM audio: {model: ich9} | no PCI",
        "spec.smbios | MICROVM smbios: {serial: a} | no SMBIOS",
        "spec.clock.hpet | MICROVM clock: {hpet: true} | no HPET",
        "spec.nics[0].model | MICROVM nics: [{name: a, model: rtl8139}] | no PCI",
        "spec.nics[0].netboot.file | nics: [{name: a, bootIndex: 0, netboot: {file: 'https://h/f'}}] | load nothing from",
        "spec.nics[0].netboot.file | nics: [{name: a, bootIndex: 0, netboot: {file: 'a b'}}] | characters",
        "spec.nics[0].netboot.directory | nics: [{name: a, bootIndex: 0, netboot: {file: pxelinux.0}}] | nothing serves",
        "spec.nics[0].netboot.directory | nics: [{name: a, bootIndex: 0, netboot: {file: f, directory: ../a}}] | not an absolute path",
        "spec.nics[0].netboot | nics: [{name: a, netboot: {file: 'http://h/f'}}] | does not try",
        "spec.nics[0].netboot | boot: {kernel: /k}, nics: [{name: a, bootIndex: 0, netboot: {file: 'tftp://h/f'}}] | started directly",
        "spec.boot.menuSeconds | boot: {menuSeconds: 61} | out of range",
        "spec.boot.menuSeconds | boot: {menuSeconds: 5, kernel: /k} | nothing to choose",
        "spec.smbios.uuid | smbios: {uuid: '1234'} | not a UUID",
        "spec.smbios.serial | smbios: {serial: ''} | empty",
        "spec.smbios.product | smbios: {product: 'Größe'} | ASCII",
        "spec.smbios.assetTag | smbios: {assetTag: \"a\\nb\"} | ASCII",
      })
  void findsWhatIsWrong(String field, String spec, String cause) {
    var violations = check(spec);
    assertThat(violations).extracting(Violation::field).containsExactly(field);
    assertThat(violations.getFirst().cause()).contains(cause);
    assertThat(violations.getFirst().remedy()).isNotBlank();
  }

  @Test
  void fiveIdeDrivesAreOneTooMany() {
    String four =
        "machine: i440fx, disks: [{name: a, size: 1GiB, bus: ide}, {name: b, size: 1GiB, bus: ide}],"
            + " cdroms: [{name: c, bus: ide}, {name: d, bus: ide}";
    assertThat(check(four + "]")).isEmpty();
    assertThat(check(four + ", {name: e, bus: ide}]"))
        .singleElement()
        .satisfies(violation -> {
          assertThat(violation.field()).isEqualTo("spec.disks");
          assertThat(violation.cause()).contains("5 IDE disks and CD drives");
        });
  }

  @Test
  void thereIsOneWatchdogAtMost() {
    assertThatThrownBy(() -> check("watchdog: [{model: i6300esb}, {model: itco}]"))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(Code.INVALID_ARGUMENT);
              assertThat(e.problem().field()).isEqualTo("spec.watchdog");
              assertThat(e.problem().cause()).contains("a group of fields");
              assertThat(e.problem().remedy()).isNotBlank();
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ARM rng: true",
        "ARM machine: virt-7.2, boot: {kernel: /k}",
        "ARM os: freebsd",
        "ARM os: other, disks: [{name: a, size: 1GiB}], cdroms: [{name: b}], nics: [{name: c}]",
        "architecture: i386, memory: {size: 30GiB}",
        "architecture: i386, machine: i440fx, memory: {size: 60GiB}",
        "architecture: i386, machine: i440fx, os: windows",
        "os: windows, disks: [{name: a, size: 1GiB}], cdroms: [{name: b}], nics: [{name: c}]",
        "os: other, disks: [{name: a, size: 1GiB}], cdroms: [{name: b}], nics: [{name: c}]",
        "os: other, machine: q35, disks: [{name: a, size: 1GiB}], cdroms: [{name: b}]",
        "os: windows, MICROVM disks: [{name: a, size: 1GiB}], cdroms: [{name: b}], nics: [{name: c}]",
        "watchdog: {model: itco, action: inject-nmi}",
        "boot: {menuSeconds: 0}",
        "smbios: {manufacturer: 'A, B', uuid: 123e4567-e89b-42d3-a456-426614174000}",
        "audio: {model: ich9}, graphics: {model: ramfb, tablet: false, keyboard: true}",
      })
  void acceptsWhatIsRight(String spec) {
    assertThat(check(spec)).isEmpty();
  }
}
