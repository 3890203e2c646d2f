package dev.kelvin.host.launch;

import dev.kelvin.host.cell.Cell;
import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Confinement.Limits;
import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.host.cell.Confinement.ReadWrite;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.file.Descriptor;
import dev.kelvin.host.file.Pipe;
import dev.kelvin.host.kernel.Syscalls;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Confiner;
import dev.kelvin.host.program.Distrusted;
import dev.kelvin.host.program.ProgramClosure;
import dev.kelvin.host.program.ProgramClosures;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.program.SetprivConfiner;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Starts programs that are not trusted in cells, as far as this host can build them, which end with
 * the daemon.
 *
 * <p>The process takes limits, user and capabilities from itself before it is the program
 * (prlimit(1), setpriv(1)), and the thread that starts it keeps its own: that thread lasts as long
 * as the program, and who is the user of a thread of the daemon can kill the daemon.
 */
public final class CellConfiner implements Confiner {
  /** What names and certificates are found by, for those that use the network. */
  private static final List<String> NETWORK =
      List.of(
          "/etc/resolv.conf",
          "/etc/hosts",
          "/etc/nsswitch.conf",
          "/etc/host.conf",
          "/etc/gai.conf",
          "/etc/services",
          "/etc/localtime",
          // Not what is beside these, such as private keys: root's worker may be root.
          "/etc/ssl/certs",
          "/etc/ssl/openssl.cnf",
          "/etc/pki/ca-trust",
          "/etc/pki/java",
          "/etc/pki/tls/certs",
          "/usr/share/ca-certificates",
          "/usr/local/share/ca-certificates");

  /** Of all that are nobody on this host, as the kernel counts them; a worker has some thirty. */
  private static final long TASKS = 4096;

  private final Supplier<CellSupport> support;
  private final Optional<Spawn> spawn = Spawn.ofHost();
  private final SetprivConfiner withoutCells = new SetprivConfiner();
  private final ProgramClosures closures = new ProgramClosures();

  /**
   * @param support the walls of cells that can be built here
   */
  public CellConfiner(Supplier<CellSupport> support) {
    this.support = support;
  }

  /** The one of this host, whose walls are tried from now on. */
  public static CellConfiner ofHost() {
    return new CellConfiner(CellSupport.inBackground());
  }

  @Override
  public Process start(Distrusted program) throws IOException, InterruptedException {
    try {
      return spawn.isEmpty() ? withoutCells.start(program) : inCell(spawn.get(), program);
    } catch (UncheckedIOException e) {
      // Such as a program that is being replaced.
      throw new IOException(e.getMessage(), e);
    }
  }

  private Process inCell(Spawn spawner, Distrusted program)
      throws IOException, InterruptedException {
    Set<Layer> possible = support.get().possible();
    boolean root = Users.isRoot();
    List<String> setpriv =
        SetprivConfiner.setpriv(
            root && possible.contains(Layer.USER) ? program.user() : null,
            root && possible.contains(Layer.CAPABILITIES));
    Path prlimit = Programs.require("prlimit");
    Path path = Programs.require(program.argv().getFirst());
    Confinement cell =
        cell(program, List.of(prlimit, Path.of(setpriv.getFirst()), path), root).within(possible);
    var argv = new ArrayList<String>();
    if (cell.has(Layer.LIMITS)) {
      argv.add(prlimit.toString());
      argv.addAll(new ProcessLimits(cell.limits()).options());
    }
    argv.addAll(setpriv);
    argv.add(path.toString());
    argv.addAll(program.argv().subList(1, program.argv().size()));
    try (var files = new Open(program.files())) {
      var order =
          new Spawn.Order(
              argv, SetprivConfiner.environment(program), files.streams(), files.target());
      var entry = new IntoCell(new Cell(cell), program.background());
      try (Spawn.Child child = spawner.startBound(order, entry)) {
        return begun(child, files);
      }
    }
  }

  private static Process begun(Spawn.Child child, Open files) {
    boolean done = false;
    try {
      SetprivConfiner.goesFirst(child.pid());
      var process = new CellProcess(child, files.output(), files.error());
      files.read();
      done = true;
      return process;
    } finally {
      if (!done) {
        // Nobody would wait for it.
        child.kill();
      }
    }
  }

  /**
   * The cell of a program, with all walls that there are but the two that it builds itself.
   *
   * @param programs that are run
   */
  Confinement cell(Distrusted program, List<Path> programs, boolean root)
      throws InterruptedException {
    var views = new ArrayList<View>();
    boolean known = programs.stream().allMatch(ProgramClosure::isKnown);
    if (known) {
      for (Path one : programs) {
        views.addAll(ProgramViews.of(closures.of(one)));
      }
    }
    program.files().reads().stream().map(ReadOnly::new).forEach(views::add);
    program.files().writes().stream().map(ReadWrite::new).forEach(views::add);
    if (program.network()) {
      ProgramViews.there(NETWORK).map(ReadOnly::new).forEach(views::add);
    }
    Distrusted.Limits most = program.limits();
    var limits =
        new Limits(
            root && program.user() != null ? TASKS : Limits.NONE,
            most.descriptors(),
            most.largestFile().bytes(),
            most.memory().bytes());
    Set<Layer> layers = EnumSet.complementOf(EnumSet.of(Layer.USER, Layer.CAPABILITIES));
    if (!known) {
      // Nobody knows which files a script needs.
      layers.removeAll(Set.of(Layer.ROOT, Layer.LANDLOCK));
    }
    return new Confinement(
            views.stream().distinct().toList(), null, program.network(), limits, layers)
        .withoutUnixSockets();
  }

  /** The way of a process into its cell. */
  private record IntoCell(Cell cell, boolean background) implements Spawn.Entry {
    private static final Path DIRECTORY = Path.of("/");

    /** Of ioprio_set(2): this thread, the lowest of those that still get something. */
    private static final long IOPRIO_WHO_PROCESS = 1;

    private static final long BEST_EFFORT_LOWEST = 2 << 13 | 7;
    private static final long PRIO_PROCESS = 0;
    private static final long NICE = 10;

    @Override
    public void enter() throws IOException {
      if (background) {
        // Where it is not possible the work is done all the same.
        var kernel = new Syscalls();
        kernel.call(Syscalls.IOPRIO_SET, IOPRIO_WHO_PROCESS, 0, BEST_EFFORT_LOWEST);
        kernel.call(Syscalls.SETPRIORITY, PRIO_PROCESS, 0, NICE);
      }
      cell.enter(DIRECTORY);
    }

    /** Its limits it has set itself: once it is another user's they are not ours to set. */
    @Override
    public void started(long pid) {}
  }

  /** The files of a program that the daemon has open until they are handed over. */
  private static final class Open implements AutoCloseable {
    private static final Path NOTHING = Path.of("/dev/null");

    private final List<Descriptor> handed = new ArrayList<>();
    private final Spawn.Streams streams;
    private final List<Descriptor> target;
    private InputStream output = InputStream.nullInputStream();
    private InputStream error = InputStream.nullInputStream();
    private boolean read;

    Open(Distrusted.Files files) throws IOException {
      boolean done = false;
      try {
        Path input = files.input();
        String told = files.told();
        Descriptor in =
            hand(
                told == null
                    ? Descriptor.toRead(input == null ? NOTHING : input)
                    : Pipe.holding(told));
        Descriptor out;
        Path written = files.output();
        if (written == null) {
          Pipe pipe = Pipe.open();
          out = hand(pipe.writing());
          output = pipe.reading();
        } else {
          out = hand(Descriptor.toReplace(written));
        }
        Path third = files.target();
        target = third == null ? List.of() : List.of(hand(Descriptor.toReadAndWrite(third)));
        Pipe pipe = Pipe.open();
        error = pipe.reading();
        streams = new Spawn.Streams(in, out, hand(pipe.writing()));
        done = true;
      } finally {
        if (!done) {
          close();
        }
      }
    }

    private Descriptor hand(Descriptor one) {
      handed.add(one);
      return one;
    }

    Spawn.Streams streams() {
      return streams;
    }

    List<Descriptor> target() {
      return target;
    }

    InputStream output() {
      return output;
    }

    InputStream error() {
      return error;
    }

    /** From now on somebody else reads what the program writes. */
    void read() {
      read = true;
    }

    @Override
    public void close() throws IOException {
      handed.forEach(Descriptor::close);
      if (!read) {
        output.close();
        error.close();
      }
    }
  }
}
