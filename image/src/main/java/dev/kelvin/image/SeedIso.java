package dev.kelvin.image;

import dev.kelvin.host.Commands;
import dev.kelvin.host.Commands.Command;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.CloudInit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes the disk from which cloud-init sets a guest up at its first boot: an ISO 9660 file system
 * labelled {@code cidata} with the files of cloud-init's data source NoCloud.
 */
public final class SeedIso {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Commands commands;

  public SeedIso(Commands commands) {
    this.commands = commands;
  }

  /**
   * Writes the seed; one that is there already is replaced at once. It may have a password in it,
   * so that only its owner can read it.
   *
   * <p>Without a network configuration none is written: cloud-init then uses DHCP, which every
   * image understands, while few understand one for all cards.
   *
   * @param instanceId cloud-init does its work once for each
   * @throws dev.kelvin.model.ProblemException capability-missing without genisoimage, host-failure
   */
  public void write(Path target, CloudInit config, String vmName, String instanceId)
      throws InterruptedException {
    try {
      Path directory = Files.createTempDirectory(target.toAbsolutePath().getParent(), ".seed-");
      try {
        Map<String, String> files = CloudConfig.files(config, vmName, instanceId);
        for (var file : files.entrySet()) {
          Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        Path iso = directory.resolve("seed.iso");
        pack(directory, List.copyOf(files.keySet()), iso, target);
        Files.setPosixFilePermissions(iso, PosixFilePermissions.fromString("rw-------"));
        Durable.flush(iso);
        Files.move(
            iso, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Trees.delete(directory);
      }
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The seed of the guest cannot be written")
          .on(target.toString())
          .because(e.toString())
          .remedy("check the room and the permissions there")
          .asException(e);
    }
  }

  private void pack(Path directory, List<String> names, Path iso, Path target)
      throws InterruptedException {
    List<String> argv = new ArrayList<>(List.of("genisoimage", "-quiet", "-volid", "cidata"));
    argv.addAll(List.of("-rational-rock", "-joliet", "-input-charset", "utf-8"));
    argv.addAll(List.of("-output", iso.toString()));
    names.forEach(name -> argv.add(directory.resolve(name).toString()));
    var result = commands.run(Command.of(argv).timeout(PATIENCE));
    if (!result.ok()) {
      throw Problem.of(Code.HOST_FAILURE, "The seed of the guest cannot be written")
          .on(target.toString())
          .because(result.lastError())
          .remedy("check the room and the permissions there")
          .asException();
    }
  }
}
