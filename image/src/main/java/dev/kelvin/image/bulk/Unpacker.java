package dev.kelvin.image.bulk;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.function.LongConsumer;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * Unpacks a file that may be a bomb: what comes out is bounded, absolutely and by what went in, and
 * so is the memory that a decoder is allowed. Zeros become holes.
 */
final class Unpacker {
  private static final int BUFFER = 256 << 10;

  /** For xz, in KiB: {@code xz -9} needs 65 MiB. A worker's heap has room for it. */
  private static final int MEMORY = 100 << 10;

  /** For zstd: windows of up to 128 MiB, as without {@code --long} of more. */
  private static final int WINDOW_LOG = 27;

  private final UnpackLimits bounds;

  Unpacker(UnpackLimits bounds) {
    this.bounds = bounds;
  }

  /**
   * Unpacks.
   *
   * @param target a file that is empty
   * @param read is told after each piece how many packed bytes were read
   * @throws ProblemException malformed when it is damaged or of another kind, too-large for bombs
   */
  void unpack(FileChannel packed, Compression kind, FileChannel target, LongConsumer read)
      throws IOException, InterruptedException {
    var raw = new Counting(Channels.newInputStream(packed));
    try (InputStream in = decoder(kind, raw)) {
      copy(in, raw, target, read);
    }
  }

  private static InputStream decoder(Compression kind, InputStream raw) {
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
          // Where its native part is, or is unpacked to, the worker's arguments say.
          var zstd = new ZstdInputStreamNoFinalizer(in);
          zstd.setLongMax(WINDOW_LOG);
          yield zstd;
        }
      };
    } catch (IOException e) {
      throw damaged(e);
    }
  }

  private void copy(InputStream in, Counting raw, FileChannel out, LongConsumer progress)
      throws IOException, InterruptedException {
    byte[] buffer = new byte[BUFFER];
    long at = 0;
    for (int count = read(in, buffer); count > 0; count = read(in, buffer)) {
      if (!isZero(buffer, count)) {
        writeAll(out, ByteBuffer.wrap(buffer, 0, count), at);
      }
      at += count;
      check(at, raw.count);
      progress.accept(raw.count);
      if (Thread.interrupted()) {
        throw new InterruptedException("while a file was unpacked");
      }
    }
    if (at > 0 && out.size() < at) {
      writeAll(out, ByteBuffer.wrap(new byte[1]), at - 1);
    }
  }

  private void check(long unpacked, long packed) {
    if (unpacked > bounds.most().bytes()) {
      throw bomb("more than " + bounds.most().human() + " come out of it");
    }
    if (unpacked > bounds.free().bytes() && unpacked / bounds.ratio() > packed) {
      throw bomb(
          new ByteSize(unpacked).human()
              + " came out of "
              + new ByteSize(packed).human()
              + ", more than "
              + bounds.ratio()
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
        .remedy("get the file again; if it stays so, tell who has made it")
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
