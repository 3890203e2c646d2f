package dev.kelvin.qemu;

import dev.kelvin.model.Emulator;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.HostFacts.Extras;
import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.spec.Architecture;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The host of the goldens, but for what a test says of its own. */
public final class Facts {
  private static final HostFacts GOLDEN = GoldenCase.FACTS;

  private List<String> accelerators = GOLDEN.accelerators();
  private Set<String> devices = GOLDEN.devices();
  private @Nullable UefiFirmware uefi = GOLDEN.uefi();
  private boolean root = GOLDEN.runAsRoot();
  private long tscKhz = GOLDEN.tscKhz();
  private Extras extras = GOLDEN.extras();
  private Map<Architecture, Emulator> others = GOLDEN.others();
  private Map<Architecture, String> lacking = GOLDEN.lacking();

  public Facts accelerators(List<String> value) {
    accelerators = value;
    return this;
  }

  public Facts devices(Set<String> value) {
    devices = value;
    return this;
  }

  public Facts withoutUefi() {
    uefi = null;
    return this;
  }

  public Facts root(boolean value) {
    root = value;
    return this;
  }

  public Facts tscKhz(long value) {
    tscKhz = value;
    return this;
  }

  public Facts extras(Extras value) {
    extras = value;
    return this;
  }

  /** With the QEMU of no other architecture. */
  public Facts withoutOthers(Map<Architecture, String> remedies) {
    others = Map.of();
    lacking = remedies;
    return this;
  }

  public HostFacts make() {
    return new HostFacts(
        GOLDEN.qemuBinary(),
        GOLDEN.qemuVersion(),
        accelerators,
        GOLDEN.machineAliases(),
        GOLDEN.machines(),
        devices,
        GOLDEN.cpuModels(),
        GOLDEN.cpus(),
        GOLDEN.memory(),
        uefi,
        root,
        tscKhz,
        extras,
        others,
        lacking,
        GOLDEN.files());
  }
}
