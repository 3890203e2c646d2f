package dev.kelvin.host.launch;

import dev.kelvin.host.cell.Cell;
import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Confinement.Identity;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.file.Descriptor;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.Programs;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ObjLongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts processes with what every Linux has: a session of its own (setsid(2)), so that neither the
 * daemon's end nor Ctrl-C on its terminal reaches it; the descriptors that are handed over and no
 * other; nothing on standard input; and in its cell, as far as this host can build one. It is
 * reaped when it ends while the daemon runs, by init otherwise.
 */
public final class PlainLauncher implements ProcessLauncher {
  private static final System.Logger LOG = System.getLogger(PlainLauncher.class.getName());
  private static final Path KVM = Path.of("/dev/kvm");

  private static final String TOO_OLD =
      "its C library cannot close what is not handed over; GNU's can from 2.34 on";

  /** The walls that programs of the host can build around a process; see {@link #confined}. */
  private static final Set<Layer> BY_PROGRAMS =
      Set.of(Layer.USER, Layer.NO_NEW_PRIVILEGES, Layer.LIMITS);

  private final Supplier<CellSupport> support;
  private final ObjLongConsumer<Launch> place;
  private final Optional<Spawn> spawn;

  /**
   * A launcher.
   *
   * @param support the walls of cells that can be built here
   */
  public PlainLauncher(Supplier<CellSupport> support) {
    this(support, (_, _) -> {});
  }

  /**
   * As {@link #PlainLauncher(Supplier)}.
   *
   * @param place puts a process that has begun where the service manager wants it
   */
  PlainLauncher(Supplier<CellSupport> support, ObjLongConsumer<Launch> place) {
    this(support, place, Spawn.ofHost());
  }

  /**
   * As above.
   *
   * @param spawn how to start processes; the JDK does it without
   */
  PlainLauncher(
      Supplier<CellSupport> support, ObjLongConsumer<Launch> place, Optional<Spawn> spawn) {
    this.support = support;
    this.place = place;
    this.spawn = spawn;
  }

  @Override
  public ProcessId launch(Launch launch) {
    Confinement cell = launch.cell().within(support.get().possible());
    if (cell.user() != null) {
      List<Integer> groups = kvmGroup().stream().toList();
      cell = cell.withUser(new Identity(cell.user().uid(), groups));
    }
    try (Spawn.Child child = begin(launch, cell)) {
      try {
        finish(launch, cell, child.pid());
        return ProcessId.of(child.pid()).orElse(ProcessId.ended(child.pid()));
      } catch (UncheckedIOException e) {
        // Nobody could find it again.
        child.kill();
        throw Problem.of(Code.HOST_FAILURE, "The process that was started cannot be seen")
            .on(launch.name())
            .because(e.getMessage() + ": " + e.getCause())
            .remedy("check the daemon's limit of open files, and that /proc shows its processes")
            .asException(e);
      } catch (RuntimeException | Error e) {
        child.kill();
        throw e;
      }
    }
  }

  @Override
  public Map<Layer, String> missing(Confinement cell) {
    Map<Layer, String> reasons = support.get().missing();
    var missing = new EnumMap<Layer, String>(Layer.class);
    for (Layer layer : Layer.values()) {
      String why = reasons.get(layer);
      if (spawn.isEmpty() && !BY_PROGRAMS.contains(layer)) {
        why = TOO_OLD;
      }
      if (why != null && cell.has(layer)) {
        missing.put(layer, why);
      }
    }
    return missing;
  }

  /** What is done to a process when it is there. It has told nobody anything yet. */
  private void finish(Launch launch, Confinement cell, long pid) {
    plainOomScore(pid);
    if (cell.has(Layer.LIMITS) && !new ProcessLimits(cell.limits()).raise(pid)) {
      LOG.log(
          System.Logger.Level.INFO,
          "{0} has no more open files than the daemon: it may not give more (CAP_SYS_RESOURCE)",
          launch.name());
    }
    place.accept(launch, pid);
  }

  /** The way of a process into its cell. */
  private record IntoCell(Confinement cell, Path directory, ProcessLimits limits)
      implements Spawn.Entry {
    @Override
    public void enter() throws IOException {
      new Cell(cell).enter(directory);
    }

    /** The limits are those of a process; its own user may lower them, which takes no privilege. */
    @Override
    public void started(long pid) throws IOException {
      if (cell.has(Layer.LIMITS)) {
        limits.set(pid);
      }
    }
  }

  private Spawn.Child begin(Launch launch, Confinement cell) {
    String program = Programs.require(launch.argv().getFirst()).toString();
    var argv = new ArrayList<String>();
    argv.add(program);
    argv.addAll(launch.argv().subList(1, launch.argv().size()));
    try {
      if (spawn.isEmpty()) {
        return byJdk(launch, cell, argv);
      }
      Spawn.requireWhole(argv);
      try (var output = Descriptor.toAppend(launch.output())) {
        var order =
            new Spawn.Order(
                argv,
                environment(launch),
                new Spawn.Streams(null, output, output),
                launch.descriptors());
        var limits = new ProcessLimits(cell.limits());
        return spawn.get().start(order, new IntoCell(cell, launch.directory(), limits));
      }
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The process cannot be started")
          .on(launch.name())
          .because(e.getMessage())
          .remedy(
              "check the host's memory, its limit on processes, %s, and \"kelvin doctor\""
                  .formatted(launch.output()))
          .asException(e);
    }
  }

  /** On hosts whose C library is too old for {@link Spawn}. */
  private static Spawn.Child byJdk(Launch launch, Confinement cell, List<String> argv)
      throws IOException {
    if (!launch.descriptors().isEmpty()) {
      throw Problem.of(Code.CAPABILITY_MISSING, "This host cannot hand files to a new process")
          .on(launch.name())
          .because(TOO_OLD)
          .remedy("use a newer release of the host's system")
          .asException();
    }
    var inSession = new ArrayList<String>();
    inSession.add(Programs.require("setsid").toString());
    inSession.addAll(confined(cell));
    inSession.addAll(argv);
    var builder =
        new ProcessBuilder(inSession)
            .directory(launch.directory().toFile())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(launch.output().toFile()));
    builder.environment().clear();
    builder.environment().putAll(environment(launch));
    return Spawn.Child.ofJdk(builder.start());
  }

  /** What of a cell programs of the host can make: a user and limits, but no walls. */
  private static List<String> confined(Confinement cell) throws IOException {
    var argv = new ArrayList<String>();
    if (cell.has(Layer.LIMITS)) {
      argv.add(Programs.require("prlimit").toString());
      argv.addAll(new ProcessLimits(cell.limits()).options());
    }
    argv.add(Programs.require("setpriv").toString());
    argv.add("--no-new-privs");
    @Nullable Identity user = cell.has(Layer.USER) ? cell.user() : null;
    if (user != null) {
      argv.addAll(List.of("--reuid=" + user.uid(), "--regid=" + user.uid()));
      argv.add(
          user.groups().stream()
              .findFirst()
              .map(group -> "--groups=" + group)
              .orElse("--clear-groups"));
    }
    argv.add("--");
    return argv;
  }

  private static Map<String, String> environment(Launch launch) {
    var environment = new HashMap<>(launch.environment());
    String directory = launch.directory().toString();
    environment.put("PATH", Programs.path());
    environment.put("LC_ALL", "C.UTF-8");
    environment.put("HOME", directory);
    environment.put("TMPDIR", directory);
    environment.put(Launch.MARK, directory);
    return environment;
  }

  /**
   * A daemon that is protected from the kernel's out-of-memory killer must not hand that on: a
   * guest that fills the host's memory is what has to go then.
   */
  private static void plainOomScore(long pid) {
    Path own = Path.of("/proc/self/oom_score_adj");
    Path child = Path.of("/proc", Long.toString(pid), "oom_score_adj");
    try {
      if (!Files.readString(own).strip().equals("0")) {
        Files.writeString(child, "0");
      }
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.DEBUG,
          "The out-of-memory score of process {0} stays as inherited (it may have ended): {1}",
          Long.toString(pid),
          e);
    }
  }

  /** The group through which a user of its own may open {@code /dev/kvm}, if there is one. */
  private static Optional<Integer> kvmGroup() {
    try {
      var attributes = Files.readAttributes(KVM, PosixFileAttributes.class);
      boolean open =
          attributes.permissions().contains(PosixFilePermission.GROUP_READ)
              && attributes.permissions().contains(PosixFilePermission.GROUP_WRITE);
      Integer group = (Integer) Files.getAttribute(KVM, "unix:gid");
      return open && group != 0 ? Optional.of(group) : Optional.empty();
    } catch (IOException e) {
      // Without the device its group does not matter.
      return Optional.empty();
    }
  }
}
