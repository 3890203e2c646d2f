package dev.kelvin.model;

import dev.kelvin.model.Image.Format;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the content of a file looks like. No file is taken for what it looks like; but where it does
 * not look like what it is said to be, that can be told.
 */
public enum DiskMark {
  QCOW2("a qcow2 disk", Format.QCOW2),
  VMDK("a VMDK disk", Format.VMDK),
  VMDK_PART("a part of a VMware disk", null),
  VHD("a VHD disk", Format.VHD),
  VHDX("a VHDX disk", Format.VHDX),
  VDI("a VDI disk", Format.VDI),
  ISO("the image of a CD", Format.ISO),
  GZIP("a file packed with gzip", null),
  XZ("a file packed with xz", null),
  ZSTD("a file packed with zstd", null),
  BZIP2("a file packed with bzip2", null),
  LZ4("a file packed with lz4", null),
  ZIP("a zip archive", null),
  SEVEN_ZIP("a 7z archive", null),
  RAR("a rar archive", null),
  TAR("a tar archive, as an OVA is", null),
  QED("a QED disk", null),
  PARALLELS("a Parallels disk", null),
  DMG("a disk image of macOS (dmg)", null),
  WIM("an installation image of Windows (WIM)", null),
  LARGE_SECTORS("a disk with sectors of 4096 bytes", null);

  /** How many bytes of a file's start tell. */
  public static final int HEAD = 36 << 10;

  /** How many bytes of its end tell. */
  public static final int TAIL = 512;

  private static final int ISO_MARK = 16 * 2048 + 1;

  private final String title;
  private final @Nullable Format format;

  DiskMark(String title, @Nullable Format format) {
    this.title = title;
    this.format = format;
  }

  /** What it is, for people: {@code a qcow2 disk}. */
  public String title() {
    return title;
  }

  /** The format under which it can be imported; empty when it cannot. */
  public Optional<Format> format() {
    return Optional.ofNullable(format);
  }

  /** What it is packed with; empty when it is not packed, or not with what Kelvin unpacks. */
  public Optional<Compression> compression() {
    return switch (this) {
      case GZIP -> Optional.of(Compression.GZIP);
      case XZ -> Optional.of(Compression.XZ);
      case ZSTD -> Optional.of(Compression.ZSTD);
      case BZIP2 -> Optional.of(Compression.BZIP2);
      case QCOW2,
          VMDK,
          VMDK_PART,
          VHD,
          VHDX,
          VDI,
          ISO,
          LZ4,
          ZIP,
          SEVEN_ZIP,
          RAR,
          TAR,
          QED,
          PARALLELS,
          DMG,
          WIM,
          LARGE_SECTORS ->
          Optional.empty();
    };
  }

  /** What to do to import it as what it is. */
  public String remedy() {
    Optional<Compression> packed = compression();
    if (format != null) {
      return "import it with --format " + format.wire();
    } else if (packed.isPresent()) {
      return "import it under a name that ends in "
          + packed.get().ending()
          + ", with --format for what is in it; or unpack it first";
    }
    return switch (this) {
      case TAR -> "unpack it (tar xf FILE), then import the disk that is in it";
      case VMDK_PART ->
          "make one file where all parts are (qemu-img convert -O qcow2 DISK.vmdk WHOLE.qcow2), then"
              + " import that";
      case LARGE_SECTORS ->
          "copy its content to a disk with sectors of 512 bytes: here no guest would find its"
              + " partitions";
      case QED, PARALLELS, DMG ->
          "convert it first (qemu-img convert -O qcow2 FILE WHOLE.qcow2), then import that";
      case QCOW2, VMDK, VHD, VHDX, VDI, ISO, GZIP, XZ, ZSTD, BZIP2, LZ4, ZIP, SEVEN_ZIP, RAR, WIM ->
          "unpack it, then import the disk that is in it";
    };
  }

  /**
   * What a file looks like; empty when that is nothing that is known, as a raw disk.
   *
   * @param head its first bytes, up to {@link #HEAD}
   * @param tail its last bytes, up to {@link #TAIL}
   */
  public static Optional<DiskMark> of(byte[] head, byte[] tail) {
    return disk(head, tail).or(() -> packed(head)).or(() -> other(head));
  }

  private static Optional<DiskMark> disk(byte[] head, byte[] tail) {
    if (has(head, 0, "QFI\u00fb")) {
      return Optional.of(QCOW2);
    } else if (has(head, 0, "KDMV") || has(head, 0, "# Disk DescriptorFile")) {
      return Optional.of(VMDK);
    } else if (has(head, 0, "COWD") || has(head, 0, "\u00be\u00ba\u00fe\u00ca\0\0\0\0")) {
      return Optional.of(VMDK_PART);
    } else if (has(head, 0, "conectix") || has(tail, tail.length - TAIL, "conectix")) {
      return Optional.of(VHD);
    } else if (has(head, 0, "vhdxfile")) {
      return Optional.of(VHDX);
    } else if (has(head, 0x40, "\u007f\u0010\u00da\u00be")) {
      return Optional.of(VDI);
    } else if (has(head, 0, "QED\0")) {
      return Optional.of(QED);
    } else if (has(head, 0, "WithoutFreeSpace") || has(head, 0, "WithouFreSpacExt")) {
      return Optional.of(PARALLELS);
    } else if (has(tail, tail.length - TAIL, "koly\0\0\0\u0004")) {
      return Optional.of(DMG);
    }
    return Optional.empty();
  }

  private static Optional<DiskMark> packed(byte[] head) {
    if (has(head, 0, "\u001f\u008b\u0008")) {
      return Optional.of(GZIP);
    } else if (has(head, 0, "\u00fd7zXZ\0")) {
      return Optional.of(XZ);
    } else if (has(head, 0, "(\u00b5/\u00fd")) {
      return Optional.of(ZSTD);
    } else if (has(head, 0, "BZh") && has(head, 4, "1AY&SY")) {
      return Optional.of(BZIP2);
    } else if (has(head, 0, "\4\"M\30")) {
      return Optional.of(LZ4);
    } else if (has(head, 0, "PK\u0003\u0004")) {
      return Optional.of(ZIP);
    } else if (has(head, 0, "7z\u00bc\u00af'\34")) {
      return Optional.of(SEVEN_ZIP);
    } else if (has(head, 0, "Rar!\u001a\u0007")) {
      return Optional.of(RAR);
    } else if (has(head, 257, "ustar")) {
      return Optional.of(TAR);
    } else if (has(head, 0, "MSWIM\0")) {
      return Optional.of(WIM);
    }
    return Optional.empty();
  }

  private static Optional<DiskMark> other(byte[] head) {
    // What is also made to be written to a stick has a boot sector, and is a disk as well.
    boolean bootSector = has(head, 510, "U\u00aa");
    if (!bootSector && (has(head, ISO_MARK, "CD001") || has(head, ISO_MARK, "BEA01"))) {
      return Optional.of(ISO);
    } else if (has(head, 4096, "EFI PART") && !has(head, 512, "EFI PART")) {
      return Optional.of(LARGE_SECTORS);
    }
    return Optional.empty();
  }

  /** Whether bytes have those of a text, each character of which is one byte, at a place. */
  private static boolean has(byte[] bytes, int at, String mark) {
    byte[] wanted = mark.getBytes(StandardCharsets.ISO_8859_1);
    return at >= 0
        && at + wanted.length <= bytes.length
        && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
  }
}
