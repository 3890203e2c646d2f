package dev.kelvin.image.pull;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.util.Native;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * Unpacks a file that may be a bomb: what comes out is bounded, absolutely and by what went in, and
 * so is the memory that a decoder is allowed. Zeros become holes.
 */
final class Unpacker {
  private static final int BUFFER = 256 << 10;

  /** For xz, in KiB: {@code xz -9} needs 65 MiB. The daemon's heap has room for one. */
  private static final int MEMORY = 100 << 10;

  /** For zstd: windows of up to 128 MiB, as without {@code --long} of more. */
  private static final int WINDOW_LOG = 27;

  /** How many bytes are written between two looks at the room. */
  private static final long LOOK = 64L << 20;

  private final PullLimits limits;
  private final Download.Room room;

  Unpacker(PullLimits limits, Download.Room room) {
    this.limits = limits;
    this.room = room;
  }

  /**
   * Unpacks.
   *
   * @param target a file that is replaced
   * @throws ProblemException malformed when it is damaged or of another kind, too-large for bombs,
   *     host-failure
   */
  void unpack(Path packed, Compression kind, Path target, ProgressSink progress)
      throws InterruptedException {
    try (var raw = new Counting(Files.newInputStream(packed));
        var out =
            FileChannel.open(
                target,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
      long length = Files.size(packed);
      try (InputStream in = decoder(kind, raw, target)) {
        copy(in, raw, length, out, progress);
      }
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The file cannot be unpacked")
          .on(target.getFileName().toString())
          .because(e.toString())
          .remedy("check the room and the health of the file system of Kelvin's state")
          .asException(e);
    }
  }

  private static InputStream decoder(Compression kind, InputStream raw, Path target) {
    try {
      InputStream in = new BufferedInputStream(raw, BUFFER);
      return switch (kind) {
        case NONE -> in;
        case XZ -> new XZInputStream(in, MEMORY);
        case GZIP ->
            GzipCompressorInputStream.builder()
                .setInputStream(in)
                .setDecompressConcatenated(true)
                .get();
        case BZIP2 -> new BZip2CompressorInputStream(in, true);
        case ZSTD -> {
          // It would unpack its native part into /tmp, and leave it there when it is killed.
          Native.load(target.resolveSibling(".").normalize().toFile());
          var zstd = new ZstdInputStreamNoFinalizer(in);
          zstd.setLongMax(WINDOW_LOG);
          yield zstd;
        }
      };
    } catch (IOException e) {
      throw damaged(e);
    }
  }

  private void copy(
      InputStream in, Counting raw, long packedLength, FileChannel out, ProgressSink progress)
      throws IOException, InterruptedException {
    byte[] buffer = new byte[BUFFER];
    long at = 0;
    long looked = 0;
    long written = 0;
    for (int count = read(in, buffer); count > 0; count = read(in, buffer)) {
      if (!isZero(buffer, count)) {
        writeAll(out, ByteBuffer.wrap(buffer, 0, count), at);
        written += count;
      }
      at += count;
      check(at, raw.count);
      if (written - looked >= LOOK) {
        looked = written;
        room.require(0);
      }
      progress.report(new Progress(raw.count, packedLength, "bytes", "unpacking"));
      if (Thread.interrupted()) {
        throw new InterruptedException("while a file was unpacked");
      }
    }
    if (at > 0 && out.size() < at) {
      writeAll(out, ByteBuffer.wrap(new byte[1]), at - 1);
    }
    // What it came from is removed next.
    out.force(true);
  }

  private void check(long unpacked, long packed) {
    if (unpacked > limits.most().bytes()) {
      throw bomb("more than " + limits.most().human() + " come out of it");
    }
    if (unpacked > limits.free().bytes() && unpacked / limits.ratio() > packed) {
      throw bomb(
          new ByteSize(unpacked).human()
              + " came out of "
              + new ByteSize(packed).human()
              + ", more than "
              + limits.ratio()
              + " times as much");
    }
  }

  private static ProblemException bomb(String cause) {
    return Problem.of(Code.TOO_LARGE, "The packed file grows beyond measure")
        .because(cause)
        .remedy("unpack it yourself and look at it; then import it: kelvin image import FILE")
        .asException();
  }

  private static ProblemException damaged(IOException e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return Problem.of(Code.MALFORMED, "The packed file is damaged or of another kind")
        .because(message)
        .remedy("pull it again; if it stays, tell the publisher")
        .asException(e);
  }

  /** A fault of the packed file is not one of the host. */
  private static int read(InputStream in, byte[] buffer) {
    try {
      return in.readNBytes(buffer, 0, buffer.length);
    } catch (IOException | IndexOutOfBoundsException e) {
      throw damaged(e instanceof IOException io ? io : new IOException("it makes no sense", e));
    }
  }

  private static boolean isZero(byte[] buffer, int count) {
    return buffer[0] == 0 && Arrays.mismatch(buffer, 0, count - 1, buffer, 1, count) < 0;
  }

  private static void writeAll(FileChannel out, ByteBuffer bytes, long position)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += out.write(bytes, at);
    }
  }

  /** Counts what the decoder has taken. */
  private static final class Counting extends FilterInputStream {
    private long count;

    Counting(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int one = super.read();
      count += one < 0 ? 0 : 1;
      return one;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int n = super.read(target, offset, length);
      count += Math.max(0, n);
      return n;
    }
  }
}
