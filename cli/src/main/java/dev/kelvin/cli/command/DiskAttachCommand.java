package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.spec.CacheMode;
import dev.kelvin.model.spec.DiscardMode;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.DiskBus;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin disk attach}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  kelvin disk attach web1 data --size 20GiB",
      "  kelvin disk attach web2 data --volume 0f3a9c51d2e84b7760aa-data"
    })
public final class DiskAttachCommand extends Command {
  @Parameters(index = "0", paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Parameters(index = "1", paramLabel = "DISK", description = "The name of the new disk.")
  String name = "";

  @Option(names = "--size", paramLabel = "SIZE", description = "How large it is.")
  @Nullable String size;

  @Option(names = "--image", paramLabel = "IMAGE", description = "What it starts as. Usual: empty.")
  @Nullable String image;

  @Option(
      names = "--volume",
      paramLabel = "ID",
      description = "The existing volume that it is. See \"kelvin volume ls\".")
  @Nullable String volume;

  @Option(
      names = "--bus",
      paramLabel = "BUS",
      description = "virtio-blk, virtio-scsi, nvme or sata. Usual: virtio-blk.")
  String bus = "virtio-blk";

  @Option(
      names = "--cache",
      paramLabel = "MODE",
      description = "none, writeback, writethrough, directsync or unsafe. Usual: none.")
  String cache = "none";

  @Option(
      names = "--serial",
      paramLabel = "TEXT",
      description = "What the guest sees as serial number.")
  @Nullable String serial;

  @Option(names = "--read-only", description = "The guest can only read it.")
  boolean readOnly;

  @Mixin Waiting waiting = new Waiting();

  public DiskAttachCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    ByteSize bytes = size == null ? null : Units.size(size, "--size");
    DiskBus attached = OptionWords.read(DiskBus.class, bus, "--bus");
    boolean virtio = attached == DiskBus.VIRTIO_BLK || attached == DiskBus.VIRTIO_SCSI;
    var disk =
        new Disk(
            name,
            image,
            volume,
            bytes,
            attached,
            OptionWords.read(CacheMode.class, cache, "--cache"),
            DiscardMode.UNMAP,
            serial,
            readOnly,
            null,
            virtio);
    waiting.finish(
        session,
        session.client().attachDisk(vm, disk),
        OnInterrupt.DETACH,
        vm + " has the disk " + name);
    return 0;
  }
}
