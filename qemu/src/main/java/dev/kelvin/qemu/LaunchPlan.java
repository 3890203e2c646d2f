package dev.kelvin.qemu;

import dev.kelvin.model.HostFacts;
import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Board;
import dev.kelvin.model.spec.Firmware;
import dev.kelvin.model.spec.VmSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that decides how a VM's QEMU is called.
 *
 * @param name of the VM
 * @param id of the VM; its UUID follows from it
 * @param spec pinned by {@code Pinning}: machine type versioned, MACs set
 * @param accelerator {@code kvm} or {@code tcg}
 * @param disks by name of the disk; one for every disk of the spec
 * @param media files in the CD drives, by name of the drive; an absent one is empty
 * @param seed whether the guest gets the disk {@link VmFiles#seed} with its cloud-init data
 * @param forwards by name of the NIC, host ports resolved
 */
public record LaunchPlan(
    String name,
    String id,
    VmSpec spec,
    HostFacts facts,
    VmFiles files,
    String accelerator,
    Map<String, BlockSource> disks,
    Map<String, Path> media,
    boolean seed,
    Map<String, List<VmStatus.Forward>> forwards) {

  public LaunchPlan {
    disks = Map.copyOf(disks);
    media = Map.copyOf(media);
    forwards = Map.copyOf(forwards);
  }

  /** How problems name the VM. */
  String ref() {
    return Vm.ref(name);
  }

  /** The firmware that a UEFI guest starts with; null when the host has none of that kind. */
  public @Nullable UefiFirmware uefi() {
    return uefi(spec.firmware(), facts);
  }

  /** The firmware of the host that fits what is wanted; null when it has none of that kind. */
  public static @Nullable UefiFirmware uefi(Firmware wanted, HostFacts facts) {
    if (!wanted.isSecure()) {
      return facts.uefi();
    }
    return switch (wanted.keys()) {
      case MICROSOFT -> facts.extras().enrolledUefi();
      case CUSTOM -> facts.extras().secureUefi();
    };
  }

  public Board board() {
    return spec.board()
        .orElseThrow(
            () -> new IllegalArgumentException("not a machine type of Kelvin: " + spec.machine()));
  }
}
