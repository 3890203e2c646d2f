package dev.kelvin.bench.guest;

import dev.kelvin.bench.process.FileTrees;
import dev.kelvin.host.file.Cpio;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * A guest of two files: Debian's cloud kernel, and an initramfs whose init writes a marker to the
 * serial port and then does nothing. Both are made of Debian's packages, which need not be
 * installed.
 */
public record Guest(Path kernel, Path initrd) {
  public static final String MARKER = "KELVIN-BENCH-INIT";

  /**
   * Without no_timer_check a kernel that is emulated on a busy machine finds no timer and stops.
   */
  public static final String CMDLINE =
      "console=ttyS0 quiet rdinit=/init no_timer_check random.trust_cpu=on";

  private static final String META_PACKAGE = "linux-image-cloud-amd64";
  private static final String BUSYBOX_PACKAGE = "busybox-static";
  private static final String INIT =
      """
      #!/bin/busybox sh
      /bin/busybox echo %s
      exec /bin/busybox sleep 1000000
      """
          .formatted(MARKER);

  /** Makes it in {@code directory}, or takes it from there when an earlier run made it. */
  public static Guest obtain(Path directory, Commands commands)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    var guest = new Guest(directory.resolve("vmlinuz"), directory.resolve("initrd"));
    Path busybox = directory.resolve("busybox");
    if (!Files.exists(guest.kernel) || !Files.exists(busybox)) {
      Path work = Files.createTempDirectory(directory, "fetch");
      try {
        String kernel = kernelPackage(commands, work);
        run(commands, work, "apt-get", "download", "-q", kernel, BUSYBOX_PACKAGE);
        run(commands, work, "sh", "-c", "for p in *.deb; do dpkg-deb -x $p root || exit; done");
        Path unpacked = work.resolve("root");
        Files.move(
            only(unpacked.resolve("boot"), "vmlinuz-"),
            guest.kernel,
            StandardCopyOption.ATOMIC_MOVE);
        Path program = unpacked.resolve("bin/busybox"); // of Debian 12; below usr in later ones
        Files.move(
            Files.exists(program) ? program : unpacked.resolve("usr/bin/busybox"),
            busybox,
            StandardCopyOption.ATOMIC_MOVE);
      } finally {
        FileTrees.delete(work);
      }
    }
    var archive = new Cpio();
    archive.directory("bin");
    archive.directory("dev");
    archive.program("bin/busybox", Files.readAllBytes(busybox));
    archive.program("init", INIT.getBytes(StandardCharsets.UTF_8));
    Files.write(guest.initrd, archive.finish());
    return guest;
  }

  private static String kernelPackage(Commands commands, Path work) throws InterruptedException {
    return run(commands, work, "apt-cache", "depends", META_PACKAGE)
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith("Depends: linux-image-"))
        .map(line -> line.substring("Depends: ".length()))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("apt knows no package " + META_PACKAGE));
  }

  private static Path only(Path directory, String prefix) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .findFirst()
          .orElseThrow(() -> new IOException("no " + prefix + " in " + directory));
    }
  }

  private static String run(Commands commands, Path directory, String... argv)
      throws InterruptedException {
    var result =
        commands.run(Command.of(argv).directory(directory).timeout(Duration.ofMinutes(10)));
    if (!result.ok()) {
      throw new IllegalStateException(
          String.join(" ", argv) + " ended with " + result.exitCode() + ": " + result.stderr());
    }
    return result.stdout();
  }
}
