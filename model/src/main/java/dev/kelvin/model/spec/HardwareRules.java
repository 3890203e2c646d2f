package dev.kelvin.model.spec;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Rules of watchdog, sound, screen, clock and SMBIOS. */
final class HardwareRules {
  /** As QEMU's own strings in SMBIOS: printable, and no longer than every reader takes. */
  private static final Pattern TEXT = Pattern.compile("[ -~]{1,64}");

  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private final VmSpec spec;
  private final Violations violations;

  private HardwareRules(VmSpec spec, Violations violations) {
    this.spec = spec;
    this.violations = violations;
  }

  static void check(VmSpec spec, Violations violations) {
    var rules = new HardwareRules(spec, violations);
    rules.watchdog(spec.watchdog());
    rules.audio();
    rules.screen();
    rules.clock();
    rules.hyperv();
    rules.smbios(spec.smbios());
  }

  private void watchdog(@Nullable Watchdog watchdog) {
    if (watchdog == null) {
      return;
    }
    violations.require(
        !spec.isOn(Board.MICROVM),
        "spec.watchdog",
        "a microvm has no PCI, which it needs",
        "leave it out, or use the machine q35");
    violations.require(
        watchdog.model() != WatchdogModel.ITCO || spec.isOn(Board.Q35),
        "spec.watchdog.model",
        "itco is a part of q35's chip set, and the machine is " + spec.machine(),
        "use i6300esb, or the machine q35");
    violations.require(
        watchdog.action() != WatchdogAction.INJECT_NMI || spec.architecture().isX86(),
        "spec.watchdog.action",
        "QEMU has no non-maskable interrupt for " + spec.architecture().wire(),
        "use reset, poweroff, shutdown, pause or none");
  }

  private void audio() {
    violations.require(
        spec.audio().model() == AudioModel.NONE || !spec.isOn(Board.MICROVM),
        "spec.audio.model",
        "a microvm has no PCI, which it needs",
        "use none, or the machine q35");
  }

  private void screen() {
    if (spec.graphics().type() == GraphicsType.NONE) {
      violations.require(
          spec.graphics().others().isEmpty(),
          "spec.graphics.others",
          "there are further screens, but no first one",
          "leave them out, or set the type to vnc");
      return;
    }
    violations.require(
        spec.graphics().model() != VideoModel.QXL || spec.architecture().isX86(),
        "spec.graphics.model",
        "qxl is for x86",
        "use virtio or ramfb");
    others();
    violations.require(
        spec.graphics().model() != VideoModel.CIRRUS || spec.architecture().isX86(),
        "spec.graphics.model",
        "cirrus is for x86",
        "use virtio or ramfb");
    violations.require(
        spec.graphics().model() != VideoModel.RAMFB
            || spec.firmware().type() == FirmwareType.UEFI
            || spec.architecture().isX86(),
        "spec.graphics.model",
        "ramfb shows what the firmware sets up, and there is none",
        "use virtio, or the firmware uefi");
  }

  private void others() {
    var others = spec.graphics().others();
    violations.require(
        others.size() <= SpecRules.MAX_OTHER_SCREENS,
        "spec.graphics.others",
        "there are " + others.size() + " further screens",
        "use at most " + SpecRules.MAX_OTHER_SCREENS);
    violations.require(
        others.isEmpty() || spec.graphics().model() != VideoModel.RAMFB,
        "spec.graphics.others",
        "ramfb is for one screen only",
        "use another model for the first screen");
    for (int i = 0; i < others.size(); i++) {
      VideoModel model = others.get(i);
      violations.require(
          model != VideoModel.CIRRUS && model != VideoModel.RAMFB,
          "spec.graphics.others[" + i + "]",
          "QEMU has " + model.wire() + " as the first screen only",
          "use std, virtio or qxl");
      violations.require(
          model != VideoModel.QXL || spec.architecture().isX86(),
          "spec.graphics.others[" + i + "]",
          "qxl is for x86",
          "use std or virtio");
    }
  }

  private void clock() {
    boolean pc = !spec.isOn(Board.MICROVM) && !spec.isOn(Board.VIRT);
    violations.require(
        pc || !spec.clock().hpet(),
        "spec.clock.hpet",
        "the machine " + spec.machine() + " has no HPET",
        "leave it out");
    violations.require(
        pc || !spec.clock().catchUp(),
        "spec.clock.catchUp",
        "the machine " + spec.machine() + " has no clock that can make up for lost ticks",
        "leave it out");
  }

  private void hyperv() {
    violations.require(
        !spec.cpu().hyperv() || spec.architecture().isX86(),
        "spec.cpu.hyperv",
        "Hyper-V's interfaces are for x86",
        "leave it out");
  }

  private void smbios(Smbios smbios) {
    if (!smbios.equals(Smbios.none())) {
      violations.require(
          !spec.isOn(Board.MICROVM),
          "spec.smbios",
          "a microvm has no SMBIOS tables",
          "leave it out, or use the machine q35");
    }
    text(smbios.manufacturer(), "manufacturer");
    text(smbios.product(), "product");
    text(smbios.version(), "version");
    text(smbios.serial(), "serial");
    text(smbios.assetTag(), "assetTag");
    violations.require(
        smbios.uuid() == null || UUID.matcher(smbios.uuid()).matches(),
        "spec.smbios.uuid",
        "it is not a UUID",
        "write one such as 123e4567-e89b-42d3-a456-426614174000, or leave it out");
  }

  private void text(@Nullable String value, String name) {
    violations.require(
        value == null || TEXT.matcher(value).matches(),
        "spec.smbios." + name,
        "it is empty, too long, or has other characters than ASCII's printable ones",
        "write 1 to 64 printable ASCII characters, or leave it out");
  }
}
