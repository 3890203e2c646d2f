package dev.kelvin.image.bulk;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.github.luben.zstd.Zstd;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** What every implementation does with what publishers pack, and somebody who means harm. */
abstract class BulkWorkSuite {
  private static final UnpackLimits BOUNDS =
      new UnpackLimits(ByteSize.ofMiB(64), 20, ByteSize.ofMiB(8));

  @TempDir private Path work;

  abstract BulkWork bulk();

  private static byte[] noise(int length) {
    byte[] content = new byte[length];
    new Random(length).nextBytes(content);
    return content;
  }

  private static Problem problem(ThrowingCallable call) {
    return assertThatExceptionOfType(ProblemException.class).isThrownBy(call).actual().problem();
  }

  @ParameterizedTest
  @EnumSource
  void checksumsAreThoseOfOtherPrograms(Sha kind) throws Exception {
    Path file = Files.write(work.resolve("file"), noise(3_000_001));
    var seen = new ArrayList<Progress>();
    String digest = bulk().digest(file, kind, seen::add);
    Process program = new ProcessBuilder(kind.wire() + "sum", file.toString()).start();
    String said = new String(program.getInputStream().readAllBytes(), US_ASCII);
    assertThat(said).startsWith(digest + " ");
    assertThat(digest).hasSize(kind.digits());
    assertThat(seen)
        .isNotEmpty()
        .allMatch(now -> now.done() >= 0 && now.done() <= 3_000_001 && now.total() == 3_000_001);
  }

  @Test
  void anEmptyFileHasAChecksumToo() throws Exception {
    Path file = Files.createFile(work.resolve("file"));
    assertThat(bulk().digest(file, Sha.SHA256, ProgressSink.none())).startsWith("e3b0c442");
  }

  @Test
  void whatIsNotThereIsAProblem() {
    Path none = work.resolve("none");
    assertThat(problem(() -> bulk().digest(none, Sha.SHA256, ProgressSink.none())).code())
        .isEqualTo(Code.HOST_FAILURE);
  }

  @Test
  void whoListensCanEndTheWork() throws Exception {
    Path file = Files.write(work.resolve("file"), noise(1_000_000));
    var enough = Problem.of(Code.CONFLICT, "enough");
    assertThat(
            problem(() ->
                bulk()
                    .digest(
                        file,
                        Sha.SHA256,
                        now -> {
                          throw enough.asException();
                        })))
        .isEqualTo(enough);
  }

  private static byte[] pack(Compression kind, byte[] content) throws Exception {
    var bytes = new ByteArrayOutputStream();
    switch (kind) {
      case NONE -> bytes.write(content);
      case ZSTD -> bytes.write(Zstd.compress(content));
      case XZ -> write(new XZOutputStream(bytes, new LZMA2Options(1)), content);
      case GZIP -> write(new GZIPOutputStream(bytes), content);
      case BZIP2 -> write(new BZip2CompressorOutputStream(bytes), content);
    }
    return bytes.toByteArray();
  }

  private static void write(OutputStream stream, byte[] content) throws Exception {
    try (stream) {
      stream.write(content);
    }
  }

  private Path unpack(Compression kind, byte[] packed) throws Exception {
    Path file = Files.write(work.resolve("packed"), packed);
    Path target = work.resolve("unpacked");
    bulk().unpack(file, kind, target, BOUNDS, ProgressSink.none());
    return target;
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void contentComesBackAndZerosTakeNoRoom(Compression kind) throws Exception {
    byte[] content = new byte[6 << 20];
    byte[] noise = noise(300_001);
    System.arraycopy(noise, 0, content, 2_000_000, noise.length);
    Path unpacked = unpack(kind, pack(kind, content));
    assertThat(unpacked).hasBinaryContent(content);
    assertThat(allocated(unpacked)).isLessThan(content.length / 2);
    try (Stream<Path> left = Files.list(work)) {
      assertThat(left.map(Path::getFileName).map(Path::toString).filter(n -> n.startsWith("lib")))
          .hasSizeLessThanOrEqualTo(1);
    }
  }

  /** Bytes on the medium, as stat(1) counts them. */
  private static long allocated(Path file) throws Exception {
    Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
    return 512 * Long.parseLong(new String(stat.getInputStream().readAllBytes(), US_ASCII).strip());
  }

  @ParameterizedTest
  @EnumSource(names = {"XZ", "GZIP", "BZIP2"})
  void severalStreamsInARowAreOneFile(Compression kind) throws Exception {
    byte[] one = noise(5000);
    byte[] two = noise(7000);
    var both = new ByteArrayOutputStream();
    both.write(pack(kind, one));
    both.write(pack(kind, two));
    byte[] expected = Arrays.copyOf(one, 12_000);
    System.arraycopy(two, 0, expected, 5000, 7000);
    assertThat(unpack(kind, both.toByteArray())).hasBinaryContent(expected);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aBombIsNotUnpacked(Compression kind) throws Exception {
    byte[] bomb = pack(kind, new byte[16 << 20]);
    var problem = problem(() -> unpack(kind, bomb));
    assertThat(problem.code()).isEqualTo(Code.TOO_LARGE);
    assertThat(problem.cause()).contains("times as much");
  }

  @Test
  void whatIsLargerThanAnImageIsNotUnpacked() throws Exception {
    byte[] content = new byte[70 << 20];
    byte[] noise = noise(6 << 20);
    System.arraycopy(noise, 0, content, 0, noise.length);
    byte[] large = pack(Compression.GZIP, content);
    assertThat(problem(() -> unpack(Compression.GZIP, large)).cause()).contains("come out of it");
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void whatIsDamagedIsRefused(Compression kind) throws Exception {
    byte[] packed = pack(kind, noise(200_000));
    byte[] cut = Arrays.copyOf(packed, packed.length / 2);
    assertThat(problem(() -> unpack(kind, cut)).code()).isEqualTo(Code.MALFORMED);
    byte[] other = noise(1000);
    assertThat(problem(() -> unpack(kind, other)).code()).isEqualTo(Code.MALFORMED);
  }

  @Test
  void aDictionaryThatTakesAllMemoryIsRefused() throws Exception {
    var options = new LZMA2Options(0);
    options.setDictSize(512 << 20);
    var bytes = new ByteArrayOutputStream();
    // Written as xz writes it; only the header says that much memory is needed.
    try (var out = new XZOutputStream(bytes, new LZMA2Options(0))) {
      out.write(1);
    }
    byte[] packed = bytes.toByteArray();
    assertThat(options.getDecoderMemoryUsage()).isGreaterThan(100 << 10);
    packed[16] = 40; // XZ file format, 5.3.1: dictionary of 4 GiB - 1
    var crc = new java.util.zip.CRC32();
    crc.update(packed, 12, 8);
    for (int i = 0; i < 4; i++) {
      packed[20 + i] = (byte) (crc.getValue() >> (8 * i));
    }
    assertThat(problem(() -> unpack(Compression.XZ, packed)).code()).isEqualTo(Code.MALFORMED);
  }
}
