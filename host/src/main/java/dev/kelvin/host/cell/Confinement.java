package dev.kelvin.host.cell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a process may reach of the host, as data. A launcher makes a cell of it ({@link Cell}).
 *
 * @param views what is there of files: nothing else is. Later ones lie above earlier ones
 * @param user that the process runs as; null for the daemon's own
 * @param network whether it uses the network of the host
 * @param limits what it may use up
 * @param layers the walls that are wanted; {@link CellSupport} tells which of them the host has
 * @param kept of root's rights; none for nearly all
 * @param unixSockets whether it can make Unix sockets: by one it may reach whatever listens where
 *     it finds a name
 */
public record Confinement(
    List<View> views,
    @Nullable Identity user,
    boolean network,
    Limits limits,
    Set<Layer> layers,
    Set<Capability> kept,
    boolean unixSockets) {

  public Confinement {
    views = List.copyOf(views);
    layers = Set.copyOf(layers);
    kept = Set.copyOf(kept);
  }

  /** With Unix sockets. */
  public Confinement(
      List<View> views,
      @Nullable Identity user,
      boolean network,
      Limits limits,
      Set<Layer> layers,
      Set<Capability> kept) {
    this(views, user, network, limits, layers, kept, true);
  }

  /** Without any of root's rights. */
  public Confinement(
      List<View> views,
      @Nullable Identity user,
      boolean network,
      Limits limits,
      Set<Layer> layers) {
    this(views, user, network, limits, layers, Set.of());
  }

  /**
   * A user and its groups.
   *
   * @param uid of the user, and of its own group
   * @param groups more of them, through which it opens devices
   */
  public record Identity(int uid, List<Integer> groups) {
    public Identity {
      groups = List.copyOf(groups);
    }
  }

  /**
   * What setrlimit(2) limits; {@link #NONE} where there is no limit but the daemon's.
   *
   * @param tasks processes and threads of the user (RLIMIT_NPROC)
   * @param files open files (RLIMIT_NOFILE)
   * @param fileBytes of a file that it writes (RLIMIT_FSIZE)
   * @param memoryBytes of address space (RLIMIT_AS)
   * @param moreFiles whether it may have more open files than the daemon, where the kernel lets the
   *     daemon give them; no other limit is ever above the daemon's own
   */
  public record Limits(
      long tasks, long files, long fileBytes, long memoryBytes, boolean moreFiles) {
    public static final long NONE = -1;

    /** None above the daemon's own. */
    public Limits(long tasks, long files, long fileBytes, long memoryBytes) {
      this(tasks, files, fileBytes, memoryBytes, false);
    }

    /** None of them; core dumps are never made in a cell. */
    public static Limits none() {
      return new Limits(NONE, NONE, NONE, NONE);
    }
  }

  /** Something that is there in the cell; but for {@link Held}, by the name that it has outside. */
  public sealed interface View {
    /** Its absolute path in the cell. */
    Path path();
  }

  /** A file or a directory with all below it, to be read. */
  public record ReadOnly(Path path) implements View {}

  /** A program, to be run. */
  public record Program(Path path) implements View {}

  /** A file to be read and written. */
  public record ReadWrite(Path path) implements View {}

  /** A directory in which files and sockets can be made, read and written. */
  public record Workplace(Path path) implements View {}

  /** A device to be opened. */
  public record Device(Path path) implements View {}

  /**
   * An empty directory into which the daemon puts files while the process runs ({@link LiveCell}).
   *
   * @param writable whether the process may write to them
   */
  public record Later(Path path, boolean writable) implements View {}

  /** An empty directory, in which nothing can be made. */
  public record Empty(Path path) implements View {}

  /**
   * A directory with all that is in its own file system, wherever it is outside: no name leads to
   * it, and no link. What is mounted beneath is not there. No program of it can be run, and no
   * device of it be opened. Only a cell with a root of its own has it.
   *
   * @param descriptor by which the daemon holds it until the process has begun
   * @param writable whether anything can be made, changed and deleted there
   */
  public record Held(long descriptor, Path path, boolean writable) implements View {}

  /** Of a process that is trusted as the daemon is: it can gain no privileges, and that is all. */
  public static Confinement none() {
    return new Confinement(List.of(), null, true, Limits.none(), Set.of(Layer.NO_NEW_PRIVILEGES));
  }

  /**
   * Of a process with a user of its own that sees the host as it is.
   *
   * @param tasks see {@link Limits}
   */
  public static Confinement ofUser(int uid, long tasks) {
    return new Confinement(
        List.of(),
        new Identity(uid, List.of()),
        true,
        new Limits(tasks, Limits.NONE, Limits.NONE, Limits.NONE),
        Set.of(Layer.USER, Layer.NO_NEW_PRIVILEGES, Layer.CAPABILITIES, Layer.LIMITS));
  }

  /** The same with more files. */
  public Confinement with(List<? extends View> more) {
    var all = new ArrayList<View>(views);
    all.addAll(more);
    return new Confinement(all, user, network, limits, layers, kept, unixSockets);
  }

  /** The same for another user. */
  public Confinement withUser(Identity other) {
    return new Confinement(views, other, network, limits, layers, kept, unixSockets);
  }

  /** The same for a process that has no use for Unix sockets. */
  public Confinement withoutUnixSockets() {
    return new Confinement(views, user, network, limits, layers, kept, false);
  }

  /** The same without some of its walls. */
  public Confinement without(Set<Layer> gone) {
    return within(EnumSet.complementOf(copy(gone)));
  }

  /** The same with some of its walls at most. */
  public Confinement within(Set<Layer> possible) {
    EnumSet<Layer> rest = copy(layers);
    rest.retainAll(possible);
    return new Confinement(views, user, network, limits, rest, kept, unixSockets);
  }

  /** Also of no walls, which {@link EnumSet#copyOf} takes of its own kind only. */
  private static EnumSet<Layer> copy(Set<Layer> layers) {
    var copy = EnumSet.noneOf(Layer.class);
    copy.addAll(layers);
    return copy;
  }

  /** Whether it has a wall; without a user of its own, or with the host's network, it has none. */
  public boolean has(Layer layer) {
    return layers.contains(layer)
        && (layer != Layer.USER || user != null)
        && (layer != Layer.NETWORK || !network);
  }
}
