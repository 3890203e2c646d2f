package dev.kelvin.it.product;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A boot loader for UEFI, of GRUB's parts, that says something on the console and waits. */
final class TalkingLoader {
  private TalkingLoader() {}

  /**
   * Makes it in {@code work}; a test is skipped where GRUB's parts are missing.
   *
   * @param options more of grub-mkimage(1)
   */
  static Path make(Path work, String words, String... options)
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Files.isDirectory(Path.of("/usr/lib/grub/x86_64-efi")), "grub-efi-amd64-bin is missing");
    Path loader = work.resolve("loader.efi");
    Path script = Files.writeString(work.resolve("loader.cfg"), "echo " + words + "\nsleep 600\n");
    var command = new ArrayList<>(List.of("grub-mkimage", "-O", "x86_64-efi", "-p", "/none"));
    command.addAll(List.of("-o", loader.toString(), "-c", script.toString()));
    command.addAll(List.of(options));
    command.addAll(List.of("echo", "sleep"));
    FatDisk.run(work, command.toArray(String[]::new));
    return loader;
  }
}
