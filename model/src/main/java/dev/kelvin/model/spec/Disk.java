package dev.kelvin.model.spec;

import dev.kelvin.model.ByteSize;
import org.jspecify.annotations.Nullable;

/**
 * A disk of the VM.
 *
 * @param name unique among the devices of the VM; a DNS label
 * @param image what it starts as; null for an empty disk
 * @param volume the existing volume that it is; null for a volume of its own, made with the disk
 * @param size null for the size of the image or volume; at least that
 * @param bus how it is attached; a spec that the disk is in chooses it when it is left out
 * @param cache how the host's page cache is used
 * @param discard what becomes of discarded blocks
 * @param serial what the guest sees as serial number, at most 20 characters
 * @param readOnly whether the guest can only read it
 * @param bootIndex order in which firmware tries devices, smallest first; null for never
 * @param ioThread whether a thread of its own serves it (virtio-blk and virtio-scsi)
 */
// A null that a constructor is given asks it for the default; NullAway has no word for that.
@SuppressWarnings("NullAway")
public record Disk(
    String name,
    @Nullable String image,
    @Nullable String volume,
    @Nullable ByteSize size,
    DiskBus bus,
    CacheMode cache,
    DiscardMode discard,
    @Nullable String serial,
    Boolean readOnly,
    @Nullable Integer bootIndex,
    Boolean ioThread) {
  /**
   * The largest disk; an image may have as much. Of a qcow2 file's tables it is far from the limit,
   * and a file may be as large as that to its guest where the host's file system does not allow as
   * much content (ext4: 16 TiB).
   */
  public static final ByteSize MAX_SIZE = ByteSize.ofGiB(64 << 10);

  public Disk {
    cache = cache == null ? CacheMode.NONE : cache;
    discard = discard == null ? DiscardMode.UNMAP : discard;
    readOnly = readOnly == null ? Boolean.FALSE : readOnly;
    if (ioThread == null && bus != null) {
      ioThread = bus == DiskBus.VIRTIO_BLK || bus == DiskBus.VIRTIO_SCSI;
    }
  }

  public static Disk of(String name, @Nullable String image, @Nullable ByteSize size) {
    return new Disk(name, image, null, size, null, null, null, null, null, null, null);
  }

  /** A disk that is an existing volume. */
  public static Disk ofVolume(String name, String volume) {
    return new Disk(name, null, volume, null, null, null, null, null, null, null, null);
  }

  /** The same on {@code usual}, unless it has a bus. */
  Disk withDefaultBus(DiskBus usual) {
    return bus != null
        ? this
        : new Disk(
            name, image, volume, size, usual, cache, discard, serial, readOnly, bootIndex,
            ioThread);
  }

  public Disk withSize(ByteSize newSize) {
    return new Disk(
        name, image, volume, newSize, bus, cache, discard, serial, readOnly, bootIndex, ioThread);
  }

  public Disk withBootIndex(int index) {
    return new Disk(
        name, image, volume, size, bus, cache, discard, serial, readOnly, index, ioThread);
  }
}
