package dev.kelvin.qemu;

import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.CacheMode;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.CdromBus;
import dev.kelvin.model.spec.DiscardMode;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DiskBus;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.NicModel;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The properties of disks, CD drives and NICs, the same for the command line and for hot-plug. Ids:
 * {@code disk-NAME}, {@code cd-NAME} and {@code nic-NAME} are devices; {@code disk-NAME} is also
 * the block node of a disk, {@code net-NAME} the network behind a NIC, {@code io-NAME} a disk's
 * thread.
 */
public final class Devices {
  private Devices() {}

  public static String diskId(String name) {
    return DeviceIds.DISK + name;
  }

  /**
   * The id of a screen's device.
   *
   * @param number from 1
   */
  public static String screenId(int number) {
    return number == 1 ? "screen" : "screen-" + number;
  }

  public static String cdId(String name) {
    return DeviceIds.CD + name;
  }

  public static String nicId(String name) {
    return DeviceIds.NIC + name;
  }

  public static String netId(String name) {
    return "net-" + name;
  }

  public static String ioThreadId(String name) {
    return "io-" + name;
  }

  public static String fileNode(String node) {
    return "file-" + node;
  }

  public static Props ioThread(String id) {
    return Props.of("qom-type", "iothread").set("id", id);
  }

  /** The block nodes of a disk: its format on top of its file. */
  public static Props diskNode(Disk disk, BlockSource source) {
    boolean direct = disk.cache() == CacheMode.NONE || disk.cache() == CacheMode.DIRECTSYNC;
    Map<String, Object> cache =
        Props.of("direct", direct).set("no-flush", disk.cache() == CacheMode.UNSAFE).map();
    String discard = disk.discard() == DiscardMode.UNMAP ? "unmap" : "ignore";
    String node = diskId(disk.name());
    var file =
        Props.of("driver", "file")
            .set("node-name", fileNode(node))
            .set("filename", source.path())
            // Linux AIO is asynchronous only without the page cache.
            .set("aio", direct ? "native" : "threads")
            .set("cache", cache)
            .set("discard", discard);
    var top =
        Props.of("driver", source.format())
            .set("node-name", node)
            .set("read-only", disk.readOnly())
            .set("cache", cache)
            .set("discard", discard)
            .set("file", file.map());
    String backing = source.backing();
    return backing == null ? top : top.set("backing", below(backing).map());
  }

  /** What QEMU else takes from the file's own header, with the lock on it. */
  private static Props below(String path) {
    return Props.of("driver", "qcow2").set("read-only", true).set("file", shared(path).map());
  }

  /**
   * A file that many read. Whoever may read it can take QEMU's locks on it (fcntl(2)), such as the
   * QEMU of a guest that has taken it over, and so keep all others from starting: it is opened
   * without any.
   */
  private static Props shared(String path) {
    return Props.of("driver", "file")
        .set("filename", path)
        .set("read-only", true)
        .set("locking", "off");
  }

  /** The block nodes of something that is only read and may be shared: a CD, a seed. */
  public static Props readOnlyNode(String node, String path) {
    return Props.of("driver", "raw")
        .set("node-name", node)
        .set("read-only", true)
        .set("file", shared(path).set("node-name", fileNode(node)).map());
  }

  /**
   * A disk's device.
   *
   * @param place from {@link Topology} or {@link LaunchedMachine}
   */
  public static Props disk(
      MachineKind machine, Disk disk, Props place, @Nullable Integer bootIndex) {
    String node = diskId(disk.name());
    var device =
        Props.of("driver", driver(machine, disk.bus()))
            .set("id", node)
            .setAll(place)
            .set("drive", node);
    if (disk.bus() == DiskBus.VIRTIO_BLK && machine.hasThread(disk)) {
      device.set("iothread", ioThreadId(disk.name()));
    }
    boolean writeCache =
        disk.cache() != CacheMode.WRITETHROUGH && disk.cache() != CacheMode.DIRECTSYNC;
    return device
        .set("serial", disk.serial() == null ? disk.name() : disk.serial())
        .set("write-cache", writeCache ? "on" : "off")
        .setIf("bootindex", bootIndex);
  }

  static String driver(MachineKind machine, DiskBus bus) {
    return switch (bus) {
      case VIRTIO_BLK -> machine.virtio("blk");
      case VIRTIO_SCSI -> "scsi-hd";
      case NVME -> "nvme";
      case SATA, IDE -> "ide-hd";
    };
  }

  public static Props cdrom(Cdrom cdrom, Props place, boolean loaded, @Nullable Integer bootIndex) {
    String driver = cdrom.bus() == CdromBus.VIRTIO_SCSI ? "scsi-cd" : "ide-cd";
    String id = cdId(cdrom.name());
    return Props.of("driver", driver)
        .set("id", id)
        .setAll(place)
        .setIf("drive", loaded ? id : null)
        .setIf("bootindex", bootIndex);
  }

  /**
   * The user-mode network behind a NIC. Each has a subnet of its own, or a guest with two NICs
   * could not tell which leads where.
   *
   * @param index which of the machine's NICs it is, from 0
   */
  public static Props net(Nic nic, int index, List<Forward> forwards) {
    var net =
        Props.of("type", "user")
            .set("id", netId(nic.name()))
            .set("net", nic.subnet(index) + ".0/24")
            .set("ipv6-prefix", "fec0:0:0:" + Integer.toHexString(2 + index) + "::");
    if (nic.netboot() != null) {
      net.setIf("tftp", nic.netboot().directory()).set("bootfile", nic.netboot().file());
    }
    List<Map<String, Object>> rules =
        forwards.stream()
            .map(forward ->
                Props.of(
                        "str",
                        forward.protocol()
                            + ":"
                            + forward.hostAddress()
                            + ":"
                            + forward.hostPort()
                            + "-"
                            + (forward.guestAddress() == null ? "" : forward.guestAddress())
                            + ":"
                            + forward.guestPort())
                    .map())
            .toList();
    return rules.isEmpty() ? net : net.set("hostfwd", rules);
  }

  static String driver(MachineKind machine, NicModel model) {
    return switch (model) {
      case VIRTIO -> machine.virtio("net");
      case E1000E -> "e1000e";
      case RTL8139 -> "rtl8139";
    };
  }

  public static Props nic(MachineKind machine, Nic nic, Props place, @Nullable Integer bootIndex) {
    var device =
        Props.of("driver", driver(machine, nic.model()))
            .set("id", nicId(nic.name()))
            .setAll(place)
            .set("netdev", netId(nic.name()))
            .setIf("mac", nic.mac())
            .setIf("bootindex", bootIndex);
    // The boot ROM costs every start time and only serves a card that the guest boots from.
    return bootIndex == null && !machine.isMicrovm() ? device.set("romfile", "") : device;
  }
}
