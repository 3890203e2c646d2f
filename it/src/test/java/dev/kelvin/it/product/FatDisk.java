package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Image.Format;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Disks that are one FAT file system, from which UEFI starts {@code EFI/BOOT/BOOT*.EFI}. */
final class FatDisk {
  private static final String KIBIBYTES = "98304";

  private FatDisk() {}

  /** Imports a disk with these files as an image. */
  static void importAs(TestDaemon daemon, String name, Map<String, Path> files, Path work)
      throws IOException, InterruptedException {
    Path disk = work.resolve(name + ".raw");
    run(work, "mkfs.vfat", "-C", "-n", "ESP", disk.toString(), KIBIBYTES);
    List<String> made = new ArrayList<>();
    for (var file : files.entrySet()) {
      for (int at = file.getKey().indexOf('/'); at > 0; at = file.getKey().indexOf('/', at + 1)) {
        String directory = file.getKey().substring(0, at);
        if (!made.contains(directory)) {
          run(work, "mmd", "-i", disk.toString(), "::" + directory);
          made.add(directory);
        }
      }
      run(work, "mcopy", "-i", disk.toString(), file.getValue().toString(), "::" + file.getKey());
    }
    try (var in = Files.newInputStream(disk)) {
      daemon.done(
          daemon.client().images().importFile(name, Format.RAW, Map.of(), in, Files.size(disk)));
    }
  }

  /** Runs a program; a test whose program is missing is skipped. */
  static void run(Path work, String... command) throws IOException, InterruptedException {
    Path output = work.resolve("output.txt");
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
    } catch (IOException e) {
      Assumptions.abort(command[0] + " is not installed: " + e.getMessage());
      return;
    }
    try {
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    } finally {
      process.destroyForcibly();
    }
  }
}
