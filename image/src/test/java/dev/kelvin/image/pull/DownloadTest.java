package dev.kelvin.image.pull;

import static dev.kelvin.image.pull.PullBench.download;
import static dev.kelvin.image.pull.PullBench.plan;
import static dev.kelvin.image.pull.PullBench.problem;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.image.bulk.BulkWork;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Verification;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads from a server on the loopback that does every wrong thing. */
class DownloadTest {
  private static final String PATH = "/disk.raw";

  @TempDir private Path work;
  private final byte[] content = PullBench.noise(300_000);
  private HostileServer server;

  @BeforeEach
  void start() throws IOException {
    server = HostileServer.start();
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private void comes() throws Exception {
    var provenance = download(plan(server.url(PATH), content), work);
    assertThat(work.resolve("download")).hasBinaryContent(content);
    assertThat(provenance.verification()).isEqualTo(Verification.CHECKSUM);
  }

  private Problem fails() throws Exception {
    PullPlan plan = plan(server.url(PATH), content);
    return problem(() -> download(plan, work));
  }

  @Test
  void goesOnAfterEachBreak() throws Exception {
    server.on(PATH, (request, wire) -> wire.piece(request, content, 70_000, "\"v1\""));
    comes();
    assertThat(server.requests(PATH)).hasSizeGreaterThan(3);
    assertThat(server.requests(PATH).get(1).header("if-range")).contains("\"v1\"");
    assertThat(server.requests(PATH).get(1).offset()).isPositive();
  }

  @Test
  void goesOnWithWhatAnEarlierDaemonLeft() throws Exception {
    var first = new AtomicInteger();
    server.on(
        PATH,
        (request, wire) -> {
          if (first.incrementAndGet() == 1) {
            wire.piece(request, content, 200_000, "\"v1\"");
            wire.stall();
          }
          wire.piece(request, content, content.length, "\"v1\"");
        });
    PullPlan plan = plan(server.url(PATH), content);
    var ended = new AtomicReference<Throwable>();
    Thread daemon =
        Thread.ofVirtual()
            .start(() -> {
              try {
                new Puller(PullLimits.usual(), work.resolve("keys"), BulkWork.here())
                    .download(plan, work, ProgressSink.none());
              } catch (InterruptedException | RuntimeException e) {
                ended.set(e);
              }
            });
    Path part = work.resolve("download");
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!(Files.exists(part) && Files.size(part) >= 200_000)) {
      assertThat(System.nanoTime()).as("the first piece comes").isLessThan(deadline);
      Thread.onSpinWait();
    }
    daemon.interrupt();
    daemon.join();
    assertThat(ended.get()).isInstanceOf(InterruptedException.class);
    comes();
    assertThat(server.requests(PATH)).hasSize(2);
    assertThat(server.requests(PATH).get(1).offset()).isEqualTo(200_000);
  }

  @Test
  void beginsAgainWhenTheFileHasChanged() throws Exception {
    byte[] old = PullBench.noise(250_000);
    var count = new AtomicInteger();
    server.on(
        PATH,
        (request, wire) -> {
          if (count.incrementAndGet() == 1) {
            wire.head(200, "Content-Length: " + old.length, "ETag: \"v1\"");
            wire.bytes(Arrays.copyOf(old, 100_000));
          } else {
            wire.piece(request, content, content.length, "\"v2\"");
          }
        });
    comes();
    assertThat(server.requests(PATH).get(1).header("if-range")).contains("\"v1\"");
  }

  @Test
  void beginsAgainWhenRangesAreRefused() throws Exception {
    var count = new AtomicInteger();
    server.on(
        PATH,
        (request, wire) -> {
          wire.head(200, "Content-Length: " + content.length, "ETag: \"v1\"");
          wire.bytes(count.incrementAndGet() < 2 ? Arrays.copyOf(content, 50_000) : content);
        });
    comes();
  }

  @Test
  void aWeakTagIsNoReasonToGoOn() throws Exception {
    var count = new AtomicInteger();
    server.on(
        PATH,
        (request, wire) -> {
          wire.head(200, "Content-Length: " + content.length, "ETag: W/\"v1\"");
          wire.bytes(count.incrementAndGet() < 2 ? Arrays.copyOf(content, 50_000) : content);
        });
    comes();
    assertThat(server.requests(PATH).get(1).header("range")).isEmpty();
  }

  @Test
  void aWrongPartIsThrownAway() throws Exception {
    var count = new AtomicInteger();
    server.on(
        PATH,
        (request, wire) -> {
          switch (count.incrementAndGet()) {
            case 1 -> wire.piece(request, content, 100_000, "\"v1\"");
            case 2 -> {
              wire.head(
                  206,
                  "Content-Length: 10",
                  "Content-Range: bytes 5-14/" + content.length,
                  "ETag: \"v1\"");
              wire.bytes(new byte[10]);
            }
            default -> wire.piece(request, content, content.length, "\"v1\"");
          }
        });
    comes();
  }

  @Test
  void theRestThatIsNotThereMeansFromTheStart() throws Exception {
    var count = new AtomicInteger();
    server.on(
        PATH,
        (request, wire) -> {
          if (count.incrementAndGet() == 2) {
            wire.whole(416, new byte[0]);
          } else {
            wire.piece(request, content, count.get() == 1 ? 100_000 : content.length, "\"v1\"");
          }
        });
    comes();
  }

  @Test
  void givesUpOnAServerThatAlwaysBreaksOffAtTheSamePlace() throws Exception {
    server.on(
        PATH,
        (request, wire) -> {
          wire.head(200, "Content-Length: " + content.length);
          wire.bytes(Arrays.copyOf(content, 50_000));
        });
    Problem problem = fails();
    assertThat(problem.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(problem.cause()).contains("broke off").contains("had come");
    assertThat(server.requests(PATH)).hasSize(PullBench.LIMITS.attempts());
  }

  @Test
  void noticesAServerThatStalls() throws Exception {
    server.stalls(PATH, content);
    assertThat(fails().cause()).contains("sent nothing");
  }

  @Test
  void noticesAServerThatNeverAnswers() throws Exception {
    server.on(PATH, (request, wire) -> wire.stall());
    Problem problem = fails();
    assertThat(problem.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(problem.cause()).contains("does not answer in time");
  }

  @Test
  void moreThanWasAnnouncedIsNotTaken() throws Exception {
    server.on(
        PATH,
        (request, wire) -> {
          wire.head(200, "Content-Length: " + content.length);
          wire.bytes(content);
          wire.bytes(new byte[5000]);
        });
    comes();
  }

  @Test
  void aFileWithoutALengthEndsWithTheConnection() throws Exception {
    server.on(
        PATH,
        (request, wire) -> {
          wire.head(200);
          wire.bytes(content);
        });
    comes();
  }

  @Test
  void aFileWithoutALengthIsNotEndless() throws Exception {
    server.on(
        PATH,
        (request, wire) -> {
          wire.head(200);
          byte[] piece = new byte[1 << 20];
          for (int i = 0; i < 100; i++) {
            wire.bytes(piece);
          }
        });
    assertThat(fails().code()).isEqualTo(Code.TOO_LARGE);
  }

  @Test
  void aFileThatSaysItIsTooLargeIsNotBegun() throws Exception {
    server.on(
        PATH,
        (request, wire) -> {
          wire.head(200, "Content-Length: 99999999999999");
          // A connection that ends at once may be noticed before what came over it.
          wire.stall();
        });
    assertThat(fails().code()).isEqualTo(Code.TOO_LARGE);
    assertThat(work.resolve("download")).doesNotExist();
  }

  @Test
  void aFileForWhichThereIsNoRoomIsNotBegun() throws Exception {
    var limits = PullBench.LIMITS;
    long more = Files.getFileStore(work).getUsableSpace();
    var puller =
        new Puller(
            new PullLimits(
                limits.connect(),
                limits.header(),
                limits.stall(),
                limits.attempts(),
                limits.backoff(),
                limits.longestRetryAfter(),
                limits.redirects(),
                new dev.kelvin.model.ByteSize(Long.MAX_VALUE),
                limits.ratio(),
                limits.free()),
            work.resolve("keys"),
            BulkWork.here());
    server.on(PATH, (request, wire) -> wire.head(200, "Content-Length: " + more));
    PullPlan plan = plan(server.url(PATH), content);
    Problem problem = problem(() -> puller.download(plan, work, ProgressSink.none()));
    assertThat(problem.code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(problem.detail()).contains("no room");
    assertThat(work.resolve("download")).doesNotExist();
  }

  @Test
  void aPageIsNoImage() throws Exception {
    server.on(
        PATH,
        (request, wire) ->
            wire.whole(
                200,
                "<html>".getBytes(StandardCharsets.UTF_8),
                "Content-Type: text/html; charset=utf-8"));
    Problem problem = fails();
    assertThat(problem.code()).isEqualTo(Code.MALFORMED);
    assertThat(problem.detail()).contains("page");
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 410})
  void whatIsNotThereIsNotAskedForAgain(int status) throws Exception {
    server.on(PATH, (request, wire) -> wire.whole(status, new byte[0]));
    assertThat(fails().code()).isEqualTo(Code.NOT_FOUND);
    assertThat(server.requests(PATH)).hasSize(1);
  }

  @Test
  void whatIsForbiddenIsNotAskedForAgain() throws Exception {
    server.on(PATH, (request, wire) -> wire.whole(403, new byte[0]));
    assertThat(fails().detail()).contains("does not give");
    assertThat(server.requests(PATH)).hasSize(1);
  }

  @Test
  void aServerInTroubleIsAskedAgain() throws Exception {
    var count = new AtomicInteger();
    server.on(
        PATH,
        (request, wire) -> {
          if (count.incrementAndGet() == 1) {
            wire.whole(500, new byte[0]);
          } else {
            wire.whole(200, content);
          }
        });
    comes();
  }

  @Test
  void aServerThatAsksForTimeIsGivenIt() throws Exception {
    var count = new AtomicInteger();
    server.on(
        PATH,
        (request, wire) -> {
          if (count.incrementAndGet() == 1) {
            wire.whole(503, new byte[0], "Retry-After: 1");
          } else {
            wire.whole(200, content);
          }
        });
    long begun = System.nanoTime();
    comes();
    assertThat(System.nanoTime() - begun).isGreaterThan(1_000_000_000L);
  }

  @Test
  void aServerThatAsksForTooMuchTimeIsNotWaitedFor() throws Exception {
    server.on(PATH, (request, wire) -> wire.whole(503, new byte[0], "Retry-After: 86400"));
    assertThat(fails().cause()).contains("come back after");
    assertThat(server.requests(PATH)).hasSize(1);
  }

  @Test
  void redirectsAreFollowed() throws Exception {
    server.on(PATH, (request, wire) -> wire.whole(302, new byte[0], "Location: /other"));
    server.serves("/other", content);
    comes();
  }

  @Test
  void redirectsInCirclesAreNoticed() throws Exception {
    server.on(PATH, (request, wire) -> wire.whole(301, new byte[0], "Location: /other"));
    server.on("/other", (request, wire) -> wire.whole(301, new byte[0], "Location: " + PATH));
    assertThat(fails().cause()).contains("circle");
    assertThat(server.requests(PATH)).hasSize(1);
  }

  @Test
  void redirectsWithoutEndAreNoticed() throws Exception {
    server.on(PATH, (request, wire) -> wire.whole(302, new byte[0], "Location: /1"));
    for (int i = 1; i < 9; i++) {
      String next = "Location: /" + (i + 1);
      server.on("/" + i, (request, wire) -> wire.whole(302, new byte[0], next));
    }
    assertThat(fails().cause()).contains("more than 5 times");
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:///etc/passwd", "ftp://127.0.0.1/x", "http://a b/", ""})
  void redirectsToAnythingButTheWebAreRefused(String location) throws Exception {
    server.on(PATH, (request, wire) -> wire.whole(302, new byte[0], "Location: " + location));
    assertThat(fails().detail()).contains("leads nowhere");
  }

  @Test
  void garbageInsteadOfHttpIsAClearFailure() throws Exception {
    server.on(
        PATH,
        (request, wire) -> wire.bytes("SSH-2.0-OpenSSH\r\n\r\n".getBytes(StandardCharsets.UTF_8)));
    assertThat(fails().code()).isEqualTo(Code.UNAVAILABLE);
  }

  @Test
  void aServerThatIsNotThereIsAClearFailure() throws Exception {
    PullPlan plan = plan(server.url(PATH), content);
    server.close();
    Problem problem = problem(() -> download(plan, work));
    assertThat(problem.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(problem.cause()).isNotBlank().doesNotContain("null");
  }

  @Test
  void aCertificateThatNobodyKnowsIsRefused() throws Exception {
    try (var secure = HostileServer.start(TestTls.make())) {
      secure.serves(PATH, content);
      PullPlan plan = plan(secure.url(PATH), content);
      Problem problem = problem(() -> download(plan, work));
      assertThat(problem.detail()).contains("cannot be trusted");
      assertThat(secure.requests(PATH)).isEmpty();
    }
  }

  @Test
  void fromHttpsToHttpNoRedirectIsFollowed() throws Exception {
    server.serves(PATH, content);
    TestTls tls = TestTls.make();
    try (var secure = HostileServer.start(tls)) {
      String plain = server.url(PATH);
      secure.serves("/good", content);
      secure.on(PATH, (request, wire) -> wire.whole(302, new byte[0], "Location: " + plain));
      var puller =
          new Puller(
              PullBench.LIMITS,
              work.resolve("keys"),
              BulkWork.here(Optional.of(tls.client())),
              Optional.of(tls.client()));
      PullPlan plan = plan(secure.url(PATH), content);
      Problem problem = problem(() -> puller.download(plan, work, ProgressSink.none()));
      assertThat(problem.cause()).contains("from https to http");
      assertThat(server.requests(PATH)).isEmpty();
      PullPlan unsigned = plan(secure.url("/good"), (String) null);
      assertThat(puller.download(unsigned, work, ProgressSink.none()).verification())
          .isEqualTo(Verification.TRANSPORT);
      // In the order of the JDK: a large file comes where the second compiler is.
      assertThat(secure.ciphers()).containsOnly("TLS_AES_256_GCM_SHA384");
    }
  }

  @Test
  void smallFilesComeByTheCipherThatIsFastInADaemon() throws Exception {
    TestTls tls = TestTls.make();
    try (var secure = HostileServer.start(tls)) {
      secure.serves("/SUMS", PullBench.sha256(content) + "  disk.raw\n");
      server.serves(PATH, content);
      PullPlan sums = PullBench.withSums(server.url(PATH), secure.url("/SUMS"));
      assertThat(
              new Puller(
                      PullBench.LIMITS,
                      work.resolve("keys"),
                      BulkWork.here(),
                      Optional.of(tls.client()))
                  .download(sums, work, ProgressSink.none())
                  .verification())
          .isEqualTo(Verification.SUMS);
      assertThat(secure.ciphers()).containsExactly("TLS_CHACHA20_POLY1305_SHA256");
    }
  }
}
