package dev.kelvin.cli.run;

import dev.kelvin.cli.file.LocalFiles;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.DiskMark;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.WireName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * What the name of a file says of its format. The content decides nothing; where the name does not
 * say enough, it helps to say what to do.
 */
final class ImageFormats {
  /** Archives, which have disks in them, and how each is unpacked. */
  private static final Pattern ARCHIVE =
      Pattern.compile(".*\\.(ova|tar|tgz|tbz2?|txz|tar\\.(gz|xz|bz2|zst)|box|zip|7z|rar)");

  private static final Pattern VMDK_CONTENT =
      Pattern.compile("(.*)-(flat|f\\d{3}|rdm|rdmp)\\.vmdk");
  private static final Pattern VMDK_PART =
      Pattern.compile("(.*)-(s\\d{3}|delta|sesparse|\\d{6}-s\\d{3})\\.vmdk");

  private static final int TAR_BLOCK = 512;
  private static final int MOST_TAR_ENTRIES = 64;

  private ImageFormats() {}

  /** All formats, for people. */
  static String all() {
    return Arrays.stream(Format.values()).map(Format::wire).collect(Collectors.joining(", "));
  }

  /**
   * The format that a file's name says.
   *
   * @throws ProblemException invalid-argument when it says none, or that it is a part of a disk
   */
  static Format ofName(Path path, Compression compression) {
    String name = path.getFileName().toString();
    String lower = name.toLowerCase(Locale.ROOT);
    if (ARCHIVE.matcher(lower).matches()) {
      throw archive(path, lower);
    }
    String inside = compression.inside(lower);
    refusePart(path, name, inside);
    String ending = inside.substring(inside.lastIndexOf('.') + 1);
    Optional<Format> format =
        WireName.find(Format.class, ending)
            .or(() ->
                ending.equals("avhd") || ending.equals("avhdx")
                    ? WireName.find(Format.class, ending.substring(1))
                    : Optional.empty());
    return format.orElseThrow(() -> unknown(path, inside, compression));
  }

  private static ProblemException unknown(Path path, String inside, Compression compression) {
    boolean has = inside.lastIndexOf('.') > 0;
    String ending = inside.substring(inside.lastIndexOf('.') + 1);
    Optional<DiskMark> mark = mark(path, compression);
    String cause =
        (has ? "its ending \"" + ending + "\" names none" : "its name has no ending")
            + (mark.isEmpty() ? "" : "; it looks like " + mark.get().title());
    return Problem.of(Code.INVALID_ARGUMENT, "The format of the file is not known")
        .on(path.toString())
        .because(cause)
        .remedy(
            mark.map(DiskMark::remedy)
                .orElse("name it: --format raw if it is a disk as it is, else one of " + all()))
        .asException();
  }

  /** What a file looks like, or what is in it; only for words. */
  private static Optional<DiskMark> mark(Path path, Compression compression) {
    try (InputStream in = Files.newInputStream(path);
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      if (compression == Compression.GZIP) {
        try (InputStream unpacked = new GZIPInputStream(in)) {
          return DiskMark.of(unpacked.readNBytes(DiskMark.HEAD), new byte[0]);
        }
      } else if (compression != Compression.NONE) {
        return Optional.empty();
      }
      ByteBuffer tail = ByteBuffer.allocate(DiskMark.TAIL);
      file.read(tail, Math.max(0, file.size() - DiskMark.TAIL));
      return DiskMark.of(
          in.readNBytes(DiskMark.HEAD), Arrays.copyOf(tail.array(), tail.position()));
    } catch (ZipException | java.io.EOFException e) {
      return Optional.empty(); // the daemon says what is wrong with it
    } catch (IOException e) {
      throw LocalFiles.unreadable(path, e);
    }
  }

  private static void refusePart(Path path, String name, String lower) {
    boolean whole = mark(path, Compression.NONE).filter(DiskMark.VMDK::equals).isPresent();
    Matcher content = VMDK_CONTENT.matcher(lower);
    if (content.matches() && !whole) {
      boolean one = content.group(2).equals("flat");
      throw Problem.of(Code.INVALID_ARGUMENT, "This is a part of a VMware disk")
          .on(path.toString())
          .because(
              "it is "
                  + (one ? "the" : "a part of the")
                  + " content of "
                  + name.substring(0, content.end(1))
                  + ".vmdk as it is, without a header")
          .remedy(
              one
                  ? "import it as raw: kelvin image import " + path + " --format raw"
                  : whole(name.substring(0, content.end(1))))
          .asException();
    }
    Matcher part = VMDK_PART.matcher(lower);
    if (part.matches()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "This is a part of a VMware disk")
          .on(path.toString())
          .because(
              part.group(2).matches("delta|sesparse")
                  ? "it has what a snapshot has changed, and not the disk"
                  : "it has one of several pieces of it")
          .remedy(whole(name.substring(0, part.end(1))))
          .asException();
    }
  }

  private static String whole(String disk) {
    return "make one file where all are: qemu-img convert -O qcow2 "
        + disk
        + ".vmdk "
        + disk
        + ".qcow2; then import that";
  }

  private static ProblemException archive(Path path, String name) {
    boolean tar = !name.matches(".*\\.(zip|7z|rar)");
    String unpack =
        tar
            ? "tar xf "
            : name.endsWith("zip") ? "unzip " : name.endsWith("7z") ? "7z x " : "unrar x ";
    List<String> disks = name.endsWith(".ova") || name.endsWith(".tar") ? disks(path) : List.of();
    String disk = disks.size() == 1 ? disks.getFirst() : name.endsWith(".box") ? "box.img" : "DISK";
    boolean box = name.endsWith(".box");
    return Problem.of(Code.INVALID_ARGUMENT, "This is an archive, and no disk")
        .on(path.toString())
        .because(
            disks.isEmpty() ? "the disk is a file in it" : "in it are: " + String.join(", ", disks))
        .remedy(
            "unpack it: "
                + unpack
                + path
                + "; then import the disk: kelvin image import "
                + disk
                + (box ? " --format qcow2" : ""))
        .asException();
  }

  /** The disks that a tar archive has at its first level of names; none when it is not one. */
  private static List<String> disks(Path path) {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      var found = new java.util.ArrayList<String>();
      long at = 0;
      for (int i = 0; i < MOST_TAR_ENTRIES; i++) {
        ByteBuffer block = ByteBuffer.allocate(TAR_BLOCK);
        if (file.read(block, at) < TAR_BLOCK || block.get(0) == 0) {
          break;
        }
        String header = StandardCharsets.ISO_8859_1.decode(block.flip()).toString();
        String name = header.substring(0, 100).split("\0", 2)[0];
        String size = header.substring(124, 136).replaceAll("[^0-7]", "");
        if (!header.startsWith("ustar", 257) || size.isEmpty()) {
          break;
        }
        if (name.matches("[\\w .+-]+\\.(vmdk|vhdx?|qcow2|vdi|img|raw)")) {
          found.add(name);
        }
        long blocks = (Long.parseLong(size, 8) + TAR_BLOCK - 1) / TAR_BLOCK;
        at += (1 + blocks) * TAR_BLOCK;
      }
      return List.copyOf(found);
    } catch (IOException e) {
      throw LocalFiles.unreadable(path, e);
    }
  }
}
