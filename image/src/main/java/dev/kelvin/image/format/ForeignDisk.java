package dev.kelvin.image.format;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.DiskMark;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.storage.Qcow2Header;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * Reads the headers of disks that may be hostile, without the help of programs that follow them.
 */
public final class ForeignDisk {
  private static final int VDI_SIGNATURE = 0xbeda107f;
  private static final int VDI_DYNAMIC = 1;
  private static final int VDI_FIXED = 2;

  /** ISO 9660, 8.1: the volume descriptors begin with the 17th sector of 2048 bytes. */
  private static final int ISO_SECTOR = 2048;

  private static final int ISO_DESCRIPTOR = 16 * ISO_SECTOR + 1;
  private static final int ISO_PRIMARY = 1;
  private static final int ISO_SECTORS = 80;

  private ForeignDisk() {}

  /** Refuses what is not of the format, or leads to other files. */
  public static void check(Path file, Format named) throws IOException {
    switch (named) {
      case RAW -> {
        // Any content is a raw disk.
      }
      case ISO -> checkIso(file);
      case QCOW2 -> checkQcow2(file);
      case VMDK -> VmdkHeader.check(file);
      case VHD -> VhdHeader.check(file);
      case VHDX -> VhdxHeader.check(file);
      case VDI -> checkVdi(file);
    }
  }

  /** A CD tells in its primary volume descriptor (ISO 9660, 8.4.8) how many sectors it has. */
  private static void checkIso(Path file) throws IOException {
    String mark = text(file, ISO_DESCRIPTOR, 5);
    require(file, Format.ISO, mark.equals("CD001") || mark.equals("BEA01"));
    ByteBuffer descriptor =
        read(file, ISO_DESCRIPTOR - 1, ISO_SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    checkLength(file, ISO_DESCRIPTOR - 1 + ISO_SECTOR);
    if (mark.equals("CD001") && descriptor.get(0) == ISO_PRIMARY) {
      checkLength(file, Integer.toUnsignedLong(descriptor.getInt(ISO_SECTORS)) * ISO_SECTOR);
    }
  }

  /**
   * What may be wrong with a raw disk, whose content may be anything, and of which nothing can be
   * checked; empty when it looks like a disk.
   */
  public static List<String> doubts(Path file) throws IOException {
    Optional<DiskMark> mark = mark(file);
    return mark.isEmpty()
        ? List.of()
        : List.of(
            "the file was taken as a raw disk, and it looks like "
                + mark.get().title()
                + ": its guests see that, and not what is in it; if it is not meant so, delete the"
                + " image and "
                + mark.get().remedy());
  }

  private static Optional<DiskMark> mark(Path file) throws IOException {
    long length = Files.size(file);
    byte[] tail = bytes(read(file, Math.max(0, length - DiskMark.TAIL), DiskMark.TAIL));
    return DiskMark.of(bytes(read(file, 0, DiskMark.HEAD)), tail);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.limit()];
    buffer.get(0, bytes);
    return bytes;
  }

  private static void checkQcow2(Path file) throws IOException {
    var header = Qcow2Header.read(file);
    require(file, Format.QCOW2, header.isPresent());
    Qcow2Header disk = header.orElseThrow();
    String backing = disk.backing();
    if (backing != null) {
      throw namesAnotherFile(file, backing).asException();
    }
    if (disk.externalData()) {
      throw namesAnotherFile(file, "its data file").asException();
    }
    if (disk.encrypted()) {
      throw isEncrypted(file).asException();
    }
    if (disk.corrupt()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The disk is damaged")
          .on(name(file))
          .because("QEMU has marked it as corrupt")
          .remedy("repair it where it is used, with qemu-img check -r all, and look at its content")
          .asException();
    }
    checkSize(file, Format.QCOW2, disk.size());
  }

  private static void checkVdi(Path file) throws IOException {
    ByteBuffer header = read(file, 0, 512).order(ByteOrder.LITTLE_ENDIAN);
    require(file, Format.VDI, header.limit() == 512 && header.getInt(0x40) == VDI_SIGNATURE);
    int type = header.getInt(0x4c);
    if (type != VDI_DYNAMIC && type != VDI_FIXED) {
      throw namesAnotherFile(file, "its parent: it holds only the differences").asException();
    }
    long block = Integer.toUnsignedLong(header.getInt(0x178));
    long allocated = Integer.toUnsignedLong(header.getInt(0x184));
    checkLength(file, Integer.toUnsignedLong(header.getInt(0x158)) + block * allocated);
  }

  /** Refuses a file that is shorter than it must be. */
  public static void checkLength(Path file, long least) throws IOException {
    long length = Files.size(file);
    if (length < least) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The disk is not whole")
          .on(name(file))
          .because("the file has " + length + " bytes, and its tables lead beyond " + least)
          .remedy("copy it again from where it is whole")
          .asException();
    }
  }

  /** Refuses a size that no disk has. */
  public static void checkSize(Path file, Format named, ByteSize size) {
    if (size.bytes() > 0 && size.compareTo(Disk.MAX_SIZE) <= 0) {
      return;
    }
    throw Problem.of(Code.INVALID_ARGUMENT, "The disk has a size that no disk has")
        .on(name(file))
        .because(
            "its "
                + named.wire()
                + " header says "
                + size
                + "; possible are 1 byte to "
                + Disk.MAX_SIZE)
        .remedy("check that the file is whole and of the format that was named")
        .asException();
  }

  public static Problem namesAnotherFile(Path file, String other) {
    return Problem.of(Code.INVALID_ARGUMENT, "The disk depends on another file")
        .on(name(file))
        .because("it names " + printable(other) + ", which is not part of the upload")
        .remedy(
            "make one file of both where both are (qemu-img convert -O qcow2 FILE WHOLE.qcow2),"
                + " then import that");
  }

  /** A disk that has what a checkpoint has changed. */
  public static Problem isCheckpoint(Path file, String parent) {
    return namesAnotherFile(file, parent.isEmpty() ? "a parent" : "its parent " + parent)
        .remedy(
            "make one file of both where both are (qemu-img convert -O qcow2 FILE WHOLE.qcow2), or"
                + " delete the checkpoint in Hyper-V, which merges it; then import that");
  }

  public static Problem isEncrypted(Path file) {
    return Problem.of(Code.INVALID_ARGUMENT, "The disk is encrypted")
        .on(name(file))
        .because("its content cannot be read without a secret")
        .remedy("decrypt it where the secret is (qemu-img convert), then import the result");
  }

  /** Refuses a file that is not of the format that was named. */
  public static void require(Path file, Format named, boolean fits) throws IOException {
    if (fits) {
      return;
    }
    Optional<DiskMark> mark = mark(file).filter(one -> one.format().orElse(null) != named);
    String none = "it has no header of a " + named.wire() + " file";
    throw Problem.of(Code.INVALID_ARGUMENT, "The file is not of the format that was named")
        .on(name(file))
        .at("format")
        .because(mark.map(one -> none + ", and looks like " + one.title()).orElse(none))
        .remedy(
            mark.map(DiskMark::remedy)
                .orElse("name the format that it has, or check that it was sent whole"))
        .asException();
  }

  public static String text(Path file, long offset, int length) throws IOException {
    return StandardCharsets.ISO_8859_1.decode(read(file, offset, length)).toString();
  }

  /** Some bytes of a file; fewer where it ends, none from a place that is not in it. */
  public static ByteBuffer read(Path file, long offset, int length) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (offset < 0 || offset > channel.size()) {
        return ByteBuffer.allocate(0);
      }
      ByteBuffer buffer = ByteBuffer.allocate(length);
      while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
        // Until it is full or the file ends.
      }
      return buffer.flip();
    }
  }

  /** How problems name the file: what the user sent has no name of its own here. */
  public static String name(Path file) {
    String name = file.getFileName().toString();
    return Importer.OWN_NAMES.contains(name) ? "upload" : name;
  }

  public static String printable(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", "?");
    return clean.length() > 200 ? clean.substring(0, 200) + "…" : clean;
  }
}
