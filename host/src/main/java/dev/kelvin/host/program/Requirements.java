package dev.kelvin.host.program;

import dev.kelvin.host.process.Users;
import dev.kelvin.model.WireName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which packages of the distributions have the programs and files that Kelvin calls, and why. */
public final class Requirements {
  /** The emulator of TPMs. */
  public static final String SWTPM = "swtpm";

  /** Where distributions put the server of shared directories, which is in no PATH. */
  public static final List<String> FILE_SERVERS =
      List.of(
          "/usr/libexec/virtiofsd",
          "/usr/lib/virtiofsd",
          "/usr/bin/virtiofsd",
          "/usr/lib/qemu/virtiofsd");

  private Requirements() {}

  /** What something is needed for. */
  public enum Purpose implements WireName {
    /** To run any VM. */
    RUN("run", "to run VMs"),
    /** To import images, and for the seeds that set guests up. */
    IMAGES("images", "to import images and set guests up"),
    /** To keep guests from the services of the host, when the daemon is root. */
    SHIELD("shield", "to keep guests from the host's own services"),
    /** To build images. */
    BUILD("build", "to build images"),
    /** To build images too, but only when the daemon is an ordinary user. */
    USER_BUILD("user-build", "to build images as an ordinary user"),
    /** To reach guests. */
    REACH("reach", "to reach guests"),
    /** For what only some VMs want; a host without it lacks nothing. */
    EXTRAS("extras", "for TPMs and shared directories"),
    /** To run guests that are made for another CPU; a host without such guests needs it not. */
    FOREIGN("foreign", "to run guests of other architectures");

    private final String wire;
    private final String words;

    Purpose(String wire, String words) {
      this.wire = wire;
      this.words = words;
    }

    @Override
    public String wire() {
      return wire;
    }

    /** For sentences: {@code to run VMs}. */
    public String words() {
      return words;
    }
  }

  /**
   * One thing that the host must have.
   *
   * @param name the program, or the short name of a set of files
   * @param files when it is no program: one of these must exist; absolute
   * @param why one clause for people
   * @param packages its package in each family; a family that has none is absent
   */
  public record Requirement(
      String name,
      List<String> files,
      Purpose purpose,
      String why,
      Map<Distribution, String> packages) {
    /** Whether this host has it. */
    public boolean isThere() {
      return files.isEmpty()
          ? Programs.find(name).isPresent()
          : files.stream().anyMatch(file -> Files.isReadable(Path.of(file)));
    }
  }

  private static final List<Requirement> ALL =
      List.of(
          program(
              "qemu-system-x86_64",
              Purpose.RUN,
              "the emulator that runs each VM",
              "qemu-system-x86",
              "qemu-system-x86",
              "qemu-x86",
              "qemu-system-x86"),
          files(
              "seabios",
              Purpose.RUN,
              "the firmware of BIOS guests",
              List.of("/usr/share/seabios/bios-256k.bin", "/usr/share/qemu/bios-256k.bin"),
              "seabios",
              "seabios-bin",
              "qemu-seabios",
              "seabios"),
          files(
              "ovmf",
              Purpose.RUN,
              "the firmware of UEFI guests",
              List.of(
                  "/usr/share/OVMF/OVMF_CODE_4M.fd",
                  "/usr/share/edk2/ovmf/OVMF_CODE.fd",
                  "/usr/share/edk2/ovmf/OVMF_CODE_4M.qcow2",
                  "/usr/share/qemu/ovmf-x86_64-code.bin",
                  "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
                  "/usr/share/OVMF/OVMF_CODE.fd"),
              "ovmf",
              "edk2-ovmf",
              "qemu-ovmf-x86_64",
              "edk2-ovmf"),
          program(
              "qemu-img",
              Purpose.RUN,
              "makes and converts disks",
              "qemu-utils",
              "qemu-img",
              "qemu-tools",
              "qemu-img"),
          program(
              "setpriv",
              Purpose.RUN,
              "gives each VM a user of its own",
              "util-linux",
              "util-linux",
              "util-linux",
              "util-linux"),
          program(
              "genisoimage",
              Purpose.IMAGES,
              "writes the seed from which cloud-init sets a guest up",
              "genisoimage",
              "genisoimage",
              null,
              null),
          program(
              "mmdebstrap",
              Purpose.BUILD,
              "assembles a Debian from its packages",
              "mmdebstrap",
              "mmdebstrap",
              null,
              null),
          program(
              "newuidmap",
              Purpose.USER_BUILD,
              "gives an ordinary user the ids of a whole system",
              "uidmap",
              "shadow-utils",
              "shadow",
              "shadow"),
          program(
              "mke2fs",
              Purpose.BUILD,
              "makes the root file system",
              "e2fsprogs",
              "e2fsprogs",
              "e2fsprogs",
              "e2fsprogs"),
          program(
              "sfdisk",
              Purpose.BUILD,
              "makes the partition table",
              "fdisk",
              "util-linux",
              "util-linux",
              "util-linux"),
          program(
              "mkfs.vfat",
              Purpose.BUILD,
              "makes the EFI system partition",
              "dosfstools",
              "dosfstools",
              "dosfstools",
              "dosfstools"),
          program(
              "mcopy",
              Purpose.BUILD,
              "fills the EFI system partition",
              "mtools",
              "mtools",
              "mtools",
              "mtools"),
          program(
              "grub-mkimage",
              Purpose.BUILD,
              "makes the boot loader",
              "grub-common",
              "grub2-tools",
              "grub2",
              "grub"),
          files(
              "grub-pc",
              Purpose.BUILD,
              "the boot loader's modules for BIOS",
              List.of("/usr/lib/grub/i386-pc/boot.img", "/usr/share/grub2/i386-pc/boot.img"),
              "grub-pc-bin",
              "grub2-pc-modules",
              "grub2-i386-pc",
              "grub"),
          files(
              "grub-efi",
              Purpose.BUILD,
              "the boot loader's modules for UEFI",
              List.of(
                  "/usr/lib/grub/x86_64-efi/normal.mod", "/usr/share/grub2/x86_64-efi/normal.mod"),
              "grub-efi-amd64-bin",
              "grub2-efi-x64-modules",
              "grub2-x86_64-efi",
              "grub"),
          program(
              "nft",
              Purpose.SHIELD,
              "sets the rules of the kernel's packet filter",
              "nftables",
              "nftables",
              "nftables",
              "nftables"),
          program(
              "ssh",
              Purpose.REACH,
              "connects to guests",
              "openssh-client",
              "openssh-clients",
              "openssh-clients",
              "openssh"),
          program(
              SWTPM,
              Purpose.EXTRAS,
              "emulates the TPMs of guests",
              "swtpm",
              "swtpm",
              "swtpm",
              "swtpm"),
          files(
              "virtiofsd",
              Purpose.EXTRAS,
              "serves directories to guests",
              FILE_SERVERS,
              "virtiofsd",
              "virtiofsd",
              "virtiofsd",
              "virtiofsd"),
          program(
              "qemu-system-i386",
              Purpose.FOREIGN,
              "the emulator of i386 guests",
              "qemu-system-x86",
              "qemu-system-x86",
              "qemu-x86",
              "qemu-system-x86"),
          program(
              "qemu-system-aarch64",
              Purpose.FOREIGN,
              "the emulator of aarch64 guests",
              "qemu-system-arm",
              "qemu-system-aarch64",
              "qemu-arm",
              "qemu-system-aarch64"),
          files(
              "aavmf",
              Purpose.FOREIGN,
              "the firmware of aarch64 guests",
              List.of(
                  "/usr/share/AAVMF/AAVMF_CODE.fd",
                  "/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw",
                  "/usr/share/qemu/aavmf-aarch64-code.bin",
                  "/usr/share/edk2/aarch64/QEMU_CODE.fd"),
              "qemu-efi-aarch64",
              "edk2-aarch64",
              "qemu-uefi-aarch64",
              "edk2-aarch64"));

  private static Requirement program(
      String name, Purpose purpose, String why, @Nullable String... packages) {
    return new Requirement(name, List.of(), purpose, why, byFamily(packages));
  }

  private static Requirement files(
      String name, Purpose purpose, String why, List<String> files, @Nullable String... packages) {
    return new Requirement(name, files, purpose, why, byFamily(packages));
  }

  /** Names in the order of {@link Distribution}; null where a family has no such package. */
  private static Map<Distribution, String> byFamily(@Nullable String... packages) {
    var map = new EnumMap<Distribution, String>(Distribution.class);
    var families = List.of(Distribution.values());
    for (int i = 0; i < packages.length; i++) {
      String name = packages[i];
      if (name != null) {
        map.put(families.get(i), name);
      }
    }
    return Collections.unmodifiableMap(map);
  }

  /** Everything, in the order to show. */
  public static List<Requirement> all() {
    return ALL;
  }

  public static Optional<Requirement> find(String name) {
    return ALL.stream().filter(requirement -> requirement.name().equals(name)).findFirst();
  }

  /** What this host must have for a daemon that is root, or an ordinary user. */
  public static List<Requirement> needed(boolean root) {
    return ALL.stream()
        .filter(requirement -> requirement.purpose() != Purpose.EXTRAS)
        .filter(requirement -> requirement.purpose() != Purpose.FOREIGN)
        .filter(requirement -> root || requirement.purpose() != Purpose.SHIELD)
        .filter(requirement -> !root || requirement.purpose() != Purpose.USER_BUILD)
        .toList();
  }

  /**
   * What a QEMU that the user has picked brings: itself, and the firmware of BIOS guests among its
   * data. Whether it can be used is another question, which no package of the distribution answers.
   */
  public static Set<String> ofPickedQemu() {
    return Set.of("qemu-system-x86_64", "seabios");
  }

  /**
   * What this host lacks for this daemon.
   *
   * @param provided names of what it has in its own way
   */
  public static List<Requirement> missing(Set<String> provided) {
    return needed(Users.isRoot()).stream()
        .filter(one -> !provided.contains(one.name()) && !one.isThere())
        .toList();
  }

  /** The packages of a family that have these, without repetition. */
  public static List<String> packages(Distribution family, List<Requirement> requirements) {
    return requirements.stream()
        .map(requirement -> requirement.packages().get(family))
        .filter(Objects::nonNull)
        .distinct()
        .toList();
  }

  /** What to do when {@code program} is not there. */
  public static String remedyFor(String program, Optional<Distribution> distribution) {
    var known = find(program).map(Requirement::packages).orElse(Map.of());
    var wanted = distribution.map(known::get);
    if (wanted.isPresent()) {
      return "install the package "
          + wanted.get()
          + ": sudo "
          + String.join(" ", distribution.get().installCommand(List.of(wanted.get())));
    }
    return "install the program " + program + " from the distribution's packages";
  }
}
