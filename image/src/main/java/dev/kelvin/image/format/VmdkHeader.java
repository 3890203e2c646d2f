package dev.kelvin.image.format;

import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lets only those VMDK files pass that are whole in themselves: sparse ones with one extent, the
 * file itself (VMware, Virtual Disk Format 5.0). A descriptor can name any file of the host as an
 * extent or as a parent, and QEMU would read it into the guest's disk.
 */
final class VmdkHeader {
  /** "KDMV". */
  private static final int MAGIC = 0x4b444d56;

  private static final int HEADER = 79;
  private static final int CAPACITY = 12;
  private static final int DESCRIPTOR_OFFSET = 28;
  private static final int SECTOR = 512;

  /** As much as QEMU reads of a descriptor. */
  private static final int DESCRIPTOR_LENGTH = 20 * SECTOR;

  private static final Pattern EXTENT =
      Pattern.compile("(?m)^\\s*(?:RW|RDONLY|NOACCESS)\\s+\\d+\\s+(\\w+)(.*)$");

  /** The name of the file in the rest of an extent's line. */
  private static final Pattern FILE = Pattern.compile("\"([^\"]*)\"");

  private static final Pattern HINT =
      Pattern.compile("(?m)^\\s*parentFileNameHint\\s*=\\s*\"([^\"]*)\"");
  private static final Pattern PARENT_ID =
      Pattern.compile("(?mi)^\\s*parentCID\\s*=\\s*([0-9a-f]+)");
  private static final List<String> TYPES = List.of("monolithicSparse", "streamOptimized");
  private static final Pattern TYPE = Pattern.compile("(?m)^\\s*createType\\s*=\\s*\"([^\"]*)\"");

  private VmdkHeader() {}

  static void check(Path file) throws IOException {
    ByteBuffer header = ForeignDisk.read(file, 0, HEADER);
    if (header.limit() < HEADER || header.getInt(0) != MAGIC) {
      refuseParts(file);
      ForeignDisk.require(file, Format.VMDK, false);
    }
    header.order(ByteOrder.LITTLE_ENDIAN);
    if (header.getLong(CAPACITY) == 0) {
      throw refused(file, "its header says that its content is in other files").asException();
    }
    long sector = header.getLong(DESCRIPTOR_OFFSET);
    if (sector < 0 || sector > Integer.MAX_VALUE) {
      throw refused(file, "its descriptor is beyond its end").asException();
    }
    ByteBuffer bytes = ForeignDisk.read(file, sector * SECTOR, DESCRIPTOR_LENGTH);
    checkDescriptor(file, StandardCharsets.ISO_8859_1.decode(bytes).toString());
  }

  /** Refuses what is one of the several files of a disk, and says which. */
  private static void refuseParts(Path file) throws IOException {
    String start = ForeignDisk.text(file, 0, DESCRIPTOR_LENGTH);
    if (start.startsWith("COWD") || start.startsWith("\u00be\u00ba\u00fe\u00ca\0\0\0\0")) {
      throw refused(file, "it has what a snapshot has changed (-delta.vmdk or -sesparse.vmdk)")
          .asException();
    }
    if (!start.contains("createType") && !start.startsWith("# Disk DescriptorFile")) {
      return;
    }
    refuseChild(file, start);
    List<String> extents =
        EXTENT
            .matcher(start)
            .results()
            .map(extent -> FILE.matcher(extent.group(2)))
            .filter(Matcher::find)
            .map(name -> ForeignDisk.printable(name.group(1)))
            .toList();
    // A name that leads elsewhere is not one that anybody should follow.
    boolean beside = extents.size() == 1 && extents.getFirst().matches("[\\w][\\w .+-]*");
    if (beside && start.matches("(?s).*\\s(FLAT|VMFS)\\s.*")) {
      String content = extents.getFirst();
      throw Problem.of(Code.INVALID_ARGUMENT, "The VMDK file is not whole in itself")
          .on(ForeignDisk.name(file))
          .because("it is only the descriptor of a disk whose content is in " + content)
          .remedy("import that file as raw: kelvin image import " + content + " --format raw")
          .asException();
    }
    throw refused(
            file,
            "it is only a descriptor, whose content is in other files"
                + (extents.isEmpty() ? "" : ", of which the first is " + extents.getFirst()))
        .asException();
  }

  private static void refuseChild(Path file, String descriptor) {
    Matcher hint = HINT.matcher(descriptor);
    if (hint.find()) {
      throw ForeignDisk.namesAnotherFile(file, "its parent " + hint.group(1)).asException();
    } else if (descriptor.contains("parentFileNameHint")) {
      throw ForeignDisk.namesAnotherFile(file, "a parent").asException();
    }
  }

  private static void checkDescriptor(Path file, String descriptor) {
    refuseChild(file, descriptor);
    if (!descriptor.contains("createType")) {
      throw refused(
              file,
              "it is one of the parts of a disk (as -s001.vmdk is), and has no descriptor of it")
          .asException();
    }
    Matcher parent = PARENT_ID.matcher(descriptor);
    if (parent.find() && !parent.group(1).equalsIgnoreCase("ffffffff")) {
      throw ForeignDisk.namesAnotherFile(file, "a parent").asException();
    }
    Matcher type = TYPE.matcher(descriptor);
    if (type.find() && !TYPES.contains(type.group(1))) {
      throw refused(file, "it is of the kind " + type.group(1)).asException();
    }
    Matcher extent = EXTENT.matcher(descriptor);
    for (int count = 1; extent.find(); count++) {
      if (count > 1 || !extent.group(1).equals("SPARSE")) {
        throw refused(file, "its content is in several files").asException();
      }
    }
  }

  private static Problem refused(Path file, String cause) {
    return Problem.of(Code.INVALID_ARGUMENT, "The VMDK file is not whole in itself")
        .on(ForeignDisk.name(file))
        .because(cause)
        .remedy(
            "export it as one file (an OVA has such), or make one where all files are: qemu-img"
                + " convert -O qcow2 FILE WHOLE.qcow2; a file that ends in -flat.vmdk is raw");
  }
}
