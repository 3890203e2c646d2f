package dev.kelvin.image.pull;

import static dev.kelvin.image.pull.PullBench.problem;
import static dev.kelvin.image.pull.PullBench.puller;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether a publisher can be reached is known soon, whatever it does. */
class ReachTest {
  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final byte[] CONTENT = PullBench.noise(3_000);

  @TempDir Path directory;
  private HostileServer server;

  @BeforeEach
  void start() throws Exception {
    server = HostileServer.start();
    server.serves("/SUMS", PullBench.sha256(CONTENT) + "  disk.raw\n");
    server.serves("/disk.raw", CONTENT);
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private PullPlan plan() {
    return PullBench.withSums(server.url("/disk.raw"), server.url("/SUMS"));
  }

  private void reach(PullPlan plan) throws InterruptedException {
    puller(directory).reach(plan, LIMIT);
  }

  private Problem refusal(PullPlan plan) {
    long start = System.nanoTime();
    Problem problem = problem(() -> reach(plan));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LIMIT.plusSeconds(2));
    return problem;
  }

  @Test
  void oneThatAnswersIsReached() {
    assertThatCode(() -> reach(plan())).doesNotThrowAnyException();
    assertThat(server.requests("/SUMS")).hasSize(1);
    assertThat(server.requests("/disk.raw")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/SUMS", "/disk.raw"})
  void oneThatSaysNothingIsGivenUp(String path) {
    server.on(path, (request, wire) -> wire.stall());
    assertThat(refusal(plan()).code()).isEqualTo(Code.UNAVAILABLE);
  }

  @Test
  void oneThatStallsInTheSumsIsGivenUp() {
    server.on(
        "/SUMS",
        (request, wire) -> {
          wire.head(200, "Content-Length: 1000");
          wire.bytes(new byte[] {'a'});
          wire.stall();
        });
    assertThat(refusal(plan()).code()).isEqualTo(Code.UNAVAILABLE);
  }

  @ParameterizedTest
  @ValueSource(ints = {404, 403, 503})
  void aBadStatusIsTakenAtItsWordAtOnce(int status) {
    server.on("/SUMS", (request, wire) -> wire.whole(status, new byte[0]));
    Problem problem = refusal(plan());
    assertThat(problem.code()).isEqualTo(status == 404 ? Code.NOT_FOUND : Code.UNAVAILABLE);
    assertThat(problem.cause()).contains(String.valueOf(status));
    assertThat(server.requests("/SUMS")).hasSize(1);
  }

  @Test
  void whereNobodyListensIsKnownAtOnce() throws IOException {
    int free;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    String base = "http://127.0.0.1:" + free;
    Problem problem = refusal(PullBench.withSums(base + "/disk.raw", base + "/SUMS"));
    assertThat(problem.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(problem.remedy()).contains("--mirror");
  }

  @Test
  void aNameThatNobodyKnowsIsNoMinutesOfWaiting() {
    String base = "http://nowhere.invalid";
    Problem problem = refusal(PullBench.withSums(base + "/disk.raw", base + "/SUMS"));
    assertThat(problem.code()).isEqualTo(Code.UNAVAILABLE);
  }
}
