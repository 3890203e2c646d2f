package dev.kelvin.host.check;

import dev.kelvin.host.program.Distribution;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.program.Requirements;
import dev.kelvin.host.qemu.FirmwareFinder;
import dev.kelvin.host.qemu.QemuInspector;
import dev.kelvin.host.qemu.QemuInspector.Qemu;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import dev.kelvin.model.Emulator;
import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Architecture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What this host has for guests of architectures other than its own. */
final class ForeignGuests {
  static final List<Architecture> ARCHITECTURES = List.of(Architecture.I386, Architecture.AARCH64);

  private final QemuInspector inspector;
  private final FirmwareFinder firmware;
  private final Function<Architecture, Optional<Path>> binaries;
  private final Optional<Distribution> distribution;

  /** Examines what {@code binaries} finds. */
  ForeignGuests(
      QemuInspector inspector,
      FirmwareFinder firmware,
      Function<Architecture, Optional<Path>> binaries,
      Optional<Distribution> distribution) {
    this.inspector = inspector;
    this.firmware = firmware;
    this.binaries = binaries;
    this.distribution = distribution;
  }

  /**
   * What was found.
   *
   * @param emulators by architecture; one without QEMU is absent
   * @param lacking what to do about those
   */
  record Found(
      Map<Architecture, Emulator> emulators,
      Map<Architecture, String> lacking,
      List<Check> checks) {}

  Found find() throws InterruptedException {
    var emulators = new EnumMap<Architecture, Emulator>(Architecture.class);
    var lacking = new EnumMap<Architecture, String>(Architecture.class);
    List<Check> checks = new ArrayList<>();
    for (Architecture one : ARCHITECTURES) {
      try {
        Optional<Path> binary = binaries.apply(one);
        if (binary.isEmpty()) {
          String remedy = Requirements.remedyFor(one.program(), distribution);
          lacking.put(one, remedy);
          checks.add(absent(one, remedy));
          continue;
        }
        Emulator emulator = examine(one, binary.get());
        emulators.put(one, emulator);
        checks.add(there(one, emulator));
      } catch (ProblemException e) {
        // Guests of the host's own architecture run without it.
        Problem problem = e.problem();
        String remedy = problem.remedy() == null ? "install it again" : problem.remedy();
        lacking.put(one, remedy);
        checks.add(new Check(id(one), title(one), CheckState.BROKEN, problem.oneLine(), remedy));
      }
    }
    return new Found(Map.copyOf(emulators), Map.copyOf(lacking), List.copyOf(checks));
  }

  private Emulator examine(Architecture one, Path binary) throws InterruptedException {
    Qemu qemu = inspector.inspect(binary);
    return new Emulator(
        qemu.binary().toString(),
        qemu.version(),
        qemu.machineAliases(),
        qemu.machines(),
        qemu.devices(),
        qemu.cpuModels(),
        firmware.find(one).orElse(null),
        qemu.files());
  }

  private static String id(Architecture one) {
    return "guests-" + one.wire();
  }

  private static String title(Architecture one) {
    return one.wire() + " guests";
  }

  private static Check absent(Architecture one, String remedy) {
    return new Check(
        id(one),
        title(one),
        CheckState.ABSENT,
        "looked for " + one.program() + " in " + Programs.path(),
        "for such guests, " + remedy);
  }

  private Check there(Architecture one, Emulator emulator) {
    String seen =
        "%s says it is version %s, with %d machine types"
            .formatted(emulator.binary(), emulator.version(), emulator.machines().size());
    UefiFirmware uefi = emulator.uefi();
    if (uefi != null) {
      return new Check(
          id(one), title(one), CheckState.OK, seen + "; can read " + uefi.code(), null);
    }
    if (one == Architecture.I386) {
      return new Check(id(one), title(one), CheckState.OK, seen + "; they start with BIOS", null);
    }
    return new Check(
        id(one),
        title(one),
        CheckState.LIMITED,
        seen + "; found no UEFI firmware for them",
        "they start kernels directly; to start from disks, "
            + Requirements.remedyFor("aavmf", distribution));
  }
}
