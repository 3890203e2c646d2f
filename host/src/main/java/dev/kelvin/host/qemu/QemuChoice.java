package dev.kelvin.host.qemu;

import dev.kelvin.host.process.Users;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.Architecture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which QEMU runs the guests of each architecture: one that the user has picked, one that lies
 * beside it, or else the host's.
 */
public final class QemuChoice {
  /** The variable of the daemon's environment that picks the QEMU for guests of x86_64. */
  public static final String VARIABLE = "KELVIN_QEMU";

  private final Map<Architecture, Pick> picks;
  private final Function<Architecture, Optional<Path>> hosts;

  QemuChoice(Map<Architecture, Pick> picks, Function<Architecture, Optional<Path>> hosts) {
    this.picks = Map.copyOf(picks);
    this.hosts = hosts;
  }

  /**
   * A QEMU that was picked.
   *
   * @param by where, for people
   */
  record Pick(Path binary, String by) {}

  /** The QEMUs of the host. */
  public static QemuChoice hosts() {
    return new QemuChoice(Map.of(), QemuInspector::find);
  }

  /**
   * What the user has picked.
   *
   * @param variable the value of {@link #VARIABLE}, which goes before the configuration
   * @param configured by the names of the configuration's fields, such as {@code qemu.binary}
   * @throws dev.kelvin.model.ProblemException invalid-argument for what is no absolute path of a
   *     program with a name of QEMU's
   */
  public static QemuChoice of(
      @Nullable String variable, Map<Architecture, Map.Entry<String, String>> configured) {
    var picks = new EnumMap<Architecture, Pick>(Architecture.class);
    configured.forEach((architecture, field) ->
        picks.put(
            architecture,
            new Pick(
                program(field.getValue(), field.getKey()), field.getKey() + " in kelvin.yaml")));
    if (variable != null && !variable.isEmpty()) {
      picks.put(Architecture.X86_64, new Pick(program(variable, VARIABLE), VARIABLE));
    }
    return new QemuChoice(picks, QemuInspector::find);
  }

  /** By its name a process is known as QEMU's. */
  private static Path program(String text, String field) {
    Path program = text.startsWith("/") ? Path.of(text).normalize() : null;
    Path name = program == null ? null : program.getFileName();
    if (program == null || name == null || !isQemusName(name.toString())) {
      throw Problem.of(Code.INVALID_ARGUMENT, "This cannot be the path of a QEMU")
          .at(field)
          .because("\"" + text + "\" is no absolute path of a program qemu-system-* or qemu-kvm")
          .remedy("write one such as /opt/qemu/bin/" + QemuInspector.PROGRAM)
          .asException();
    }
    return program;
  }

  private static boolean isQemusName(String name) {
    return name.startsWith("qemu-system-") || name.equals("qemu-kvm");
  }

  /** Whether the user has said which one it is. */
  public boolean isPicked(Architecture architecture) {
    return picks.containsKey(architecture);
  }

  /** Where the QEMU for an architecture is to be; empty when there is none. */
  Optional<Path> find(Architecture architecture) {
    Pick pick = picks.get(architecture);
    return pick == null
        ? beside(architecture).or(() -> hosts.apply(architecture))
        : Optional.of(pick.binary());
  }

  /** The programs of one QEMU lie in one directory. */
  private Optional<Path> beside(Architecture architecture) {
    Pick main = picks.get(Architecture.X86_64);
    return Optional.ofNullable(main)
        .map(pick -> pick.binary().resolveSibling(architecture.program()))
        .filter(program -> architecture != Architecture.X86_64 && Files.isExecutable(program));
  }

  /** Why it is this one, for people. */
  String reason(Architecture architecture) {
    Pick pick = picks.get(architecture);
    if (pick != null) {
      return "picked by " + pick.by();
    }
    return beside(architecture).isPresent() ? "beside the one that is picked" : "the host's";
  }

  /**
   * Why the QEMU that was picked for an architecture cannot be used; empty when it can, or when
   * none was picked.
   */
  Optional<Problem> complaint(Architecture architecture) {
    if (!picks.containsKey(architecture) && beside(architecture).isEmpty()) {
      return Optional.empty();
    }
    Path binary = find(architecture).orElseThrow();
    return ProgramTrust.objection(binary, Users.isRoot())
        .map(why ->
            Problem.of(Code.CAPABILITY_MISSING, "The QEMU that is picked cannot be used")
                .on(binary.toString())
                .because(why + "; it is " + reason(architecture))
                .remedy(
                    "pick another one, which root owns and everybody can execute; \"kelvin doctor\""
                        + " lists those that there are"));
  }

  /** The QEMU for an architecture, which may be executed. */
  public Optional<Path> usable(Architecture architecture) {
    complaint(architecture)
        .ifPresent(problem -> {
          throw problem.asException();
        });
    return find(architecture);
  }
}
