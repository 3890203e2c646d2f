package dev.kelvin.machine.qemu;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.ProgramClosure;
import dev.kelvin.model.QemuFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What programs need of the host to run. Each is asked once, and again when another file is in its
 * place.
 */
final class Closures {
  private record Key(Path program, @Nullable QemuFiles files, Object file, Object time) {}

  private final ConcurrentHashMap<Key, ProgramClosure> all = new ConcurrentHashMap<>();
  private final Commands commands = new Commands();

  /** That of a helper. */
  ProgramClosure of(Path program) throws InterruptedException {
    return known(program, null);
  }

  /**
   * That of a QEMU, with the directories of its firmware, keyboards and modules.
   *
   * @param files what it must be told to find its own
   */
  ProgramClosure of(Path qemu, QemuFiles files) throws InterruptedException {
    return known(qemu, files);
  }

  private ProgramClosure known(Path program, @Nullable QemuFiles files)
      throws InterruptedException {
    Key key = key(program, files);
    ProgramClosure found = all.get(key);
    if (found == null) {
      found = files == null ? ProgramClosure.of(program, commands) : withData(program, files);
      all.put(key, found);
    }
    return found;
  }

  private static Key key(Path program, @Nullable QemuFiles files) {
    try {
      // Of what a link leads to.
      return new Key(
          program,
          files,
          Files.getAttribute(program, "unix:ino"),
          Files.getLastModifiedTime(program));
    } catch (IOException e) {
      throw new UncheckedIOException(program + " was there", e);
    }
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
