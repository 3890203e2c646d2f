package dev.kelvin.qemu.launch;

import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.spec.Board;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DiskBus;
import dev.kelvin.model.spec.FirmwareType;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.Devices;
import dev.kelvin.qemu.LaunchPlan;
import dev.kelvin.qemu.Props;
import dev.kelvin.qemu.Topology;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;

/**
 * The command line of a VM's QEMU. A pure function of its plan: the same plan gives the same words.
 *
 * <p>The process starts paused ({@code -S}) and is continued over QMP. When its guest powers off or
 * panics it stays, paused, until it is told to quit, so that {@code RunState} tells a daemon that
 * comes back later what happened; a process that is gone without having been told to has crashed.
 */
public final class CommandLine {
  private static final String AGENT_CHANNEL = "org.qemu.guest_agent.0";

  private final LaunchPlan plan;
  private final VmSpec spec;
  private final Board kind;
  private final Topology topology;
  private final Peripherals peripherals;
  private final BootOrder bootOrder;
  private final List<String> argv = new ArrayList<>();

  private CommandLine(LaunchPlan plan) {
    this.plan = plan;
    spec = plan.spec();
    kind = plan.board();
    topology = new Topology(plan);
    peripherals = new Peripherals(plan, topology);
    bootOrder = new BootOrder(spec);
  }

  /** The words to execute; the first is the QEMU binary. */
  public static List<String> build(LaunchPlan plan) {
    return new CommandLine(plan).build();
  }

  private List<String> build() {
    argv.add(plan.facts().qemuBinary());
    argv.addAll(plan.facts().files().options());
    identity();
    argv.addAll(new MachineOptions(plan).words());
    firmware();
    channels();
    for (var port : topology.ports()) {
      device(port);
    }
    argv.addAll(peripherals.screen());
    controllers();
    for (var disk : spec.disks()) {
      disk(disk);
    }
    for (var cdrom : spec.cdroms()) {
      cdrom(cdrom);
    }
    seed();
    for (int i = 0; i < spec.nics().size(); i++) {
      nic(i, spec.nics().get(i));
    }
    helpers();
    argv.addAll(peripherals.rest());
    companions();
    return List.copyOf(argv);
  }

  private void identity() {
    option("-name", "guest=" + escape(plan.name()) + ",debug-threads=on");
    option("-uuid", uuid(plan));
    flags("-nodefaults", "-no-user-config", "-S");
    option("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    option("-msg", "timestamp=on");
    option("-action", "panic=pause,shutdown=pause,reboot=reset" + peripherals.watchdogAction());
  }

  private static String uuid(LaunchPlan plan) {
    return uuid(plan.id(), plan.spec());
  }

  /**
   * The UUID that a VM's QEMU is given, by which it tells which VM it is.
   *
   * @param id of the VM
   * @param spec that it was launched with
   */
  public static String uuid(String id, VmSpec spec) {
    String wanted = spec.smbios().uuid();
    return wanted == null ? uuid(id).toString() : wanted.toLowerCase(Locale.ROOT);
  }

  /** The UUID that the guest sees: a name-based one (RFC 9562, version 3) of the VM's id. */
  static UUID uuid(String id) {
    return UUID.nameUUIDFromBytes(("kelvin/vm/" + id).getBytes(StandardCharsets.UTF_8));
  }

  private boolean usesUefi() {
    return spec.firmware().type() == FirmwareType.UEFI;
  }

  private void firmware() {
    if (usesUefi()) {
      UefiFirmware uefi =
          Objects.requireNonNull(plan.uefi(), "a plan with UEFI needs its firmware");
      if (spec.firmware().isSecure()) {
        option("-global", "driver=cfi.pflash01,property=secure,value=on");
      }
      option("-blockdev", Devices.readOnlyNode("uefi-code", uefi.code()).json());
      var file =
          Props.of("driver", "file")
              .set("node-name", Devices.fileNode("uefi-vars"))
              .set("filename", plan.files().nvram().toString());
      option(
          "-blockdev",
          Props.of("driver", "raw")
              .set("node-name", "uefi-vars")
              .set("read-only", false)
              .set("file", file.map())
              .json());
    }
    Boot boot = spec.boot();
    if (boot.kernel() == null) {
      Integer menu = boot.menuSeconds();
      option(
          "-boot",
          menu == null ? "strict=on" : "menu=on,splash-time=" + menu * 1000 + ",strict=on");
      return;
    }
    option("-kernel", boot.kernel());
    if (boot.initrd() != null) {
      option("-initrd", boot.initrd());
    }
    String words = kernelWords(boot);
    if (!words.isEmpty()) {
      option("-append", words);
    }
  }

  /**
   * The kernel's command line; a microvm's has what Linux cannot find out there, unless the user
   * has said it. Without EFI Linux takes reduced-hardware ACPI for no way to reboot and jumps into
   * the dark. And without KVM's clock it has no timer to measure the TSC by: it tries, fails on a
   * busy host, and hangs.
   */
  private String kernelWords(Boot boot) {
    var words = new ArrayList<String>();
    if (boot.cmdline() != null && !boot.cmdline().isEmpty()) {
      words.add(boot.cmdline());
    }
    if (kind == Board.MICROVM) {
      addWord(words, "reboot=", "a");
      if (!plan.accelerator().equals("kvm") && plan.facts().tscKhz() > 0) {
        addWord(words, "tsc_early_khz=", Long.toString(plan.facts().tscKhz()));
      }
    }
    return String.join(" ", words);
  }

  private static void addWord(List<String> words, String name, String value) {
    if (words.stream().noneMatch(word -> (" " + word).contains(" " + name))) {
      words.add(name + value);
    }
  }

  private void channels() {
    socket("qmp", plan.files().qmp());
    option("-mon", "chardev=qmp,mode=control");
    if (spec.serial().enabled()) {
      socket("serial", plan.files().serial());
      option("-serial", "chardev:serial");
    }
  }

  private void socket(String id, Path path) {
    option(
        "-chardev", "socket,id=" + id + ",path=" + escape(path.toString()) + ",server=on,wait=off");
  }

  private void controllers() {
    if (topology.wantsSata()) {
      device(Props.of("driver", "ich9-ahci").set("id", "sata").setAll(topology.sata()));
    }
    if (topology.hasScsiDisks()) {
      var scsi =
          Props.of("driver", topology.virtio("scsi")).set("id", "scsi").setAll(topology.scsi());
      if (spec.disks().stream()
          .anyMatch(
              disk -> disk.bus() == DiskBus.VIRTIO_SCSI && topology.machine().hasThread(disk))) {
        option("-object", Devices.ioThread("thread-scsi").json());
        scsi.set("iothread", "thread-scsi");
      }
      device(scsi);
    }
    if (topology.hasScsiCds()) {
      // Not the disks' controller: changing media below an iothread is unsafe in QEMU 7.2.
      device(
          Props.of("driver", topology.virtio("scsi"))
              .set("id", "scsi-cds")
              .setAll(topology.scsiCds()));
    }
  }

  private void disk(Disk disk) {
    var source =
        Objects.requireNonNull(
            plan.disks().get(disk.name()), () -> "the plan has no source for disk " + disk.name());
    if (disk.bus() == DiskBus.VIRTIO_BLK && topology.machine().hasThread(disk)) {
      option("-object", Devices.ioThread(Devices.ioThreadId(disk.name())).json());
    }
    option("-blockdev", Devices.diskNode(disk, source).json());
    device(Devices.disk(topology.machine(), disk, topology.place(disk), bootOrder.of(disk)));
  }

  private void cdrom(Cdrom cdrom) {
    Path medium = plan.media().get(cdrom.name());
    if (medium != null) {
      option(
          "-blockdev", Devices.readOnlyNode(Devices.cdId(cdrom.name()), medium.toString()).json());
    }
    device(Devices.cdrom(cdrom, topology.cdrom(cdrom), medium != null, bootOrder.of(cdrom)));
  }

  private void seed() {
    if (plan.seed()) {
      option("-blockdev", Devices.readOnlyNode("seed", plan.files().seed().toString()).json());
      device(
          Props.of("driver", topology.virtio("blk"))
              .set("id", "seed")
              .setAll(topology.seed())
              .set("drive", "seed")
              .set("serial", "seed"));
    }
  }

  private void nic(int index, Nic nic) {
    var forwards = plan.forwards().getOrDefault(nic.name(), List.of());
    option("-netdev", Devices.net(nic, index, forwards).json());
    device(Devices.nic(topology.machine(), nic, topology.nic(index), bootOrder.of(nic)));
  }

  private void helpers() {
    if (spec.guestAgent()) {
      socket("agent", plan.files().agent());
      device(
          Props.of("driver", topology.virtio("serial"))
              .set("id", "channels")
              .setAll(topology.serialBus()));
      device(
          Props.of("driver", "virtserialport")
              .set("id", "agent")
              .set("bus", "channels.0")
              .set("chardev", "agent")
              .set("name", AGENT_CHANNEL));
    }
    if (spec.rng()) {
      option("-object", Props.of("qom-type", "rng-builtin").set("id", "entropy").json());
      device(
          Props.of("driver", topology.virtio("rng"))
              .set("id", "rng")
              .setAll(topology.rng())
              .set("rng", "entropy"));
    }
  }

  /** What is served by processes beside QEMU, which are there before it: {@link Companion}. */
  private void companions() {
    if (spec.hasTpm()) {
      client("tpm", plan.files().tpm());
      option("-tpmdev", "emulator,id=tpm,chardev=tpm");
      device(Props.of("driver", topology.tpm()).set("id", "tpm0").set("tpmdev", "tpm"));
    }
    for (int i = 0; i < spec.shares().size(); i++) {
      var share = spec.shares().get(i);
      String id = "share-" + share.name();
      client(id, plan.files().share(i));
      device(
          Props.of("driver", "vhost-user-fs-pci")
              .set("id", id)
              .setAll(topology.share(i))
              .set("chardev", id)
              .set("tag", share.guestTag()));
    }
  }

  private void client(String id, Path path) {
    option("-chardev", "socket,id=" + id + ",path=" + escape(path.toString()));
  }

  private void device(Props device) {
    option("-device", device.json());
  }

  private void option(String name, String value) {
    argv.add(name);
    argv.add(value);
  }

  private void flags(String... names) {
    argv.addAll(List.of(names));
  }

  /** A value for a comma-separated option: QEMU reads two commas as one. */
  public static String escape(String value) {
    return value.replace(",", ",,");
  }
}
