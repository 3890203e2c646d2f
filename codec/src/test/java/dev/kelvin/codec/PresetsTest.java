package dev.kelvin.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.spec.VmSpec;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code spec.os} chooses, as users write and see it. */
class PresetsTest {
  private static final String PARTS =
      ", disks: [{name: a, size: 1GiB}], cdroms: [{name: b}], nics: [{name: c}]";

  private static VmSpec read(String spec) {
    return Documents.read(
        ("{" + spec + "}").getBytes(StandardCharsets.UTF_8), Documents.Syntax.YAML, VmSpec.class);
  }

  /** Everything that a preset chooses, in one line. */
  private static String chosen(VmSpec spec) {
    return String.join(
        " ",
        spec.machine(),
        spec.firmware().type().wire(),
        spec.disks().getFirst().bus().wire(),
        spec.disks().getFirst().ioThread() ? "thread" : "-",
        spec.cdroms().getFirst().bus().wire(),
        spec.nics().getFirst().model().wire(),
        spec.graphics().model().wire(),
        spec.graphics().tablet() ? "tablet" : "-",
        spec.graphics().keyboard() ? "keyboard" : "-",
        spec.clock().base().wire(),
        spec.clock().hpet() ? "hpet" : "-",
        spec.clock().catchUp() ? "catch-up" : "-",
        spec.cpu().hyperv() ? "hyperv" : "-",
        spec.rng() && spec.guestAgent() ? "helpers" : "-");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "os: linux | q35 bios virtio-blk thread virtio-scsi virtio std tablet - utc hpet - - helpers",
        "os: debian | q35 bios virtio-blk thread virtio-scsi virtio std tablet - utc hpet - - helpers",
        "os: freebsd | q35 bios virtio-blk thread sata virtio std tablet - utc hpet - - helpers",
        "os: windows | q35 uefi sata - sata e1000e std tablet - localtime - catch-up hyperv helpers",
        "os: windows, architecture: i386 | q35 bios sata - sata e1000e std tablet - localtime - catch-up hyperv helpers",
        "os: windows, machine: i440fx | i440fx bios ide - ide e1000e std tablet - localtime - catch-up hyperv helpers",
        "os: other | i440fx bios ide - ide rtl8139 std - - localtime hpet - - -",
        "os: other, machine: q35 | q35 bios sata - sata rtl8139 std - - localtime hpet - - -",
        "machine: microvm | microvm bios virtio-blk thread virtio-scsi virtio std tablet - utc - - - helpers",
        "architecture: i386 | q35 bios virtio-blk thread virtio-scsi virtio std tablet - utc hpet - - helpers",
        "architecture: aarch64 | virt uefi virtio-blk thread virtio-scsi virtio virtio tablet keyboard utc - - - helpers",
        "architecture: aarch64, os: freebsd | virt uefi virtio-blk thread virtio-scsi virtio virtio tablet keyboard utc - - - helpers",
        "architecture: aarch64, boot: {kernel: /k} | virt bios virtio-blk thread virtio-scsi virtio virtio tablet keyboard utc - - - helpers",
      })
  void eachSystemHasItsChoices(String spec, String expected) {
    assertThat(chosen(read(spec + PARTS))).isEqualTo(expected);
  }

  @Test
  void whatIsWrittenWins() {
    var spec =
        read(
            "os: windows, machine: i440fx, firmware: {type: uefi}, cpu: {hyperv: false},"
                + " disks: [{name: a, size: 1GiB, bus: virtio-blk}, {name: d, size: 1GiB}],"
                + " cdroms: [{name: b, bus: sata}], nics: [{name: c, model: virtio}],"
                + " graphics: {model: cirrus}, clock: {base: utc}, rng: false");
    assertThat(chosen(spec))
        .isEqualTo("i440fx uefi virtio-blk thread sata virtio cirrus tablet - utc - catch-up - -");
    assertThat(spec.disks().getLast().bus().wire()).isEqualTo("ide");
  }

  /** What was chosen is written out, so that it stays when the next Kelvin chooses otherwise. */
  @ParameterizedTest
  @ValueSource(strings = {"os: linux", "os: windows", "os: other", "architecture: aarch64"})
  void whatWasChosenIsSeenAndKept(String spec) {
    VmSpec first = read(spec + PARTS);
    String text = Documents.yaml(first);
    assertThat(text).contains("bus: " + first.disks().getFirst().bus().wire());
    assertThat(text).contains("model: " + first.nics().getFirst().model().wire());
    VmSpec again =
        Documents.read(text.getBytes(StandardCharsets.UTF_8), Documents.Syntax.YAML, VmSpec.class);
    assertThat(again).isEqualTo(first);
  }

  /** A VM that an earlier Kelvin stored has none of the new fields, and keeps its devices. */
  @Test
  void whatAnEarlierVersionStoredStaysAsItWas() {
    String stored =
        """
        {"power":"running","accelerator":"auto","machine":"pc-q35-7.2",
         "cpu":{"sockets":1,"cores":1,"threads":1,"model":"auto"},
         "firmware":{"type":"bios"},"boot":{},
         "disks":[{"name":"a","size":"1GiB","bus":"virtio-blk","ioThread":true}],
         "cdroms":[{"name":"b","bus":"sata"}],"nics":[{"name":"c","model":"virtio"}],
         "graphics":{"type":"vnc"},"rng":true,"guestAgent":true}
        """;
    VmSpec spec = Documents.readTrusted(stored.getBytes(StandardCharsets.UTF_8), VmSpec.class);
    assertThat(chosen(spec))
        .isEqualTo(
            "pc-q35-7.2 bios virtio-blk thread sata virtio std tablet - utc hpet - - helpers");
    assertThat(spec.watchdog()).isNull();
    assertThat(spec.audio().model().wire()).isEqualTo("none");
  }
}
