package dev.kelvin.host.qemu;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Programs;
import dev.kelvin.model.DoctorReport.FoundQemu;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Architecture;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** All QEMUs that there are on the host, and which of them Kelvin uses. */
public final class QemuCensus {
  private static final System.Logger LOG = System.getLogger(QemuCensus.class.getName());

  /** Where software is that came with no package, in a directory of its own each. */
  private static final Path FOREIGN = Path.of("/opt");

  private final QemuChoice choice;

  public QemuCensus(QemuChoice choice) {
    this.choice = choice;
  }

  /** Where they are, those for one architecture; each once, by whatever links it is reached. */
  List<Path> places(Architecture architecture) {
    var found = new LinkedHashMap<Path, Path>();
    var all = new ArrayList<Path>();
    choice.find(architecture).ifPresent(all::add);
    for (Path directory : directories()) {
      all.add(directory.resolve(architecture.program()));
    }
    if (architecture == Architecture.X86_64) {
      all.add(QemuInspector.RED_HAT);
    }
    for (Path one : all) {
      if (Files.isRegularFile(one) && Files.isExecutable(one)) {
        found.putIfAbsent(real(one), one);
      }
    }
    return List.copyOf(found.values());
  }

  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "{0} leads nowhere: {1}", file, e);
      return file;
    }
  }

  private static List<Path> directories() {
    var found = new ArrayList<Path>();
    for (String directory : Programs.path().split(File.pathSeparator, -1)) {
      found.add(Path.of(directory));
    }
    try (Stream<Path> others = Files.list(FOREIGN)) {
      others
          .sorted()
          .forEach(other -> {
            found.add(other.resolve("bin"));
            found.add(other.resolve("usr/bin"));
          });
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "{0} is not listed: {1}", FOREIGN, e);
    }
    return found;
  }

  /** Each with what it says of itself; what others can write is not executed. */
  public List<FoundQemu> all(Commands commands) throws InterruptedException {
    var all = new ArrayList<FoundQemu>();
    for (Architecture architecture : Architecture.values()) {
      Optional<Path> used = choice.find(architecture);
      for (Path place : places(architecture)) {
        all.add(entry(commands, architecture, place, used.filter(place::equals).isPresent()));
      }
    }
    return List.copyOf(all);
  }

  private FoundQemu entry(Commands commands, Architecture architecture, Path place, boolean chosen)
      throws InterruptedException {
    Optional<String> objection = ProgramTrust.objection(place, false);
    String name = place.toString();
    if (objection.isPresent()) {
      return new FoundQemu(architecture, name, null, false, "not asked: " + objection.get());
    }
    try {
      var asked = Command.of(name, "--version").timeout(Duration.ofSeconds(10));
      String version = QemuInspector.fullVersion(commands.run(asked).stdout());
      Optional<String> unfit =
          chosen ? choice.complaint(architecture).map(one -> "" + one.cause()) : Optional.empty();
      return new FoundQemu(
          architecture,
          name,
          version,
          chosen && unfit.isEmpty(),
          unfit.orElse(chosen ? choice.reason(architecture) : "not picked"));
    } catch (ProblemException e) {
      return new FoundQemu(architecture, name, null, false, e.problem().oneLine());
    }
  }

  /**
   * What changes when one comes, goes or is picked.
   *
   * @param stamp what changes when a file is replaced
   */
  public Map<Path, String> stamps(Function<Path, String> stamp) {
    var stamps = new LinkedHashMap<Path, String>();
    for (Architecture architecture : Architecture.values()) {
      String why = choice.complaint(architecture).map(one -> "" + one.cause()).orElse("");
      for (Path place : places(architecture)) {
        stamps.put(place, stamp.apply(place) + why);
      }
    }
    return stamps;
  }
}
