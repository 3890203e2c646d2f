package dev.kelvin.model.spec;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem.Violation;
import dev.kelvin.model.Vm;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The rules that a VM's document obeys besides its types: limits, and what does not go together.
 * They need no host; what only a host can tell (machine types, CPU models, firmware) is checked
 * where it is known.
 */
public final class SpecRules {
  /** QEMU's block node names have at most 31 characters, of which Kelvin uses up to 11. */
  public static final int MAX_DEVICE_NAME = 20;

  public static final int MAX_NICS = 8;
  public static final int MAX_PCI_DISKS_Q35 = 32;
  public static final int MAX_PCI_DISKS_I440FX = 14;
  public static final int MAX_SCSI_DISKS = 255;
  public static final int MAX_SHARES = 8;

  /** Screens besides the first: functions of a PCI slot that i440fx has free. */
  public static final int MAX_OTHER_SCREENS = 3;

  /** The functions of a PCI slot that the chip set leaves free. */
  public static final int MAX_SHARES_I440FX = 4;

  /** All disks together: a VM and its claims on volumes fit into one transaction of the store. */
  public static final int MAX_DISKS = 100;

  /** Of all NICs together: each is a port of the host that QEMU listens at. */
  public static final int MAX_FORWARDS = 1024;

  /** Ports of one AHCI controller. */
  public static final int MAX_SATA_DEVICES = 6;

  /** Two IDE channels with two drives each. */
  public static final int MAX_IDE_DEVICES = 4;

  /** Longer the boot menu of SeaBIOS cannot wait: it counts milliseconds in 16 bits. */
  public static final int MAX_MENU_SECONDS = 60;

  /**
   * Of the 64 GiB that a 32-bit CPU with PAE addresses, without what QEMU keeps for devices above
   * the memory: 32 GiB on q35, 2 on i440fx, and what has its place below 4 GiB.
   */
  public static final long MAX_I386_MEMORY_MIB = 30L << 10;

  public static final long MAX_I386_MEMORY_MIB_I440FX = 60L << 10;

  /** Transports that every microvm has. */
  public static final int MAX_MMIO_DEVICES = 8;

  /** More need x2APIC with an emulated IOMMU; see {@link CpuRules} for what else that limits. */
  public static final int MAX_CPUS = 255;

  /** Below this no current guest boots. */
  public static final long MIN_MEMORY_MIB = 32;

  public static final long MIN_UEFI_MEMORY_MIB = 128;
  public static final long MAX_MEMORY_MIB = 4L << 20;

  private static final Pattern MACHINE =
      Pattern.compile("q35|i440fx|microvm|virt|(pc-q35|pc-i440fx|virt)-\\d{1,3}\\.\\d{1,3}");
  private static final Pattern LABEL_KEY =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?");
  private static final int MAX_LABELS = 64;
  private static final int MAX_LABEL_VALUE = 255;
  private static final int MAX_PATH = 4095;

  /** The longest command line that an x86 kernel takes, without its end. */
  private static final int MAX_CMDLINE = 2047;

  private SpecRules() {}

  /** Everything that is wrong with the document by the usual limits; empty when nothing is. */
  public static List<Violation> check(Vm vm) {
    return check(vm, DocumentLimits.USUAL);
  }

  /** Everything that is wrong with the document; empty when nothing is. */
  public static List<Violation> check(Vm vm, DocumentLimits limits) {
    var violations = new Violations(limits.faultsTold());
    metadata(vm, violations);
    VmSpec spec = vm.spec();
    machine(spec, violations);
    CpuRules.check(spec, violations);
    memory(spec, violations);
    boot(spec.boot(), violations);
    limits(spec, violations);
    if (tooMany(spec, limits.devices(), violations)) {
      return violations.list();
    }
    DeviceRules.check(spec, violations);
    NicRules.check(spec, violations);
    FirmwareRules.check(spec, violations);
    ShareRules.check(spec, violations);
    if (spec.windowsSetup() != null) {
      WindowsSetupRules.check(spec, spec.windowsSetup(), violations);
    }
    BoardRules.check(spec, violations);
    HardwareRules.check(spec, violations);
    if (spec.cloudInit() != null) {
      CloudInitRules.check(spec.cloudInit(), violations);
    }
    return violations.list();
  }

  /** Whether there are so many devices that to look at each would take the daemon's time. */
  private static boolean tooMany(VmSpec spec, int mostDevices, Violations violations) {
    int devices =
        spec.disks().size() + spec.cdroms().size() + spec.nics().size() + spec.shares().size();
    int forwards = spec.nics().stream().mapToInt(nic -> nic.forwards().size()).sum();
    violations.require(
        devices <= mostDevices,
        "spec",
        "there are " + devices + " disks, CD drives, NICs and shares",
        "use at most " + mostDevices + ", or raise limits.devices in kelvin.yaml");
    violations.require(
        forwards <= MAX_FORWARDS,
        "spec.nics",
        "there are " + forwards + " port forwards",
        "use at most " + MAX_FORWARDS + ", or reach the guest by a network of its own");
    return devices > mostDevices || forwards > MAX_FORWARDS;
  }

  private static void metadata(Vm vm, Violations violations) {
    violations.require(
        vm.kind().equals(Vm.KIND), "kind", "\"" + vm.kind() + "\" is not VM", "write kind: VM");
    var metadata = vm.metadata();
    if (metadata == null) {
      violations.add("metadata.name", "it is missing or empty", "write a value");
      return;
    }
    violations.name(metadata.name(), "metadata.name", 63);
    violations.require(
        metadata.labels().size() <= MAX_LABELS,
        "metadata.labels",
        "there are " + metadata.labels().size() + " labels",
        "use at most " + MAX_LABELS);
    for (Map.Entry<String, String> label : metadata.labels().entrySet()) {
      String field = "metadata.labels." + label.getKey();
      violations.require(
          LABEL_KEY.matcher(label.getKey()).matches(),
          field,
          "it is not a label's name",
          "use up to 63 letters, digits and . _ / -");
      String value = label.getValue();
      violations.require(
          value != null
              && value.length() <= MAX_LABEL_VALUE
              && value.chars().noneMatch(Character::isISOControl),
          field,
          "its value is missing, too long or has control characters",
          "write one line of at most " + MAX_LABEL_VALUE + " characters");
    }
  }

  private static void machine(VmSpec spec, Violations violations) {
    violations.require(
        MACHINE.matcher(spec.machine()).matches(),
        "spec.machine",
        "\"" + spec.machine() + "\" is not a machine type",
        meantMachine(spec.machine())
            .map(name -> "did you mean " + name + "?")
            .orElse("write q35, i440fx, microvm, virt, or a versioned type such as pc-q35-7.2"));
  }

  /** Other programs and distributions have names of their own, such as pc-q35-rhel8.2.0. */
  private static Optional<String> meantMachine(String typed) {
    List<String> names = List.of("q35", "i440fx", "microvm", "virt");
    return Names.nearest(typed, names)
        .or(() -> names.stream().filter(typed::contains).findFirst())
        .or(() -> typed.matches("pc(-.*)?") ? Optional.of("i440fx") : Optional.empty());
  }

  private static void memory(VmSpec spec, Violations violations) {
    String field = "spec.memory.size";
    long bytes = spec.memory().size().bytes();
    boolean uefi = spec.firmware().type() == FirmwareType.UEFI;
    long smallest = uefi ? MIN_UEFI_MEMORY_MIB : MIN_MEMORY_MIB;
    if (bytes < smallest << 20) {
      violations.add(
          field,
          spec.memory().size() + " is too little" + (uefi ? " for UEFI" : ""),
          spec.memory().size().meant(31).orElse("give it at least " + smallest + "MiB"));
    } else if (bytes > MAX_MEMORY_MIB << 20) {
      violations.add(field, spec.memory().size() + " is too much", "give it at most 4TiB");
    } else if (spec.architecture() == Architecture.I386 && bytes > i386Memory(spec) << 20) {
      violations.add(
          field,
          spec.memory().size() + " is too much for a 32-bit CPU on " + spec.machine(),
          "give it at most " + ByteSize.ofMiB(i386Memory(spec)));
    } else if (bytes % (1 << 20) != 0) {
      violations.add(field, "it is not a whole number of MiB", "round it to MiB");
    } else if (spec.memory().hugePages() && bytes % (2 << 20) != 0) {
      violations.add(
          field, "huge pages have 2MiB each and it is no multiple of that", "round it to 2MiB");
    }
  }

  private static long i386Memory(VmSpec spec) {
    return spec.isOn(Board.I440FX) ? MAX_I386_MEMORY_MIB_I440FX : MAX_I386_MEMORY_MIB;
  }

  private static void boot(Boot boot, Violations violations) {
    if (boot.menuSeconds() != null) {
      violations.range(boot.menuSeconds(), 0, MAX_MENU_SECONDS, "spec.boot.menuSeconds");
      violations.require(
          boot.kernel() == null,
          "spec.boot.menuSeconds",
          "with a kernel that is started directly the firmware has nothing to choose from",
          "leave it out, or the kernel");
    }
    if (boot.kernel() == null) {
      String remedy = "name the kernel in spec.boot.kernel, or leave this out";
      violations.require(
          boot.initrd() == null, "spec.boot.initrd", "there is no kernel to use it", remedy);
      violations.require(
          boot.cmdline() == null, "spec.boot.cmdline", "there is no kernel to read it", remedy);
      return;
    }
    path(boot.kernel(), "spec.boot.kernel", violations);
    if (boot.initrd() != null) {
      path(boot.initrd(), "spec.boot.initrd", violations);
    }
    if (boot.cmdline() != null && !boot.cmdline().isEmpty()) {
      violations.line(boot.cmdline(), "spec.boot.cmdline", MAX_CMDLINE);
    }
  }

  private static void path(@Nullable String path, String field, Violations violations) {
    if (violations.line(path, field, MAX_PATH) && path != null) {
      violations.require(
          path.startsWith("/"),
          field,
          "\"" + path + "\" is not an absolute path",
          "write the path from / on; it is a file of the host");
    }
  }

  private static void limits(VmSpec spec, Violations violations) {
    violations.range(spec.shutdownTimeoutSeconds(), 1, 3600, "spec.shutdownTimeoutSeconds");
    violations.range(spec.autostart().order(), -1000, 1000, "spec.autostart.order");
    violations.range(spec.autostart().delaySeconds(), 0, 3600, "spec.autostart.delaySeconds");
    violations.range(spec.restart().maxAttempts(), 0, 1_000_000, "spec.restart.maxAttempts");
    long log = spec.serial().logSize().bytes();
    violations.require(
        log >= 4096 && log <= 1L << 30,
        "spec.serial.logSize",
        spec.serial().logSize() + " is out of range",
        "write a size from 4KiB to 1GiB");
  }
}
