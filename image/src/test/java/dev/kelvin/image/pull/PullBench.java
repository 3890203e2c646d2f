package dev.kelvin.image.pull;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.image.bulk.BulkWork;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.Provenance;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/** What the tests of pulls share: short limits, content, and plans. */
final class PullBench {
  /** Short enough for a test, long enough for a busy host. */
  static final PullLimits LIMITS =
      new PullLimits(
          Duration.ofSeconds(5),
          Duration.ofSeconds(2),
          Duration.ofMillis(700),
          3,
          Duration.ofMillis(5),
          Duration.ofSeconds(20),
          5,
          ByteSize.ofMiB(64),
          20,
          ByteSize.ofMiB(8));

  private PullBench() {}

  static byte[] noise(int length) {
    byte[] content = new byte[length];
    new Random(length).nextBytes(content);
    return content;
  }

  static String sha256(byte[] content) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
  }

  static PullPlan plan(String url, byte[] content) throws Exception {
    return plan(url, "sha256:" + sha256(content));
  }

  static PullPlan plan(String url, @Nullable String checksum) {
    return new PullPlan(
        url, Format.RAW, Compression.of(url), checksum, null, null, List.of(), true);
  }

  static PullPlan withSums(String url, String sums) {
    return new PullPlan(url, Format.RAW, Compression.of(url), null, sums, null, List.of(), true);
  }

  static Puller puller(Path directory) {
    return new Puller(LIMITS, directory.resolve("keys"), BulkWork.here());
  }

  static Provenance download(PullPlan plan, Path work) throws InterruptedException {
    return puller(work).download(plan, work, ProgressSink.none());
  }

  static Problem problem(ThrowingCallable call) {
    var problems = new ArrayList<Problem>();
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ProblemException.class, e -> problems.add(e.problem()));
    return problems.getFirst();
  }
}
