package dev.kelvin.model.spec;

import java.util.HashSet;
import java.util.regex.Pattern;

/** Rules of the virtual CPUs. */
final class CpuRules {
  private static final Pattern CPU_MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Pattern CPU_FEATURE = Pattern.compile("[+-][a-z0-9][a-z0-9._-]{0,62}");

  /** QEMU has none above it without x2APIC, nor counts from 256 on (hw/i386/x86.c). */
  private static final int MAX_APIC_ID = SpecRules.MAX_CPUS - 1;

  private CpuRules() {}

  static void check(VmSpec spec, Violations violations) {
    Cpu cpu = spec.cpu();
    violations.range(cpu.sockets(), 1, SpecRules.MAX_CPUS, "spec.cpu.sockets");
    violations.range(cpu.cores(), 1, SpecRules.MAX_CPUS, "spec.cpu.cores");
    violations.range(cpu.threads(), 1, SpecRules.MAX_CPUS, "spec.cpu.threads");
    boolean positive = cpu.sockets() > 0 && cpu.cores() > 0 && cpu.threads() > 0;
    long pairs = (long) cpu.sockets() * cpu.cores();
    if (positive && (pairs > SpecRules.MAX_CPUS || pairs * cpu.threads() > SpecRules.MAX_CPUS)) {
      violations.add(
          "spec.cpu",
          "sockets × cores × threads exceeds " + SpecRules.MAX_CPUS + " virtual CPUs",
          "use at most " + SpecRules.MAX_CPUS);
    } else if (positive && spec.architecture().isX86()) {
      apicIds(cpu, violations);
    }
    model(spec, violations);
    features(cpu, violations);
  }

  /**
   * An x86 CPU is found by its APIC id, in which thread, core and socket have bits of their own: as
   * many as the number of each, less one, takes (QEMU's include/hw/i386/topology.h). Ids beyond
   * those of an 8-bit APIC need x2APIC, as do more CPUs.
   */
  private static void apicIds(Cpu cpu, Violations violations) {
    int threadBits = bits(cpu.threads());
    int coreBits = bits(cpu.cores());
    int width = coreBits + threadBits;
    int lowest = (cpu.cores() - 1) << threadBits | (cpu.threads() - 1);
    long last = ((long) (cpu.sockets() - 1) << width) | lowest;
    if (last <= MAX_APIC_ID) {
      return;
    }
    int sockets = lowest > MAX_APIC_ID ? 0 : ((MAX_APIC_ID - lowest) >> width) + 1;
    String flat = "one socket with " + cpu.count() + " cores of one thread";
    violations.add(
        "spec.cpu",
        "the last CPU would have the APIC id %d, and the machine has ids up to %d: in an id cores and threads take a power of two each, here %d for cores and %d for threads"
            .formatted(last, MAX_APIC_ID, 1 << coreBits, 1 << threadBits),
        sockets == 0 ? "use " + flat : "use at most " + sockets + " such sockets, or " + flat);
  }

  /** How many bits tell {@code count} things apart. */
  private static int bits(int count) {
    return 32 - Integer.numberOfLeadingZeros(count - 1);
  }

  private static void model(VmSpec spec, Violations violations) {
    Cpu cpu = spec.cpu();
    violations.require(
        CPU_MODEL.matcher(cpu.model()).matches(),
        "spec.cpu.model",
        "it is not the name of a CPU model",
        "write auto, host, max, or a model of QEMU such as Skylake-Server");
    violations.require(
        !cpu.model().equals("host") || spec.accelerator() != Accelerator.TCG,
        "spec.cpu.model",
        "software emulation (tcg) has no host CPU to pass on",
        "let the model be auto, or the accelerator kvm");
  }

  private static void features(Cpu cpu, Violations violations) {
    var seen = new HashSet<String>();
    for (int i = 0; i < cpu.features().size(); i++) {
      String feature = cpu.features().get(i);
      String field = "spec.cpu.features[" + i + "]";
      boolean shaped = CPU_FEATURE.matcher(feature).matches();
      violations.require(
          shaped,
          field,
          "it is not a feature with + or - before it",
          "write +name to add it, or -name to take it away, such as +aes");
      violations.require(
          !shaped || seen.add(feature.substring(1)),
          field,
          "the feature is given twice",
          "leave one of them out");
    }
  }
}
