package dev.kelvin.image.seed;

import dev.kelvin.host.file.Durable;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.image.Trees;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes small ISO 9660 file systems with the words that a guest is set up by. */
final class IsoWriter {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Commands commands;

  IsoWriter(Commands commands) {
    this.commands = commands;
  }

  /**
   * Writes a file system; one that is there already is replaced at once. It may have a password in
   * it, so that only its owner can read it.
   *
   * @param label of the volume
   * @param files texts by name, at the top of the file system
   * @throws dev.kelvin.model.ProblemException capability-missing without genisoimage, host-failure
   */
  void write(Path target, String label, Map<String, String> files) throws InterruptedException {
    try {
      Path directory = Files.createTempDirectory(target.toAbsolutePath().getParent(), ".iso-");
      try {
        for (var file : files.entrySet()) {
          Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        Path iso = directory.resolve("made.iso");
        pack(directory, label, List.copyOf(files.keySet()), iso, target);
        Files.setPosixFilePermissions(iso, PosixFilePermissions.fromString("rw-------"));
        Durable.publish(iso, target);
      } finally {
        Trees.delete(directory);
      }
    } catch (IOException e) {
      throw failed(target, e.toString()).asException(e);
    }
  }

  private void pack(Path directory, String label, List<String> names, Path iso, Path target)
      throws InterruptedException {
    List<String> argv = new ArrayList<>(List.of("genisoimage", "-quiet", "-volid", label));
    argv.addAll(List.of("-rational-rock", "-joliet", "-input-charset", "utf-8"));
    argv.addAll(List.of("-output", iso.toString()));
    names.forEach(name -> argv.add(directory.resolve(name).toString()));
    var result = commands.run(Command.of(argv).timeout(PATIENCE));
    if (!result.ok()) {
      throw failed(target, result.lastError()).asException();
    }
  }

  private static Problem failed(Path target, String why) {
    return Problem.of(Code.HOST_FAILURE, "The seed of the guest cannot be written")
        .on(target.toString())
        .because(why)
        .remedy("check the room and the permissions there");
  }
}
