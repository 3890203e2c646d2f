package dev.kelvin.image.pull;

import static dev.kelvin.image.pull.PullBench.download;
import static dev.kelvin.image.pull.PullBench.problem;
import static dev.kelvin.image.pull.PullBench.puller;
import static dev.kelvin.image.pull.PullBench.sha256;
import static dev.kelvin.image.pull.PullBench.withSums;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Provenance;
import dev.kelvin.model.Image.Verification;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.bouncycastle.bcpg.HashAlgorithmTags;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What vouches for a file, and what is refused because it does not. */
class SumsAndSignaturesTest {
  private static final String DISK = "/disk.qcow2";
  private static final String SUMS = "/SHA256SUMS";

  private static TestPgp publisher;
  private static TestPgp stranger;

  @TempDir private Path work;
  private final byte[] content = PullBench.noise(10_000);
  private HostileServer server;
  private String sums;

  @BeforeAll
  static void makeKeys() throws Exception {
    publisher = TestPgp.make();
    stranger = TestPgp.make();
  }

  @BeforeEach
  void start() throws Exception {
    server = HostileServer.start();
    server.serves(DISK, content);
    sums = "ab".repeat(32) + "  other.img\n" + sha256(content) + "  disk.qcow2\n";
    server.serves(SUMS, sums);
    server.serves("/key", publisher.armoredKey());
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private PullPlan signedPlan(@Nullable String signature, TestPgp by) {
    PullPlan plan = withSums(server.url(DISK), server.url(SUMS));
    return new PullPlan(
        plan.url(),
        plan.format(),
        plan.compression(),
        null,
        plan.sums(),
        signature == null ? null : server.url(signature),
        List.of(new PullPlan.Key(by.fingerprint(), List.of(), server.url("/key"))),
        false);
  }

  @Test
  void theSumsOfThePublisherCount() throws Exception {
    Provenance found = download(withSums(server.url(DISK), server.url(SUMS)), work);
    assertThat(found.checksum()).isEqualTo("sha256:" + sha256(content));
    assertThat(found.verification()).isEqualTo(Verification.NONE); // over plain http
  }

  @Test
  void aWrongChecksumLeavesNothing() throws Exception {
    server.serves(SUMS, sums.replace(sha256(content), "cd".repeat(32)));
    PullPlan plan = withSums(server.url(DISK), server.url(SUMS));
    Problem problem = problem(() -> download(plan, work));
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.cause()).contains(sha256(content)).contains("cd".repeat(32));
    assertThat(work).isEmptyDirectory();
  }

  @Test
  void aFileThatWasReplacedAfterItsSumsIsHeldAgainstTheNewOnes() throws Exception {
    var count = new AtomicInteger();
    String old = sums.replace(sha256(content), "cd".repeat(32));
    server.on(
        SUMS,
        (request, wire) -> {
          String now = count.incrementAndGet() == 1 ? old : sums;
          wire.whole(200, now.getBytes(StandardCharsets.UTF_8));
        });
    assertThat(download(withSums(server.url(DISK), server.url(SUMS)), work).checksum())
        .isEqualTo("sha256:" + sha256(content));
  }

  @Test
  void overPlainHttpSumsVouchForNothing() throws Exception {
    PullPlan plan = withSums(server.url(DISK), server.url(SUMS));
    var secure =
        new PullPlan(
            plan.url(),
            plan.format(),
            plan.compression(),
            null,
            plan.sums(),
            null,
            List.of(),
            false);
    assertThat(problem(() -> download(secure, work)).detail()).contains("Nothing vouches");
    assertThat(server.requests(DISK)).isEmpty();
  }

  @Test
  void aDetachedSignatureCounts() throws Exception {
    byte[] text = sums.getBytes(StandardCharsets.UTF_8);
    server.serves("/SUMS.gpg", publisher.detached(text, HashAlgorithmTags.SHA512));
    Provenance found = download(signedPlan("/SUMS.gpg", publisher), work);
    assertThat(found.verification()).isEqualTo(Verification.SIGNATURE);
    assertThat(found.signer()).isEqualTo(publisher.fingerprint());
  }

  @Test
  void aClearSignatureCountsAndOnlyWhatIsInIt() throws Exception {
    server.serves(SUMS, publisher.clear("# trailing blanks  \n\n" + sums));
    assertThat(download(signedPlan(null, publisher), work).verification())
        .isEqualTo(Verification.SIGNATURE);
    byte[] evil = PullBench.noise(9_000);
    server.serves(DISK, evil);
    String signed = new String(publisher.clear(sums), StandardCharsets.UTF_8);
    String line = sha256(evil) + "  disk.qcow2\n";
    for (String tampered :
        List.of(line + signed, signed + line, signed.replace(sha256(content), sha256(evil)))) {
      server.serves(SUMS, tampered);
      Path fresh = Files.createTempDirectory(work, "t");
      assertThat(problem(() -> download(signedPlan(null, publisher), fresh)).code())
          .isEqualTo(Code.INVALID_ARGUMENT);
    }
  }

  @Test
  void whatIsNotSignedByThePublisherIsRefused() throws Exception {
    byte[] text = sums.getBytes(StandardCharsets.UTF_8);
    server.serves("/stranger", stranger.detached(text, HashAlgorithmTags.SHA256));
    assertThat(problem(() -> download(signedPlan("/stranger", publisher), work)).cause())
        .contains("none of the publisher's keys");
    server.serves(
        "/other",
        publisher.detached("other".getBytes(StandardCharsets.UTF_8), HashAlgorithmTags.SHA256));
    assertThat(problem(() -> download(signedPlan("/other", publisher), work)).cause())
        .contains("not what was signed");
    server.serves("/weak", publisher.detached(text, HashAlgorithmTags.SHA1));
    assertThat(problem(() -> download(signedPlan("/weak", publisher), work)).cause())
        .contains("forged");
    server.serves("/garbage", "no signature at all");
    assertThat(problem(() -> download(signedPlan("/garbage", publisher), work)).detail())
        .contains("not good");
    assertThat(problem(() -> download(signedPlan("/nowhere", publisher), work)).code())
        .isEqualTo(Code.NOT_FOUND);
    assertThat(problem(() -> download(signedPlan(null, publisher), work)).cause())
        .contains("not signed");
    assertThat(server.requests(DISK)).isEmpty();
  }

  @Test
  void aKeyCountsByItsFingerprintWhereverItComesFrom() throws Exception {
    byte[] text = sums.getBytes(StandardCharsets.UTF_8);
    server.serves("/sig", stranger.detached(text, HashAlgorithmTags.SHA256));
    Problem problem = problem(() -> download(signedPlan("/sig", stranger), work));
    assertThat(problem.detail()).contains("The key").contains("cannot be had");
    assertThat(problem.cause()).contains("none has this fingerprint");
    Path keys = Files.createDirectories(work.resolve("keys"));
    Files.write(keys.resolve("stranger.asc"), stranger.armoredKey());
    assertThat(
            puller(work).download(signedPlan("/sig", stranger), work, ProgressSink.none()).signer())
        .isEqualTo(stranger.fingerprint());
  }

  @Test
  void sumsWithoutEndAreNotRead() {
    server.on(
        SUMS,
        (request, wire) -> {
          wire.head(200);
          for (int i = 0; i < 5; i++) {
            wire.bytes(new byte[1 << 20]);
          }
        });
    PullPlan plan = withSums(server.url(DISK), server.url(SUMS));
    assertThat(problem(() -> download(plan, work)).code()).isEqualTo(Code.TOO_LARGE);
  }
}
