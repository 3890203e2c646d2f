package dev.kelvin.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.image.bulk.BulkWork;
import dev.kelvin.image.bulk.Workers;
import dev.kelvin.image.web.FileRequest;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Downloads by the processes that the daemon has for them. */
class WorkerDownloadTest {
  private static final String PATH = "/disk.raw";
  private static final String TAG = "\"v1\"";

  @TempDir private Path work;
  private final byte[] content = PullBench.noise(700_000);
  private BulkWork workers;
  private HostileServer server;

  @BeforeEach
  void start() throws IOException {
    workers = Workers.ofProcess(CellConfiner.ofHost());
    server = HostileServer.start();
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
    assertThat(downloading()).as("workers that are left").isEmpty();
  }

  /** The processes of this one that download. */
  private static List<ProcessHandle> downloading() {
    return ProcessHandle.current().children().filter(WorkerDownloadTest::isWorker).toList();
  }

  private static boolean isWorker(ProcessHandle one) {
    return one.info().commandLine().filter(line -> line.contains("bulk.WorkerMain")).isPresent();
  }

  private void download(ProgressSink progress) throws Exception {
    new Puller(PullBench.LIMITS, work.resolve("keys"), workers)
        .download(PullBench.plan(server.url(PATH), content), work, progress);
  }

  private void comes() throws Exception {
    download(ProgressSink.none());
    assertThat(work.resolve("download")).hasBinaryContent(content);
  }

  private Problem fails() {
    return PullBench.problem(() -> download(ProgressSink.none()));
  }

  @Test
  void goesOnAfterABreakAndFollowsRedirects() throws Exception {
    server.on(PATH, (request, wire) -> wire.whole(302, new byte[0], "Location: /other?key=1"));
    server.on("/other?key=1", (request, wire) -> wire.piece(request, content, 400_000, TAG));
    comes();
    var requests = server.requests("/other?key=1");
    assertThat(requests).hasSize(2);
    assertThat(requests.getFirst().header("user-agent").orElse("")).startsWith("kelvin/");
    assertThat(requests.getLast().offset()).isBetween(1L, 400_000L);
    assertThat(requests.getLast().header("if-range")).contains("\"v1\"");
  }

  @Test
  void oneThatIsKilledIsMadeUpFor() throws Exception {
    var count = new AtomicInteger();
    server.on(
        PATH,
        (request, wire) -> {
          wire.piece(
              request, content, count.incrementAndGet() == 1 ? 400_000 : content.length, TAG);
          wire.stall();
        });
    var said = new ArrayList<String>();
    var killed = new CompletableFuture<Boolean>();
    download(now -> {
      said.add(now.message());
      if (now.done() == 400_000 && !killed.isDone()) {
        killed.complete(downloading().stream().allMatch(ProcessHandle::destroyForcibly));
      }
    });
    assertThat(work.resolve("download")).hasBinaryContent(content);
    assertThat(killed.getNow(false)).isTrue();
    assertThat(said).contains("what downloads was killed; trying again");
    assertThat(server.requests(PATH).getLast().offset()).isEqualTo(400_000);
  }

  @Test
  void aServerThatStallsIsNoticedInTime() {
    server.stalls(PATH, content);
    assertThat(fails().cause()).startsWith("the server has sent nothing for 0 s");
  }

  @Test
  void whatIsWrongWithAServerIsSaidAsTheDaemonWould() throws Exception {
    server.on(PATH, (request, wire) -> wire.whole(302, new byte[0], "Location: " + PATH));
    Problem circle = fails();
    assertThat(circle.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(circle.object()).isEqualTo(server.url(PATH));
    assertThat(circle.cause())
        .isEqualTo("the redirects lead in a circle, back to " + server.url(PATH));
    try (var secure = HostileServer.start(TestTls.make())) {
      server.on(
          PATH,
          (request, wire) -> wire.whole(302, new byte[0], "Location: " + secure.url("/other")));
      Problem tls = fails();
      assertThat(tls.detail()).isEqualTo("The server cannot be trusted");
      assertThat(tls.object()).isEqualTo(secure.url("/other"));
      assertThat(tls.remedy()).contains("ca-certificates");
    }
  }

  @Test
  void aServerThatIsNotThereIsAClearFailure() throws Exception {
    server.close();
    Problem problem = fails();
    assertThat(problem.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(problem.cause()).isNotBlank().doesNotContain("null");
  }

  @Test
  void whoeverIsInterruptedLeavesNoWorker() throws Exception {
    server.on(
        PATH,
        (request, wire) -> {
          wire.piece(request, content, 1000, TAG);
          wire.stall();
        });
    var begun = new CompletableFuture<Integer>();
    var ended = new CompletableFuture<Throwable>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                new Puller(PullLimits.usual(), work.resolve("keys"), workers)
                    .download(
                        PullBench.plan(server.url(PATH), (String) null),
                        work,
                        now -> begun.complete(downloading().size()));
              } catch (InterruptedException | RuntimeException e) {
                ended.complete(e);
              }
            });
    assertThat(begun.get(30, TimeUnit.SECONDS)).isEqualTo(1);
    thread.interrupt();
    assertThat(ended.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    assertThat(downloading()).isEmpty();
  }

  @Test
  void itTrustsWhomTheDaemonTrustsAndHasNoSecretInItsArguments() throws Exception {
    TestTls tls = TestTls.make();
    // Whoever else is in this JVM goes on trusting the usual ones.
    assertThat(SSLContext.getDefault()).isNotNull();
    Map<String, String> trust =
        Map.of(
            "javax.net.ssl.trustStore",
            tls.trustStore(work.resolve("trust")).toString(),
            "javax.net.ssl.trustStorePassword",
            TestTls.PASSWORD);
    try (var secure = HostileServer.start(tls)) {
      secure.serves("/d?key=sesame", content);
      URI uri = URI.create(secure.url("/d?key=sesame"));
      var request = FileRequest.whole(uri, PullBench.LIMITS.web());
      trust.forEach(System::setProperty);
      try (var answer = workers.fetch(request)) {
        assertThat(downloading())
            .singleElement()
            .extracting(one -> one.info().commandLine().orElse(""))
            .asString()
            .doesNotContain("sesame");
        assertThat(answer.body().readAllBytes()).isEqualTo(content);
      } finally {
        trust.keySet().forEach(System::clearProperty);
      }
      assertThat(secure.ciphers()).containsExactly("TLS_AES_256_GCM_SHA384");
      assertThatExceptionOfType(dev.kelvin.model.ProblemException.class)
          .isThrownBy(() -> workers.fetch(request))
          .withMessageContaining("cannot be trusted");
    }
  }
}
