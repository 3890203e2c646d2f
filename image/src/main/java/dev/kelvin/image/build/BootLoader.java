package dev.kelvin.image.build;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Programs;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Puts GRUB onto a disk file so that it starts under BIOS and under UEFI. All modules that it needs
 * are in its images; of the root it reads only {@code /boot/grub/grub.cfg} and the kernel.
 *
 * <p>For BIOS this writes what grub-bios-setup(8) would, which works on block devices only:
 * boot.img in the first sector, with the position of core.img in it, and core.img in its partition,
 * whose first sector lists where the others are (GRUB's {@code boot.S} and {@code diskboot.S}).
 */
final class BootLoader {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static final List<String> MODULES =
      List.of(
          "part_gpt",
          "ext2",
          "search",
          "search_fs_uuid",
          "normal",
          "configfile",
          "linux",
          "echo",
          "serial",
          "terminal",
          "test",
          "boot",
          "halt",
          "reboot",
          "ls",
          "cat",
          "sleep");

  private static final List<String> BIOS_MODULES = List.of("biosdisk");
  private static final List<String> EFI_MODULES = List.of("efi_gop", "efi_uga", "all_video");

  /** In boot.img: the sector of core.img (64 bits), the drive (0xff: the one that was booted). */
  private static final int KERNEL_SECTOR = 0x5c;

  private static final int BOOT_DRIVE = 0x64;

  /** In boot.img: a jump over the work-round for floppy drives that claim to be disks. */
  private static final int DRIVE_CHECK = 0x66;

  /** In the first sector: from here on is the partition table's. */
  private static final int BOOT_CODE_END = 0x1b8;

  /** In the first sector of core.img: where the rest is, how long, and where in memory it goes. */
  private static final int BLOCK_LIST = 0x1f4;

  private static final short KERNEL_SEGMENT = 0x820;

  private final Commands commands;

  BootLoader(Commands commands) {
    this.commands = commands;
  }

  /** The modules of GRUB for a platform; empty when they are not installed. */
  static Optional<Path> modules(String platform) {
    return Stream.of("/usr/lib/grub", "/usr/lib/grub2", "/usr/share/grub2")
        .map(base -> Path.of(base, platform))
        .filter(directory -> Files.isRegularFile(directory.resolve("normal.mod")))
        .findFirst();
  }

  static String mkimage() {
    return Programs.find("grub-mkimage").isPresent() ? "grub-mkimage" : "grub2-mkimage";
  }

  void install(Path disk, DiskLayout layout, Path workDir, long epoch)
      throws IOException, InterruptedException {
    Path config = workDir.resolve("early.cfg");
    Files.writeString(
        config,
        """
        search.fs_uuid %s root hd0,gpt1
        set prefix=($root)/boot/grub
        configfile $prefix/grub.cfg
        """
            .formatted(layout.rootUuid()));
    Path core = mkimage("i386-pc", BIOS_MODULES, config, workDir.resolve("core.img"));
    Path boot = directory("i386-pc").resolve("boot.img");
    Path efi = mkimage("x86_64-efi", EFI_MODULES, config, workDir.resolve("BOOTX64.EFI"));
    Files.setLastModifiedTime(efi, FileTime.fromMillis(epoch * 1000));
    writeBios(disk, layout, Files.readAllBytes(boot), Files.readAllBytes(core));
    writeEfi(disk, layout, efi, epoch);
    for (Path file : List.of(config, core, efi)) {
      Files.delete(file);
    }
  }

  private static Path directory(String platform) {
    return modules(platform)
        .orElseThrow(() ->
            Problem.of(Code.CAPABILITY_MISSING, "GRUB's modules for " + platform + " are missing")
                .on(platform)
                .because("no directory of GRUB has them")
                .remedy("install the packages grub-pc-bin and grub-efi-amd64-bin")
                .asException());
  }

  private Path mkimage(String platform, List<String> modules, Path config, Path output)
      throws InterruptedException {
    List<String> argv = new ArrayList<>(List.of(mkimage(), "-O", platform));
    argv.addAll(List.of("-d", directory(platform).toString(), "-p", "/boot/grub"));
    argv.addAll(List.of("-c", config.toString(), "-o", output.toString()));
    argv.addAll(modules);
    argv.addAll(MODULES);
    run(argv, Map.of());
    return output;
  }

  private static void writeBios(Path disk, DiskLayout layout, byte[] boot, byte[] core)
      throws IOException {
    int sectors = (core.length + DiskLayout.SECTOR - 1) / DiskLayout.SECTOR;
    if (sectors > layout.biosLength() || boot.length != DiskLayout.SECTOR) {
      throw new IOException("GRUB's images have sizes that they cannot have");
    }
    try (var channel = FileChannel.open(disk, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer first = ByteBuffer.wrap(boot.clone()).order(ByteOrder.LITTLE_ENDIAN);
      first.putLong(KERNEL_SECTOR, layout.biosStart());
      first.put(BOOT_DRIVE, (byte) 0xff);
      first.putShort(DRIVE_CHECK, (short) 0x9090);
      channel.write(first.limit(BOOT_CODE_END), 0);

      ByteBuffer image =
          ByteBuffer.wrap(Arrays.copyOf(core, sectors * DiskLayout.SECTOR))
              .order(ByteOrder.LITTLE_ENDIAN);
      image.putLong(BLOCK_LIST, layout.biosStart() + 1);
      image.putShort(BLOCK_LIST + 8, (short) (sectors - 1));
      image.putShort(BLOCK_LIST + 10, KERNEL_SEGMENT);
      channel.write(image, layout.biosStart() * DiskLayout.SECTOR);
    }
  }

  private void writeEfi(Path disk, DiskLayout layout, Path efi, long epoch)
      throws InterruptedException {
    String drive = disk + "@@" + layout.efiOffset();
    Map<String, String> environment =
        Map.of(
            "MTOOLS_SKIP_CHECK", "1", //
            "MTOOLSRC", "/dev/null",
            "SOURCE_DATE_EPOCH", Long.toString(epoch),
            "TZ", "UTC");
    String sectors = Long.toString(layout.efiSectors());
    run(
        List.of(
            "mformat",
            "-i",
            drive,
            "-T",
            sectors,
            "-h",
            "64",
            "-s",
            "32", //
            "-N",
            layout.efiSerial(),
            "-v",
            "EFI",
            "::"),
        environment);
    run(List.of("mmd", "-i", drive, "::/EFI", "::/EFI/BOOT"), environment);
    run(
        List.of("mcopy", "-m", "-i", drive, efi.toString(), "::/EFI/BOOT/BOOTX64.EFI"),
        environment);
  }

  private void run(List<String> argv, Map<String, String> environment) throws InterruptedException {
    var result = commands.run(Command.of(argv).timeout(PATIENCE).environment(environment));
    if (!result.ok()) {
      throw Problem.of(Code.HOST_FAILURE, "The boot loader of the image cannot be made")
          .on(argv.getFirst())
          .because(result.lastError())
          .remedy("check that GRUB's packages are whole, and the room for Kelvin's state")
          .asException();
    }
  }
}
