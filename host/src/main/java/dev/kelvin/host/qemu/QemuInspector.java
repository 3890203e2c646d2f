package dev.kelvin.host.qemu;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.host.program.Programs;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.QemuFiles;
import dev.kelvin.model.spec.Architecture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the installed QEMU is and has, by its own help (qemu(1)). */
public final class QemuInspector {
  public static final String PROGRAM = "qemu-system-x86_64";

  /** Where Red Hat's own build is, which is in no PATH. */
  static final Path RED_HAT = Path.of("/usr/libexec/qemu-kvm");

  private static final Pattern VERSION =
      Pattern.compile("QEMU emulator version ((\\d+\\.\\d+\\.\\d+).*)");
  private static final Pattern MACHINE = Pattern.compile("[a-z][\\w.+-]*(?=\\s)");
  private static final Pattern ALIAS = Pattern.compile("\\(alias of ([^)\\s]+)\\)");
  private static final Pattern DEVICE = Pattern.compile("name \"([^\"]+)\"");
  private static final Pattern CPU =
      Pattern.compile("(?:x86\\s+)?([A-Za-z0-9][\\w.+-]*)(?:\\s.*)?");

  private final Commands commands;

  public QemuInspector(Commands commands) {
    this.commands = commands;
  }

  /**
   * What QEMU says of itself.
   *
   * @param version such as {@code 7.2.22}
   * @param files by what it finds what belongs to it
   */
  public record Qemu(
      Path binary,
      String version,
      QemuFiles files,
      Map<String, String> machineAliases,
      Set<String> machines,
      Set<String> devices,
      Set<String> cpuModels) {}

  /** The QEMU for an architecture other than the host's. */
  static Optional<Path> find(Architecture architecture) {
    return architecture == Architecture.X86_64 ? find() : Programs.find(architecture.program());
  }

  static Optional<Path> find() {
    return Programs.find(PROGRAM).or(() -> Optional.of(RED_HAT).filter(Files::isExecutable));
  }

  public Qemu inspect(Path binary) throws InterruptedException {
    String version = version(ask(binary, QemuFiles.usual(), "--version"));
    QemuFiles files = files(binary);
    var aliases = new HashMap<String, String>();
    Set<String> machines = machines(ask(binary, files, "-machine", "help"), aliases);
    return new Qemu(
        binary,
        version,
        files,
        aliases,
        machines,
        devices(ask(binary, files, "-device", "help")),
        cpuModels(ask(binary, files, "-cpu", "help")));
  }

  /**
   * What a QEMU must be told to find its own. One that was built for another place may look only
   * there, where nothing is or, worse, what belongs to another version.
   */
  private QemuFiles files(Path binary) throws InterruptedException {
    List<Path> searched =
        ask(binary, QemuFiles.usual(), "-L", "help").lines().map(Path::of).toList();
    var tree = QemuTree.of(binary);
    List<String> data = tree.data(searched);
    if (data.isEmpty()) {
      return QemuFiles.usual();
    }
    // The modules of another build may make it abort; those with which it knows most are its own.
    QemuFiles best = new QemuFiles(data, null);
    int most = devicesWith(binary, best);
    for (Path modules : tree.modules()) {
      var tried = new QemuFiles(data, modules.toString());
      int devices = devicesWith(binary, tried);
      if (devices > most) {
        best = tried;
        most = devices;
      }
    }
    return best;
  }

  /** How many devices it lists; -1 when it ends in an error. */
  private int devicesWith(Path binary, QemuFiles files) throws InterruptedException {
    Result result = run(binary, files, "-device", "help");
    return result.ok() ? devices(result.stdout()).size() : -1;
  }

  private Result run(Path binary, QemuFiles files, String... question) throws InterruptedException {
    var argv = Stream.concat(Stream.of(binary.toString()), Stream.of(question)).toList();
    return commands.run(
        Command.of(argv)
            .environment(files.environment())
            .timeout(Duration.ofSeconds(30))
            .maxOutputBytes(4 << 20));
  }

  private String ask(Path binary, QemuFiles files, String... question) throws InterruptedException {
    Result result = run(binary, files, question);
    if (!result.ok()) {
      throw Problem.of(Code.HOST_FAILURE, "QEMU does not tell what it has")
          .on(binary.toString())
          .because(
              String.join(" ", question)
                  + " ended with "
                  + result.exitCode()
                  + ": "
                  + result.lastError())
          .remedy("install the distribution's own QEMU again")
          .asException();
    }
    return result.stdout();
  }

  static String version(String text) {
    return versionIn(text, 2);
  }

  /** With the words of who has built it. */
  static String fullVersion(String text) {
    return versionIn(text, 1);
  }

  private static String versionIn(String text, int group) {
    var match = VERSION.matcher(text);
    if (!match.find()) {
      throw Problem.of(Code.HOST_FAILURE, "QEMU does not tell its version")
          .because("it says: " + text.lines().findFirst().orElse("nothing"))
          .remedy("install the distribution's own QEMU again")
          .asException();
    }
    return match.group(group);
  }

  /** The machine types, the aliases among them; what each alias means goes to {@code aliases}. */
  static Set<String> machines(String help, Map<String, String> aliases) {
    var machines = new HashSet<String>();
    for (String line : help.lines().skip(1).toList()) {
      var match = MACHINE.matcher(line);
      if (match.lookingAt()) {
        machines.add(match.group());
        var alias = ALIAS.matcher(line);
        if (alias.find()) {
          aliases.put(match.group(), alias.group(1));
        }
      }
    }
    return machines;
  }

  static Set<String> devices(String help) {
    var devices = new HashSet<String>();
    for (String line : help.lines().toList()) {
      var match = DEVICE.matcher(line);
      if (match.lookingAt()) {
        devices.add(match.group(1));
      }
    }
    return devices;
  }

  /** The models up to the empty line after which flags follow. */
  static Set<String> cpuModels(String help) {
    var models = new HashSet<String>();
    List<String> lines =
        help.lines().skip(1).takeWhile(line -> !line.isBlank()).map(String::strip).toList();
    for (String line : lines) {
      var match = CPU.matcher(line);
      if (match.matches()) {
        models.add(match.group(1));
      }
    }
    return models;
  }
}
