package dev.kelvin.image.format;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task;
import dev.kelvin.storage.Qcow2Header;
import dev.kelvin.storage.QemuImg;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Takes disks of strangers in. The format is the one that was named; what the content says is never
 * followed, only held against it. A disk that names another file, or whose content is encrypted, is
 * refused before qemu-img sees it.
 */
public final class Importer {
  /** What files are called that came from users. */
  public static final Set<String> OWN_NAMES = Set.of("received", "unpacked");

  private static final int BUFFER = 1 << 20;

  /** Room that is left to everything else on the file system. */
  private static final ByteSize RESERVE = ByteSize.ofMiB(256);

  /** Of the last cluster of a qcow2 file a part may be missing; clusters have up to 2 MiB. */
  private static final long CLUSTER = 2 << 20;

  /** How much of an upload whose length nobody knows may come before the room is looked at. */
  private static final long ROOM_LOOK = 64L << 20;

  private static final Duration PATIENCE = Duration.ofHours(1);

  private final QemuImg qemuImg;

  public Importer(QemuImg qemuImg) {
    this.qemuImg = qemuImg;
  }

  /**
   * Receives a file. When it comes to less than its length, the host has no room, or the thread is
   * interrupted, nothing is left. It is not on the medium yet: what is made of it will be, and
   * after the host went down it has to come again.
   *
   * @param length in bytes; negative when it is not known, and the file ends with the stream
   * @param target a file that is not there
   * @throws ProblemException malformed when the stream ends early, host-failure
   */
  public void receive(InputStream source, long length, Path target, ProgressSink progress) {
    boolean done = false;
    try {
      checkRoom(target, Math.max(length, 0));
      copy(source, length, target, progress);
      done = true;
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The upload cannot be stored")
          .on(target.getFileName().toString())
          .because(e.toString())
          .remedy("check the room on the file system of Kelvin's state, then try again")
          .asException(e);
    } finally {
      if (!done) {
        remove(target);
      }
    }
  }

  private static void copy(InputStream source, long length, Path target, ProgressSink progress)
      throws IOException {
    long total = Math.max(length, 0);
    long received = 0;
    try (var out =
        FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      byte[] buffer = new byte[BUFFER];
      while (length < 0 || received < length) {
        int wanted = (int) (length < 0 ? BUFFER : Math.min(BUFFER, length - received));
        int count = read(source, buffer, wanted);
        if (count > 0 && !isZero(buffer, count)) {
          writeAll(out, ByteBuffer.wrap(buffer, 0, count), received);
        }
        received += count;
        if (length < 0 && received / ROOM_LOOK != (received - count) / ROOM_LOOK) {
          checkRoom(target, 0);
        }
        if (count < wanted) {
          break;
        }
        progress.report(new Task.Progress(received, total, "bytes", "receiving the file"));
      }
      if (received == 0 && length <= 0) {
        throw Problem.of(Code.MALFORMED, "The file is empty")
            .on("upload")
            .because("it has 0 bytes, as a download leaves it that failed")
            .remedy("download it again")
            .asException();
      }
      if (received < length) {
        throw early(received, length, "the stream ended").asException();
      }
      // What is zero was left out; the last byte gives the file its length.
      if (out.size() < received) {
        writeAll(out, ByteBuffer.wrap(new byte[1]), received - 1);
      }
    }
  }

  /** Fills the buffer as far as the stream goes; a fault of the stream is not one of the host. */
  private static int read(InputStream source, byte[] buffer, int wanted) {
    try {
      return source.readNBytes(buffer, 0, wanted);
    } catch (IOException e) {
      throw early(-1, -1, String.valueOf(e.getMessage())).asException(e);
    }
  }

  private static Problem early(long received, long length, String cause) {
    String sizes = received < 0 ? "" : "; " + received + " of " + length + " bytes had come";
    return Problem.of(Code.MALFORMED, "The upload ended before the file did")
        .on("upload")
        .because(cause + sizes)
        .remedy("send the file again");
  }

  private static void writeAll(FileChannel out, ByteBuffer bytes, long position)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += out.write(bytes, at);
    }
  }

  private static boolean isZero(byte[] buffer, int count) {
    return buffer[0] == 0 && java.util.Arrays.mismatch(buffer, 0, count - 1, buffer, 1, count) < 0;
  }

  /**
   * Holds a file against the format that was named. One that was not closed where it was used is
   * brought in order: it is Kelvin's own copy.
   *
   * @return what may be wrong all the same, for people
   * @throws ProblemException invalid-argument when it is of another, names other files, is
   *     encrypted or has a size that no disk has
   */
  public List<String> inspect(Path file, Format named) throws InterruptedException {
    try {
      ForeignDisk.check(file, named);
      switch (named) {
        case RAW, ISO -> ForeignDisk.checkSize(file, named, new ByteSize(Files.size(file)));
        case QCOW2, VMDK, VHD, VHDX, VDI -> {
          if (isDirty(file, named)) {
            repair(file, named);
          }
          askQemu(file, named);
        }
      }
      return named == Format.RAW ? ForeignDisk.doubts(file) : List.of();
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static boolean isDirty(Path file, Format named) throws IOException {
    return switch (named) {
      case VHDX -> VhdxHeader.isDirty(file);
      case QCOW2 -> Qcow2Header.read(file).filter(Qcow2Header::dirty).isPresent();
      case RAW, VMDK, VHD, VDI, ISO -> false;
    };
  }

  private void repair(Path file, Format named) throws InterruptedException, IOException {
    qemuImg.confined(new ByteSize(checkRoom(file, 0))).repair(file, named.driver());
    // Its tables are others now.
    ForeignDisk.check(file, named);
  }

  /** What qemu-img finds is held against what was found without it. */
  private void askQemu(Path file, Format named) throws InterruptedException, IOException {
    var confined = qemuImg.confined(RESERVE);
    var info = confined.info(file, named.driver());
    if (info.backing() != null || info.dataFile() != null) {
      throw ForeignDisk.namesAnotherFile(file, String.valueOf(info.backing())).asException();
    }
    if (info.encrypted()) {
      throw ForeignDisk.isEncrypted(file).asException();
    }
    ForeignDisk.checkSize(file, named, info.virtualSize());
    // QEMU reads what is beyond the end as zeros: a disk that was cut off would import in silence.
    ForeignDisk.checkLength(file, confined.check(file, named.driver()) - CLUSTER);
  }

  /**
   * Makes of an inspected file one that the store keeps: a fresh qcow2 file with the content alone,
   * or the ISO itself. It is not on the medium yet.
   *
   * @return a file in the work directory
   */
  public Path toStorable(Path file, Format named, Path workDir, ProgressSink progress)
      throws InterruptedException {
    try {
      if (named == Format.ISO) {
        return file;
      }
      ByteSize room = new ByteSize(checkRoom(file, 0));
      Path target = workDir.resolve("import.qcow2");
      Files.deleteIfExists(target);
      qemuImg
          .confined(room)
          .convert(file, named.driver(), target, QemuImg.Target.of("qcow2"), PATIENCE, progress);
      return target;
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** Returns how many bytes a file there may have. */
  private static long checkRoom(Path target, long length) throws IOException {
    Path directory = target.toAbsolutePath().getParent();
    long room = Files.getFileStore(directory).getUsableSpace() - RESERVE.bytes();
    if (room < Math.max(length, 1)) {
      throw Problem.of(Code.HOST_FAILURE, "There is no room for the image")
          .on(target.getFileName().toString())
          .because(
              new ByteSize(length).human()
                  + " are needed, and "
                  + new ByteSize(Math.max(room, 0)).human()
                  + " can be used")
          .remedy("free room on the file system of Kelvin's state, then try again")
          .asException();
    }
    return room;
  }

  private static void remove(Path target) {
    try {
      Files.deleteIfExists(target);
    } catch (IOException e) {
      throw unreadable(target, e);
    }
  }

  private static ProblemException unreadable(Path file, IOException e) {
    return Problem.of(Code.HOST_FAILURE, "The file cannot be read or written")
        .on(ForeignDisk.name(file))
        .because(e.toString())
        .remedy("check the permissions and the health of the file system")
        .asException(e);
  }
}
