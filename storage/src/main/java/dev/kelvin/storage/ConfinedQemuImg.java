package dev.kelvin.storage;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.host.program.Confiner;
import dev.kelvin.host.program.Distrusted;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.storage.QemuImg.DiskInfo;
import dev.kelvin.storage.QemuImg.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Calls qemu-img(1) for files of strangers, whose parsers are where they attack. It runs as nobody
 * when the daemon is root, gains no privileges, writes no file beyond a size, leaves no core, and
 * is given its two files already open. There are no others where it is: a name in a hostile file
 * leads nowhere ({@link Distrusted}).
 *
 * <p>Throws {@link dev.kelvin.model.ProblemException}: invalid-argument when qemu-img refuses the
 * file, timeout, host-failure.
 */
public final class ConfinedQemuImg {
  private static final String SOURCE = "/proc/self/fd/0";
  private static final String TARGET = "/proc/self/fd/" + Distrusted.TARGET;

  /** A VHD, as QEMU calls it. */
  private static final String VHD = "vpc";

  /**
   * Of a VHD the size in bytes counts, as for Hyper-V and Azure. By the creator's name QEMU would
   * take that of the geometry for some, which leaves the end of a disk out.
   */
  private static final String VHD_SOURCE =
      "json:{\"driver\":\"vpc\",\"force_size_calc\":\"current_size\",\"file\":{\"driver\":\"file\",\"filename\":\""
          + SOURCE
          + "\"}}";

  private static final Duration CHECK = Duration.ofMinutes(10);

  /** Exit codes of qemu-img check: there is nothing to check; space is taken and not used. */
  private static final int UNSUPPORTED = 63;

  private static final int LEAKS = 3;

  private final Commands commands;
  private final Confiner confiner;
  private final ByteSize largestFile;

  ConfinedQemuImg(Commands commands, Confiner confiner, ByteSize largestFile) {
    this.commands = commands;
    this.confiner = confiner;
    this.largestFile = largestFile;
  }

  /** Reads what the file says of itself. */
  public DiskInfo info(Path file, String format) throws InterruptedException {
    var result = run(file, List.of("info", "--output=json"), format, QemuImg.QUICK);
    refuse(file, format, result);
    return QemuImg.parse(file, result);
  }

  /**
   * Follows all tables of the file. Space that belongs to nothing is no fault.
   *
   * @return how long the file must be at least, as far as qemu-img tells for this format; else 0
   */
  public long check(Path file, String format) throws InterruptedException {
    var result = run(file, List.of("check", "--output=json"), format, CHECK);
    if (result.exitCode() == UNSUPPORTED) {
      return 0;
    }
    if (result.exitCode() != LEAKS) {
      refuse(file, format, result);
    }
    return QemuImg.imageEnd(file, result);
  }

  /**
   * Brings the tables of a file in order that was not closed: what is in its journal (VHDX) is
   * written where it belongs, or what is in use (qcow2) is counted anew. Done again after it was
   * broken off, it goes on.
   */
  public void repair(Path file, String format) throws InterruptedException {
    own(file, "rw-------");
    List<String> arguments = List.of("check", "--output=json", "-r", "all");
    var files = new Distrusted.Files(file, null, null, List.of(), List.of(file));
    var result = run(files, arguments, format, CHECK);
    if (result.exitCode() != LEAKS) {
      refuse(file, format, result);
    }
  }

  private Result run(Path file, List<String> arguments, String format, Duration timeout)
      throws InterruptedException {
    own(file, "r--------");
    var files = new Distrusted.Files(file, null, null, List.of(file), List.of());
    return run(files, arguments, format, timeout);
  }

  private Result run(
      Distrusted.Files files, List<String> arguments, String format, Duration timeout)
      throws InterruptedException {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(source(format));
    return commands.run(program(all, files), confiner, timeout, null);
  }

  /** For it work can be done whenever there is nothing else to do. */
  private Distrusted program(List<String> arguments, Distrusted.Files files) {
    return QemuImg.program(arguments, files, largestFile, Distrusted.NOBODY, true);
  }

  /** What names the file that is open, and its format. */
  private static List<String> source(String format) {
    return format.equals(VHD) ? List.of(VHD_SOURCE) : List.of("-f", format, SOURCE);
  }

  /**
   * Copies the content into a new file, which afterwards is the daemon's own; it is deleted when
   * that fails.
   */
  public void convert(
      Path source, String format, Path target, Target as, Duration timeout, ProgressSink progress)
      throws InterruptedException {
    List<String> arguments = QemuImg.conversion(source(format), as, TARGET);
    var files = new Distrusted.Files(source, null, target, List.of(source), List.of(target));
    boolean done = false;
    try {
      own(source, "r--------");
      Files.createFile(target);
      own(target, "rw-------");
      var result =
          commands.run(program(arguments, files), confiner, timeout, QemuImg.percents(progress));
      refuse(source, format, result);
      give(target, 0);
      done = true;
    } catch (IOException e) {
      throw failure(target, e).asException(e);
    } finally {
      if (!done) {
        remove(target);
      }
    }
  }

  /**
   * Grows a disk as the user that has it; one that is root's is nobody's meanwhile.
   *
   * @param volume of which the directory is the daemon's, so that nobody else can put another there
   */
  public void resize(StoredVolume volume, ByteSize size) throws InterruptedException {
    Path file = volume.path();
    int owner = owner(file);
    boolean lend = owner == 0;
    Path backing = volume.backing();
    List<Path> reads = backing == null ? List.of() : List.of(backing);
    var program =
        QemuImg.program(
            List.of("resize", "-q", QemuImg.nodes(volume, SOURCE), Long.toString(size.bytes())),
            new Distrusted.Files(file, null, null, reads, List.of(file)),
            largestFile,
            lend ? Distrusted.NOBODY : owner,
            false);
    try {
      if (lend) {
        give(file, Distrusted.NOBODY);
      }
      QemuImg.refuse("resize", file, commands.run(program, confiner, QemuImg.QUICK, null));
    } finally {
      if (lend) {
        give(file, 0);
      }
    }
  }

  private static int owner(Path file) {
    try {
      return (Integer) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw failure(file, e).asException(e);
    }
  }

  private static void give(Path file, int uid) {
    if (isRoot()) {
      try {
        Files.setAttribute(file, "unix:gid", uid, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
      } catch (IOException e) {
        throw failure(file, e).asException(e);
      }
    }
  }

  private static void own(Path file, String permissions) {
    try {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    } catch (IOException e) {
      throw failure(file, e).asException(e);
    }
    give(file, Distrusted.NOBODY);
  }

  private static boolean isRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException e) {
      throw failure(Path.of("/proc/self"), e).asException(e);
    }
  }

  private static void remove(Path target) {
    try {
      Files.deleteIfExists(target);
    } catch (IOException e) {
      throw failure(target, e).asException(e);
    }
  }

  private static Problem failure(Path file, IOException e) {
    return Problem.of(Code.HOST_FAILURE, "The file cannot be read or written")
        .on(file.toString())
        .because(e.toString())
        .remedy("check the room and the permissions there");
  }

  private static void refuse(Path file, String format, Result result) {
    if (result.ok()) {
      return;
    }
    String error =
        result
            .lastError()
            .replaceFirst("^qemu-img: ", "")
            .replace(VHD_SOURCE, "the file")
            .replace(SOURCE, "the file")
            .replace(TARGET, "the copy");
    if (error.contains("No space left") || error.contains("File too large")) {
      throw Problem.of(Code.HOST_FAILURE, "There is no room for the image")
          .on(file.getFileName().toString())
          .because(error)
          .remedy("free room on the file system of Kelvin's state, then try again")
          .asException();
    }
    throw Problem.of(
            Code.INVALID_ARGUMENT,
            "The file is no " + (format.equals(VHD) ? "vhd" : format) + " disk that can be read")
        .on(file.getFileName().toString())
        .because(error.isEmpty() ? "qemu-img ended with code " + result.exitCode() : error)
        .remedy("check that it is whole and that its format is the one that was named")
        .asException();
  }
}
