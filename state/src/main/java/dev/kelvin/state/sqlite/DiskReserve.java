package dev.kelvin.state.sqlite;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Waits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Files beside the store whose blocks are given back when the disk is full, so that VMs can still
 * be stopped and deleted: who frees space has to write down that he does.
 *
 * <p>It is given back piece by piece: whatever else has filled the disk may take a piece before the
 * store does. Each is a file, since a full btrfs deletes files and does not shorten them. While one
 * is gone, only what frees space is begun. That outlives the daemon: a directory with less than
 * there should be is a reserve in use.
 */
final class DiskReserve implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DiskReserve.class.getName());

  /** Some twenty VMs can be stopped and deleted with it; the store's log is emptied at 4 MiB. */
  static final Size USUAL = new Size(16 << 20, 1 << 20);

  /** The first time a moment after the start, which does not wait for it. */
  private static final Duration FIRST_LOOK = Duration.ofSeconds(1);

  private static final Duration LOOK = Duration.ofSeconds(5);

  /** Where the disk has room and a quota has not, each try takes what others could have. */
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

  /** As much has to be free, in pieces, before a disk that was full has room again. */
  private static final int ROOM_AGAIN = 4;

  /** They give back what was deleted when all that they have is on the disk. */
  private static final Set<String> COPY_ON_WRITE = Set.of("btrfs", "bcachefs", "zfs");

  /** More than SQLite ever asks for at once. */
  private static final int PROBE = 256 << 10;

  /**
   * How large it is.
   *
   * @param whole in bytes; a multiple of the piece
   * @param piece what is given back at once
   */
  record Size(int whole, int piece) {}

  private final Path pieces;
  private final Size size;
  private final FileSystemSync sync;

  /** Held while the pieces change. */
  private final ReentrantLock lock = new ReentrantLock();

  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile boolean inUse;
  private volatile boolean low;
  private @Nullable Thread keeper;

  /** The reserve of a store; it is made by {@link #fill}, or was made before. */
  DiskReserve(Path store, Size size, FileSystemSync sync) {
    this.pieces = store.resolveSibling(store.getFileName() + ".reserve");
    this.size = size;
    this.sync = sync;
    long held = held();
    this.inUse = held >= 0 && held < size.whole();
  }

  /** How much it holds; -1 when it was never made. */
  private long held() {
    try {
      if (Files.isRegularFile(pieces)) { // as older versions made it
        return Files.size(pieces);
      }
      if (!Files.isDirectory(pieces)) {
        return -1;
      }
      long held = 0;
      for (Path piece : all(pieces)) {
        held += isWhole(piece) ? size.piece() : 0;
      }
      return held;
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "the reserve of disk cannot be looked at", e);
      return -1;
    }
  }

  private List<Path> all(Path directory) {
    return IntStream.range(0, size.whole() / size.piece())
        .mapToObj(number -> directory.resolve(Integer.toString(number)))
        .toList();
  }

  private boolean isWhole(Path piece) throws IOException {
    return Files.exists(piece) && Files.size(piece) == size.piece();
  }

  /** Makes it, now and whenever there is room again, until it is closed. */
  void keep() {
    keeper = Thread.ofPlatform().daemon().name("store-reserve").start(this::keepWhole);
  }

  private void keepWhole() {
    try {
      Duration usual = LOOK;
      for (Duration wait = FIRST_LOOK;
          !closing.await(wait.toNanos(), TimeUnit.NANOSECONDS);
          wait = usual) {
        boolean failed = !fill() && hasRoom();
        usual = failed ? Waits.twice(usual, LONGEST_WAIT) : LOOK;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether there is room for what is missing, and as much as all of it besides. */
  private boolean hasRoom() {
    return !lacks(2L * size.whole() - Math.max(0, held()));
  }

  /** Whether a part of it was given back and is not there again. */
  boolean inUse() {
    return inUse;
  }

  /**
   * Holds what is missing, if there is room for that and as much as all of it besides.
   *
   * @return whether it is whole
   */
  boolean fill() {
    lock.lock();
    try {
      if (held() < size.whole()) {
        if (!hasRoom()) {
          return false;
        }
        write();
      }
      if (inUse) {
        LOG.log(System.Logger.Level.INFO, "there is room on the disk again; its reserve is whole");
      }
      inUse = false;
      return true;
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "the reserve of disk cannot be made", e);
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void write() throws IOException {
    if (Files.isRegularFile(pieces)) {
      Files.delete(pieces);
    }
    if (Files.isDirectory(pieces)) {
      writeIn(pieces);
      return;
    }
    // It has its name when it is whole: one that is not is in use.
    Path fresh = pieces.resolveSibling(pieces.getFileName() + ".new");
    OwnerOnly.makeDirectory(fresh);
    try {
      writeIn(fresh);
    } catch (IOException e) {
      Files.delete(fresh);
      throw e;
    }
    Files.move(fresh, pieces, StandardCopyOption.ATOMIC_MOVE);
  }

  private void writeIn(Path directory) throws IOException {
    var written = new ArrayList<Path>();
    try {
      for (Path piece : all(directory)) {
        if (closing.getCount() == 0) {
          throw new IOException("the store was closed meanwhile");
        }
        if (!isWhole(piece)) {
          written.add(piece);
          write(piece);
        }
      }
    } catch (IOException e) {
      for (Path piece : written) { // a quota, of which the file system's free space says nothing
        Files.deleteIfExists(piece);
      }
      throw e;
    }
  }

  /** Bytes that nobody can compress or share, so that they take up blocks of the disk. */
  private void write(Path piece) throws IOException {
    byte[] bytes = new byte[size.piece()];
    new SplittableRandom().nextBytes(bytes);
    try (FileChannel out =
        FileChannel.open(
            piece,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING),
            OwnerOnly.attribute())) {
      writeAll(out, bytes);
      out.force(true);
    }
  }

  private static void writeAll(FileChannel out, byte[] bytes) throws IOException {
    for (var left = ByteBuffer.wrap(bytes); left.hasRemaining(); ) {
      out.write(left);
    }
  }

  /**
   * Gives a piece back; false when there is none. What was just being made, and had taken the rest
   * of a quota, is given back too.
   */
  boolean release() {
    boolean wasMade = !lock.tryLock();
    if (wasMade) {
      lock.lock();
    }
    try {
      if (!giveBackOne()) {
        return wasMade;
      }
      if (!inUse) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the disk with "
                + pieces
                + " is full: its reserve is in use, for what frees space; everything else is"
                + " refused");
      }
      inUse = true;
      return true;
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "the reserve of disk cannot be given back", e);
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Deletes a piece; false when there is none. */
  private boolean giveBackOne() throws IOException {
    if (Files.isRegularFile(pieces)) {
      Files.delete(pieces);
      awaitBlocks(directory());
      try {
        OwnerOnly.makeDirectory(pieces);
      } catch (IOException e) { // the room is there all the same
        LOG.log(System.Logger.Level.DEBUG, "the next daemon may take it for one never made", e);
      }
      return true;
    }
    for (Path piece : all(pieces).reversed()) {
      if (Files.deleteIfExists(piece)) {
        awaitBlocks(pieces);
        return true;
      }
    }
    return false;
  }

  /** Journals give blocks back when the deletion is on the disk, others when all is. */
  private void awaitBlocks(Path place) {
    try (FileChannel directory = FileChannel.open(place, StandardOpenOption.READ)) {
      directory.force(true);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "the deletion may not be on the disk yet", e);
    }
    try {
      if (keepsDeleted()) {
        sync.sync(place);
      }
    } catch (IOException e) { // as of writes of others
      LOG.log(System.Logger.Level.DEBUG, "not all is on the disk yet", e);
    }
  }

  private boolean keepsDeleted() {
    try {
      return COPY_ON_WRITE.contains(Files.getFileStore(directory()).type());
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "the kind of the file system cannot be told", e);
      return true; // such as a subvolume that is not mounted itself
    }
  }

  /** Whether a write failed for want of space, which may be why something else failed. */
  boolean isWanted(Exception error) {
    for (Throwable why = error; why != null; why = why.getCause()) {
      if (why instanceof SQLException known && isWanted(SqliteProblems.code(known))) {
        return true;
      }
      if (why instanceof IOException && takesNoMore()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a write that failed found no space. SQLite says so in one case of several; for the
   * others, such as quotas, a write of our own is tried.
   */
  private boolean isWanted(int resultCode) {
    return switch (SqliteProblems.primary(resultCode)) {
      case SqliteProblems.FULL -> true;
      case SqliteProblems.IOERR, SqliteProblems.CANTOPEN -> takesNoMore();
      default -> false;
    };
  }

  private boolean takesNoMore() {
    Path probe = pieces.resolveSibling(pieces.getFileName() + ".probe");
    try {
      try (FileChannel out =
          FileChannel.open(
              probe,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        writeAll(out, new byte[PROBE]);
        out.force(true);
      } finally {
        Files.deleteIfExists(probe);
      }
      return false;
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "the disk takes no more", e);
      String why = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
      return why.contains("no space left") || why.contains("quota") || lacks(PROBE);
    }
  }

  /**
   * Whether what takes space is refused: the reserve is in use and there is no room yet to make it
   * whole, or the disk is full and SQLite's log has room of its own for the moment.
   */
  boolean refuses() {
    return inUse ? !hasRoom() : isLow();
  }

  /** Who writes and discards beside the mark does not make the disk full and not full in turn. */
  private boolean isLow() {
    low = lacks(mark(low, size));
    return low;
  }

  /** Below how many free bytes a disk is full, which was or was not so far. */
  static long mark(boolean low, Size size) {
    return low ? (long) ROOM_AGAIN * size.piece() : size.piece();
  }

  private boolean lacks(long bytes) {
    try {
      return room() < bytes;
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "the disk's free space cannot be told", e);
      return false;
    }
  }

  private Path directory() {
    return Objects.requireNonNull(pieces.toAbsolutePath().getParent(), "a file has a directory");
  }

  private long room() throws IOException {
    return Files.getFileStore(directory()).getUsableSpace();
  }

  /** What is told while it is in use or the disk is full; empty otherwise. */
  Optional<Problem> shortage() {
    return inUse || isLow() ? Optional.of(refusal()) : Optional.empty();
  }

  /** Why what takes space is not begun, and what to do. */
  Problem refusal() {
    return Problem.of(Code.HOST_FAILURE, "The disk with the daemon's state is full")
        .on(directory().toString())
        .because(free() + "; what is kept in reserve is for stopping and deleting only")
        .remedy(
            "make room: delete VMs (\"kelvin rm --force NAME\"), volumes (\"kelvin volume rm\"),"
                + " images (\"kelvin image rm\") or other files of that disk; at "
                + new ByteSize(2L * size.whole()).human()
                + " free Kelvin goes on by itself");
  }

  private String free() {
    try {
      return new ByteSize(room()).human() + " are free";
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "the disk's free space cannot be told", e);
      return "nothing is free";
    }
  }

  @Override
  public void close() {
    closing.countDown();
    Thread running = keeper;
    if (running == null) {
      return;
    }
    try {
      if (!running.join(LOOK)) {
        LOG.log(System.Logger.Level.WARNING, "the reserve of disk is still written; it is left");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
