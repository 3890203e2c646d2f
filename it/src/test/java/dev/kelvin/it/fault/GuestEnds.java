package dev.kelvin.it.fault;

import dev.kelvin.it.product.Guests;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Phase;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Disk;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/** Guests that end or reboot by themselves as soon as they boot; the task is what starts them. */
final class GuestEnds {
  /**
   * The ACPI control register of a q35 (PM1a_CNT, where SeaBIOS puts it) is told to go to S5:
   * {@code mov dx, 0x604; mov ax, 0x2000; out dx, ax; hlt; jmp -2}.
   */
  private static final String POWERS_OFF = "ba0406b80020eff4ebfd";

  /**
   * The device that reports panics is told of one (QEMU's docs/specs/pvpanic.rst): {@code mov dx,
   * 0x505; mov al, 1; out dx, al; hlt; jmp -2}.
   */
  private static final String PANICS = "ba0505b001eef4ebfd";

  /**
   * A tilde goes to the serial port, then the keyboard's controller is told to reset the machine,
   * and so on without end: {@code mov dx, 0x3f8; mov al, '~'; out dx, al; mov al, 0xfe; out 0x64,
   * al; hlt; jmp -2}.
   */
  private static final String REBOOTS = "baf803b07eeeb0fee664f4ebfd";

  private static final int SECTOR = 512;

  private GuestEnds() {}

  static List<Scenario> all() {
    return List.of(
        ends("a guest powers off", POWERS_OFF, Phase.STOPPED, ExitReason.GUEST_POWEROFF),
        ends("a guest panics", PANICS, Phase.CRASHED, ExitReason.GUEST_PANIC),
        starts("a guest reboots again and again", REBOOTS, Checks.phase(Phase.RUNNING))
            .until(
                daemon -> daemon.serial(Scenarios.VM).chars().filter(c -> c == '~').count() > 2));
  }

  private static Scenario ends(String name, String code, Phase phase, ExitReason reason) {
    return starts(name, code, ended(phase, reason))
        .until(daemon -> !daemon.client().vm(Scenarios.VM).status().phase().hasProcess());
  }

  private static Scenario starts(String name, String code, Scenario.Check started) {
    return Scenarios.scenario(
        name,
        "vm.start",
        daemon -> {
          daemon.done(Scenarios.importAs(daemon.client(), Format.RAW, bootable(code)));
          Disk boot = Disk.of("boot", Scenarios.IMAGE, null);
          daemon.create(
              Guests.empty(
                  Scenarios.VM, spec -> Guests.stopped().apply(spec.disks(List.of(boot)))));
        },
        client -> client.startVm(Scenarios.VM),
        started,
        Checks.phase(Phase.STOPPED));
  }

  /** A disk whose boot sector is this code. */
  private static byte[] bootable(String code) {
    byte[] disk = new byte[1 << 20];
    byte[] words = HexFormat.of().parseHex(code);
    System.arraycopy(words, 0, disk, 0, words.length);
    disk[SECTOR - 2] = 0x55;
    disk[SECTOR - 1] = (byte) 0xaa;
    return disk;
  }

  private static Scenario.Check ended(Phase phase, ExitReason reason) {
    return daemon -> {
      VmStatus status = daemon.client().vm(Scenarios.VM).status();
      VmStatus.Exit exit = status.lastExit();
      return status.phase() == phase && exit != null && exit.reason() == reason
          ? Set.of()
          : Set.of("the VM is " + status.phase() + ", and its last end was " + exit);
    };
  }
}
