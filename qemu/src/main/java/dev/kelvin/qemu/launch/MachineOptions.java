package dev.kelvin.qemu.launch;

import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.Board;
import dev.kelvin.model.spec.ClockBase;
import dev.kelvin.model.spec.Cpu;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.LaunchPlan;
import dev.kelvin.qemu.LaunchedMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The words for the machine itself: board, CPUs, memory, clock, and what SMBIOS tells of them. */
final class MachineOptions {
  /**
   * Hyper-V's interfaces that Windows uses to run faster (QEMU's docs/system/i386/hyperv.rst).
   * Several need others: stimer needs synic, time and vpindex; ipi and tlbflush need vpindex.
   */
  private static final String HYPERV =
      ",hv-relaxed=on,hv-vapic=on,hv-spinlocks=0x1fff,hv-vpindex=on,hv-runtime=on,hv-time=on"
          + ",hv-synic=on,hv-stimer=on,hv-frequencies=on,hv-tlbflush=on,hv-ipi=on";

  /** What these have is whatever the host has. */
  private static final Set<String> COMPUTED_MODELS = Set.of("auto", "host", "max");

  private final LaunchPlan plan;
  private final VmSpec spec;
  private final Board board;
  private final LaunchedMemory memory;
  private final List<String> words = new ArrayList<>();

  MachineOptions(LaunchPlan plan) {
    this.plan = plan;
    this.spec = plan.spec();
    this.board = plan.board();
    this.memory = LaunchedMemory.of(spec);
  }

  List<String> words() {
    option("-machine", machine());
    option("-accel", kvm() ? "kvm" : "tcg,thread=multi");
    option("-cpu", cpu());
    Cpu cpu = spec.cpu();
    option(
        "-smp",
        "cpus=%d,sockets=%d,cores=%d,threads=%d"
            .formatted(cpu.count(), cpu.sockets(), cpu.cores(), cpu.threads()));
    option("-m", "size=" + spec.memory().size().mebibytes() + "M");
    if (ownMemory()) {
      option("-object", memory.object().json());
    }
    String base = spec.clock().base() == ClockBase.LOCALTIME ? "localtime" : "utc";
    option("-rtc", "base=" + base + (spec.clock().catchUp() ? ",driftfix=slew" : ""));
    smbios();
    return List.copyOf(words);
  }

  /** Whether the memory is an object of its own and not QEMU's usual. */
  private boolean ownMemory() {
    return memory.backing() != LaunchedMemory.Backing.ANONYMOUS;
  }

  private boolean kvm() {
    return plan.accelerator().equals("kvm");
  }

  private String machine() {
    var machine =
        new StringBuilder(CommandLine.escape(spec.machine())).append(",dump-guest-core=off");
    if (ownMemory()) {
      machine.append(",memory-backend=ram");
    }
    if (spec.firmware().isSecure()) {
      // Only code in system management mode may write the variables: a guest cannot forge keys.
      machine.append(",smm=on");
    }
    if (spec.firmware().type() == FirmwareType.UEFI) {
      machine.append(",pflash0=uefi-code,pflash1=uefi-vars");
    }
    switch (board) {
      case MICROVM ->
          // Emulated in software, the second IO-APIC of QEMU 7.2 loses the interrupts of what is on
          // it.
          machine.append(",ioapic2=off").append(spec.serial().enabled() ? "" : ",isa-serial=off");
      // The interrupt controller of version 2 serves eight CPUs only.
      case VIRT -> machine.append(",gic-version=3");
      case Q35, I440FX -> machine.append(spec.clock().hpet() ? "" : ",hpet=off");
    }
    return machine.toString();
  }

  private String cpu() {
    return cpuModel() + features();
  }

  /** A named model is given whole or not at all: QEMU otherwise leaves out what the host lacks. */
  private String features() {
    var text = new StringBuilder();
    for (String feature : spec.cpu().features()) {
      text.append(',')
          .append(CommandLine.escape(feature.substring(1)))
          .append(feature.startsWith("+") ? "=on" : "=off");
    }
    boolean named = !COMPUTED_MODELS.contains(spec.cpu().model());
    boolean certain = spec.architecture().isX86() && (named || !text.isEmpty());
    return certain ? text.append(",enforce=on").toString() : text.toString();
  }

  private String cpuModel() {
    String model = spec.cpu().model();
    boolean emulated = !kvm() && (model.equals("auto") || model.equals("max"));
    String name = model.equals("auto") ? kvm() ? "host" : "max" : CommandLine.escape(model);
    if (emulated && spec.architecture() == Architecture.AARCH64) {
      // The architecture's own cipher for signed pointers takes most of the time of an emulated
      // guest; a simple one does as well where nobody attacks the host through it.
      return name + ",pauth-impdef=on";
    }
    return kvm() && spec.cpu().hyperv() ? name + HYPERV : name;
  }

  private void smbios() {
    var given = spec.smbios();
    var system = new StringBuilder();
    add(system, "manufacturer", given.manufacturer());
    add(system, "product", given.product());
    add(system, "version", given.version());
    add(system, "serial", given.serial());
    if (!system.isEmpty()) {
      option("-smbios", "type=1" + system);
    }
    if (given.assetTag() != null) {
      option("-smbios", "type=3,asset=" + CommandLine.escape(given.assetTag()));
    }
  }

  private static void add(StringBuilder text, String name, @Nullable String value) {
    if (value != null) {
      text.append(',').append(name).append('=').append(CommandLine.escape(value));
    }
  }

  private void option(String name, String value) {
    words.add(name);
    words.add(value);
  }
}
