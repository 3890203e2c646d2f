package dev.kelvin.machine.qemu;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.ProgramClosure;
import dev.kelvin.host.program.ProgramClosures;
import dev.kelvin.model.QemuFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What the programs of VMs need of the host to run. */
final class Closures {
  private final ProgramClosures all = new ProgramClosures();
  private final Commands commands = new Commands();

  /** That of a helper. */
  ProgramClosure of(Path program) throws InterruptedException {
    return all.of(program);
  }

  /**
   * That of a QEMU, with the directories of its firmware, keyboards and modules.
   *
   * @param files what it must be told to find its own
   */
  ProgramClosure of(Path qemu, QemuFiles files) throws InterruptedException {
    return all.of(qemu, files, () -> withData(qemu, files));
  }

  private ProgramClosure withData(Path qemu, QemuFiles files) throws InterruptedException {
    var argv = new ArrayList<String>();
    argv.add(qemu.toString());
    argv.addAll(files.options());
    argv.addAll(List.of("-L", "help"));
    var searched = commands.run(Command.of(argv).environment(files.environment()));
    List<Path> data =
        Stream.of(
                searched.stdout().lines(),
                files.data().stream(),
                Stream.ofNullable(files.modules()))
            .flatMap(some -> some)
            .map(Path::of)
            .map(Path::normalize)
            .filter(Files::isDirectory)
            .filter(Predicate.not(Path.of("/")::equals))
            .distinct()
            .toList();
    return ProgramClosure.of(qemu, commands).with(data);
  }
}
