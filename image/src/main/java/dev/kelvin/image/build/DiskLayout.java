package dev.kelvin.image.build;

import dev.kelvin.model.ByteSize;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Where everything is on a built disk: a GPT with GRUB's core for BIOS, the EFI system partition,
 * and the root as the last one, so that it can grow. The numbers are those of Debian's own cloud
 * images.
 *
 * @param size of the disk
 * @param identity 64 hexadecimal digits from which all ids are derived
 */
public record DiskLayout(ByteSize size, String identity) {
  public static final int SECTOR = 512;

  /** Of a file system block. */
  public static final int BLOCK = 4096;

  private static final long MIB = (1 << 20) / SECTOR;
  private static final long BIOS_START = MIB;
  private static final long EFI_START = 2 * MIB;
  private static final long EFI_LENGTH = 32 * MIB;
  private static final long ROOT_START = EFI_START + EFI_LENGTH;

  /** First sector of GRUB's core image. */
  public long biosStart() {
    return BIOS_START;
  }

  /** How many sectors GRUB's core image may have. */
  public long biosLength() {
    return EFI_START - BIOS_START;
  }

  public long efiOffset() {
    return EFI_START * SECTOR;
  }

  public long efiSectors() {
    return EFI_LENGTH;
  }

  public long rootOffset() {
    return ROOT_START * SECTOR;
  }

  public long rootBlocks() {
    return rootSectors() * SECTOR / BLOCK;
  }

  /** The last MiB holds the second copy of the table. */
  private long rootSectors() {
    return size.bytes() / SECTOR - MIB - ROOT_START;
  }

  /** Id of the root's file system; {@code finish.sh} derives the same. */
  public String rootUuid() {
    return uuid(identity);
  }

  /** Serial number of the EFI system partition's file system: 8 hexadecimal digits. */
  public String efiSerial() {
    return digest("efi file system").substring(0, 8);
  }

  /** Input of sfdisk(8). */
  public String table() {
    return String.join(
        "\n",
        "label: gpt",
        "label-id: " + uuid(digest("disk")),
        "first-lba: 2048",
        "table-length: 128",
        entry(14, BIOS_START, biosLength(), "21686148-6449-6E6F-744E-656564454649"),
        entry(15, EFI_START, EFI_LENGTH, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"),
        entry(1, ROOT_START, rootSectors(), "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"),
        "");
  }

  private String entry(int number, long start, long length, String type) {
    return String.format(
        "%d: start=%d, size=%d, type=%s, uuid=%s",
        number, start, length, type, uuid(digest("partition " + number)));
  }

  private String digest(String purpose) {
    try {
      byte[] text = (identity + " " + purpose).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** A UUID of version 4 with the first bits of a digest. */
  public static String uuid(String digest) {
    return String.join(
        "-",
        digest.substring(0, 8),
        digest.substring(8, 12),
        "4" + digest.substring(13, 16),
        "8" + digest.substring(17, 20),
        digest.substring(20, 32));
  }
}
