package dev.kelvin.machine.launch.home;

import dev.kelvin.host.file.HostPaths;
import dev.kelvin.host.file.Pinned;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Whether a file is a kernel that QEMU starts directly. QEMU's own words are of ages ago: what is
 * no kernel at all is "too old to load a ram disk", or is started and never heard of again.
 *
 * <p>For x86 that is a bzImage ("HdrS", Linux' Documentation/arch/x86/boot.rst), an ELF file with a
 * PVH entry, or a kernel of the Multiboot specification. An Arm may be given anything; what
 * certainly is no code for it is refused.
 */
public final class KernelFile {
  private static final Logger LOG = System.getLogger(KernelFile.class.getName());

  /** Where QEMU looks for a multiboot header. */
  private static final int HEAD = 8192;

  private static final int BZIMAGE_MARK = 0x202;
  private static final int HDRS = 0x53726448;
  private static final int MULTIBOOT = 0x1BADB002;
  private static final int ELF = 0x464c457f;
  private static final int EM_386 = 3;
  private static final int EM_X86_64 = 62;
  private static final int EM_AARCH64 = 183;

  /**
   * Type of a program header with notes; type of the note with Xen's 32-bit entry, which PVH is.
   */
  private static final int PT_NOTE = 4;

  private static final int PHYS32_ENTRY = 18;
  private static final int MOST_HEADERS = 256;
  private static final int MOST_NOTES = 1 << 20;

  private KernelFile() {}

  /**
   * Looks at the kernel of a spec. One that is not there, or cannot be read, is not judged: when
   * the VM starts it may be.
   *
   * @param paths of the host that it and its RAM disk may have
   * @throws dev.kelvin.model.ProblemException invalid-argument when it is no kernel for the
   *     machine; forbidden when it, or the RAM disk, is not allowed
   */
  public static void check(VmSpec spec, HostPaths paths) {
    check(spec, paths, 0);
  }

  /** As {@link #check}, long before a start: a file that is empty may have its content by then. */
  public static void checkEarly(VmSpec spec, HostPaths paths) {
    check(spec, paths, 1);
  }

  private static void check(VmSpec spec, HostPaths paths, long leastBytes) {
    String kernel = spec.boot().kernel();
    if (kernel == null) {
      return;
    }
    String wrong = null;
    try (Pinned file = paths.hold(kernel, "spec.boot.kernel")) {
      if (file.kind() == Pinned.Kind.REGULAR
          && file.isReadable()
          && file.attributes().size() >= leastBytes) {
        wrong = wrong(file, spec);
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> kernel + " is not there yet: " + e);
    }
    refuse(wrong, kernel, spec);
    String initrd = spec.boot().initrd();
    if (initrd != null && paths.areLimited()) {
      try (Pinned file = paths.hold(initrd, "spec.boot.initrd")) {
        LOG.log(Level.DEBUG, () -> initrd + " is allowed, " + file.kind());
      } catch (IOException e) {
        LOG.log(Level.DEBUG, () -> initrd + " is not there yet: " + e);
      }
    }
  }

  private static @Nullable String wrong(Pinned file, VmSpec spec) {
    try (var channel = file.read()) {
      ByteBuffer head = read(channel, 0, HEAD);
      return spec.architecture().isX86() ? x86(channel, head) : arm(head);
    } catch (IOException e) {
      return "it cannot be read: " + e.getMessage();
    }
  }

  private static void refuse(@Nullable String wrong, String kernel, VmSpec spec) {
    if (wrong != null) {
      throw Problem.of(Code.INVALID_ARGUMENT, "This is no Linux kernel for " + name(spec))
          .on(kernel)
          .at("spec.boot.kernel")
          .because(wrong)
          .remedy(remedy(wrong, spec.architecture()))
          .asException();
    }
  }

  private static String name(VmSpec spec) {
    return spec.architecture().isX86() ? "x86" : spec.architecture().wire();
  }

  private static String remedy(String wrong, Architecture architecture) {
    if (wrong.contains("gzip")) {
      return "unpack it: gunzip < FILE > vmlinux";
    } else if (wrong.contains("EFI program")) {
      return "start it from a disk with the firmware uefi, or take the kernel out of it:"
          + " objcopy -O binary --only-section=.linux FILE vmlinuz";
    }
    return architecture.isX86()
        ? "name a bzImage such as /boot/vmlinuz, or an uncompressed vmlinux with a PVH entry"
        : "name the kernel's Image, such as /boot/vmlinuz of an arm64 distribution";
  }

  /** What is wrong with a kernel for x86; null when QEMU starts it. */
  private static @Nullable String x86(FileChannel channel, ByteBuffer head) throws IOException {
    if (intAt(head, BZIMAGE_MARK) == HDRS || hasMultiboot(head)) {
      return null;
    }
    if (intAt(head, 0) == ELF) {
      int machine = shortAt(head, 18);
      if (machine != EM_386 && machine != EM_X86_64) {
        return "it is an ELF file for another kind of CPU";
      }
      return hasPvhEntry(channel, head)
          ? null
          : "it is an ELF file without a PVH entry (a Xen note)";
    }
    if (intAt(head, 56) == 0x644d5241) {
      return "it is a kernel for arm64";
    }
    String known = known(head);
    return known == null ? "it has no \"HdrS\" at 0x202, as every bzImage has" : known;
  }

  /** What is certainly no kernel for Arm; QEMU unpacks gzip, and takes plain code. */
  private static @Nullable String arm(ByteBuffer head) {
    if (intAt(head, BZIMAGE_MARK) == HDRS) {
      return "it is a bzImage, for x86";
    } else if (intAt(head, 0) == ELF && shortAt(head, 18) != EM_AARCH64) {
      return "it is an ELF file for another kind of CPU";
    }
    boolean unpacked = shortAt(head, 0) == 0x8b1f || shortAt(head, 0) == 0x5a4d;
    return unpacked ? null : known(head);
  }

  /** What the first bytes of a file say that is no kernel; null when they say nothing. */
  private static @Nullable String known(ByteBuffer head) {
    if (head.limit() == 0) {
      return "it is empty";
    }
    int first = intAt(head, 0);
    if (shortAt(head, 0) == 0x8b1f) {
      return "it is packed with gzip";
    } else if (first == 0x587a37fd) {
      return "it is packed with xz";
    } else if (first == 0xfd2fb528) {
      return "it is packed with zstd";
    } else if ((first & 0xffffff) == 0x685a42) {
      return "it is packed with bzip2";
    } else if (shortAt(head, 0) == 0x5a4d) {
      boolean unified =
          StandardCharsets.ISO_8859_1.decode(head.duplicate()).toString().contains(".linux\0");
      return unified
          ? "it is a unified kernel image (UKI), an EFI program"
          : "it is an EFI program";
    }
    return isText(head) ? "it is a text" : null;
  }

  private static boolean isText(ByteBuffer head) {
    for (int i = 0; i < Math.min(head.limit(), 512); i++) {
      int c = head.get(i);
      if (c >= 0 && c < ' ' && c != '\n' && c != '\r' && c != '\t') {
        return false;
      }
    }
    return true;
  }

  private static boolean hasMultiboot(ByteBuffer head) {
    for (int at = 0; at + 12 <= head.limit(); at += 4) {
      if (intAt(head, at) == MULTIBOOT
          && MULTIBOOT + intAt(head, at + 4) + intAt(head, at + 8) == 0) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasPvhEntry(FileChannel channel, ByteBuffer head) throws IOException {
    boolean wide = head.limit() > 64 && head.get(4) == 2;
    long table = wide ? longAt(head, 32) : Integer.toUnsignedLong(intAt(head, 28));
    int size = shortAt(head, wide ? 54 : 42);
    int count = Math.min(MOST_HEADERS, shortAt(head, wide ? 56 : 44));
    if (table < 0 || size < (wide ? 56 : 32)) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      long place = table + (long) i * size;
      if (place < 0) { // beyond what numbers can tell
        return false;
      }
      ByteBuffer entry = read(channel, place, wide ? 56 : 32);
      if (intAt(entry, 0) != PT_NOTE) {
        continue;
      }
      long offset = wide ? longAt(entry, 8) : Integer.toUnsignedLong(intAt(entry, 4));
      long length = wide ? longAt(entry, 32) : Integer.toUnsignedLong(intAt(entry, 16));
      if (offset >= 0 && hasPvhNote(read(channel, offset, Math.clamp(length, 0, MOST_NOTES)))) {
        return true;
      }
    }
    return false;
  }

  /** Notes: the lengths of name and content, a type, then both, filled up to four bytes each. */
  private static boolean hasPvhNote(ByteBuffer notes) {
    long at = 0;
    while (at + 16 <= notes.limit()) {
      long name = Integer.toUnsignedLong(intAt(notes, (int) at));
      long content = Integer.toUnsignedLong(intAt(notes, (int) at + 4));
      boolean xen = name == 4 && intAt(notes, (int) at + 12) == 0x006e6558;
      if (xen && intAt(notes, (int) at + 8) == PHYS32_ENTRY) {
        return true;
      }
      at += 12 + ((name + 3) & ~3L) + ((content + 3) & ~3L);
    }
    return false;
  }

  private static ByteBuffer read(FileChannel channel, long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
      // Until it is full or the file ends.
    }
    return buffer.flip();
  }

  private static int shortAt(ByteBuffer bytes, int at) {
    return at + 2 <= bytes.limit() ? Short.toUnsignedInt(bytes.getShort(at)) : 0;
  }

  private static int intAt(ByteBuffer bytes, int at) {
    return at + 4 <= bytes.limit() ? bytes.getInt(at) : 0;
  }

  private static long longAt(ByteBuffer bytes, int at) {
    return at + 8 <= bytes.limit() ? bytes.getLong(at) : -1;
  }
}
