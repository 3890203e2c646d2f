package dev.kelvin.image.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.host.program.SetprivConfiner;
import dev.kelvin.host.program.WorkerProcess.Limits;
import dev.kelvin.image.web.Answer;
import dev.kelvin.image.web.FileRequest;
import dev.kelvin.image.web.Unfinished;
import dev.kelvin.image.web.WebLimits;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads by workers that have gone over to somebody else: each is a shell script. */
class RogueDownloadTest {
  private static final String URL = "https://publisher.example/disk.qcow2";
  private static final WebLimits WEB =
      new WebLimits(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofMillis(1500), 3);
  private static final Limits LIMITS =
      new Limits(ByteSize.ofGiB(2), 4096, 50, 20, Duration.ofSeconds(1), Duration.ofSeconds(1));

  @TempDir private Path directory;

  private Answer answer(String script) throws IOException, InterruptedException {
    var program = new WorkerProgram(List.of("sh", "-c", script), false);
    return new Workers(program, new SetprivConfiner(), LIMITS)
        .fetch(FileRequest.whole(URI.create(URL), WEB));
  }

  private String body(String script) throws IOException, InterruptedException {
    try (Answer answer = answer(script)) {
      return new String(answer.body().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private Problem problem(String script) {
    return assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> body(script))
        .actual()
        .problem();
  }

  private static String say(String report) {
    return "echo '" + report + "' >&2; ";
  }

  private static String head(String uri, int status, String headers) {
    return say(
        "{\"head\":{\"answer\":{\"uri\":\"%s\",\"status\":%d,\"headers\":{%s}}}}"
            .formatted(uri, status, headers));
  }

  private static String head() {
    return head(URL, 200, "\"etag\":\"\\\"v1\\\"\"");
  }

  private static String done() {
    return say("{\"done\":{\"result\":\"\"}}");
  }

  @Test
  void whatItWritesIsTheBodyAndItIsToldInSecret() throws Exception {
    try (Answer answer = answer(head() + "cat; " + done())) {
      assertThat(answer.head().status()).isEqualTo(200);
      assertThat(answer.head().header("ETag")).contains("\"v1\"");
      assertThat(new String(answer.body().readAllBytes(), StandardCharsets.UTF_8))
          .contains("\"fetch\"", URL);
    }
  }

  @Test
  void itMayLiveAsLongAsBytesCome() throws Exception {
    String slowly = "for i in 1 2 3; do printf x; sleep 0.8; done; ";
    assertThat(body(head() + slowly + done())).isEqualTo("xxx");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"head\":{}}",
        "{\"head\":{\"answer\":{\"status\":200}}}",
        "{\"head\":{\"answer\":{\"uri\":\"file:///etc/shadow\",\"status\":200}}}",
        "{\"head\":{\"answer\":{\"uri\":\"http://publisher.example/\",\"status\":200}}}",
        "{\"head\":{\"answer\":{\"uri\":\"https:nowhere\",\"status\":200}}}",
        "{\"head\":{\"answer\":{\"uri\":\"https://a/\",\"status\":99999}}}",
        "{\"head\":{\"answer\":{\"uri\":\"https://a/\",\"status\":200,\"headers\":{\"a\":\"b\"}}}}",
        "{\"head\":{\"answer\":{\"uri\":\"https://a/\",\"status\":200,\"headers\":{\"etag\":null}}}}",
        "{\"head\":{\"answer\":{\"uri\":\"https://a/\",\"status\":200,"
            + "\"headers\":{\"etag\":\"a\\u001b[31m\"}}}}",
        "{\"head\":{\"answer\":{\"uri\":\"https://a/\\u202e\",\"status\":200}}}",
        "{\"broken\":{}}",
        "{\"progress\":{\"read\":1}}",
        "{\"done\":{\"result\":\"\"}}",
        "{"
      })
  void garbageIsAProblem(String line) {
    // The shell's own echo knows escapes.
    Problem problem = problem(say(line.replace("\\", "\\\\")) + "sleep 60");
    assertThat(problem.code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(problem.detail()).isEqualTo("A worker says what makes no sense");
    assertThat(problem.object()).isEqualTo(URL);
  }

  @Test
  void aHeaderIsBounded() {
    assertThat(problem(head(URL, 200, "\"etag\":\"" + "a".repeat(501) + "\"")).detail())
        .contains("no sense");
  }

  @Test
  void thereIsOneAnswerAndOneEnd() {
    assertThat(problem(head() + head() + "sleep 60").cause()).contains("no answer");
    assertThat(problem(head() + done() + done()).cause()).contains("goes on after its end");
  }

  @Test
  void oneThatIsKilledBreaksOff() throws Exception {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> body("kill -9 $$"))
        .withMessage("what downloads was killed");
    try (Answer answer = answer(head() + "printf content; kill -9 $$")) {
      assertThat(answer.body().readNBytes(7)).asString().isEqualTo("content");
      assertThatExceptionOfType(Unfinished.class)
          .isThrownBy(() -> answer.body().read(new byte[9]))
          .withMessage("what downloads was killed");
    }
  }

  @Test
  void oneThatEndsWithoutAWordIsAProblem() {
    assertThat(problem(head() + "echo 'no memory' >&2; exit 3").cause())
        .isEqualTo("its exit code is 3: no memory");
    assertThat(problem("exit 0").object()).isEqualTo(URL);
  }

  @Test
  void whyItBreaksOffIsSaidInOneLine() {
    String line = say("{\"broken\":{\"why\":\"a\\\\u009b31m\\\\nb\"}}");
    assertThatExceptionOfType(Unfinished.class)
        .isThrownBy(() -> body(head() + line))
        .withMessage("a 31m b");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> body(line))
        .withMessage("a 31m b");
  }

  @Test
  void oneThatSaysNothingIsAStall() throws Exception {
    try (Answer answer = answer(head() + "printf content; sleep 600")) {
      assertThat(answer.body().readNBytes(7)).hasSize(7);
      assertThatExceptionOfType(Unfinished.class)
          .isThrownBy(() -> answer.body().read(new byte[9]))
          .withMessage("the server has sent nothing for 1 s");
    }
  }

  @Test
  void oneWithoutEndIsEndedByWhoeverHasEnough() throws Exception {
    Path pids = Files.createDirectory(directory.resolve("pids"));
    try (Answer answer = answer(head() + "mkdir '" + pids + "/'$$; exec yes")) {
      assertThat(answer.body().readNBytes(5_000_000)).hasSize(5_000_000);
    }
    try (var made = Files.list(pids)) {
      String pid = made.findFirst().orElseThrow().getFileName().toString();
      assertThat(Path.of("/proc", pid)).doesNotExist();
    }
  }

  @Test
  void itNamesNoOtherObjectsThanServers() {
    String failed =
        "{\"failed\":{\"problem\":{\"code\":\"%s\",\"detail\":\"no\",\"object\":\"%s\"}}}";
    Problem redirected =
        problem(say(failed.formatted("unavailable", "https://mirror.example/disk")));
    assertThat(redirected.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(redirected.object()).isEqualTo("https://mirror.example/disk");
    Problem other = problem(say(failed.formatted("forbidden", "vm/other")));
    assertThat(other.code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(other.object()).isEqualTo(URL);
  }

  @Test
  void placesAreGivenBack() throws Exception {
    var program = new WorkerProgram(List.of("sh", "-c", head() + "printf x; " + done()), false);
    var workers = new Workers(program, new SetprivConfiner(), LIMITS);
    var request = FileRequest.whole(URI.create(URL), WEB);
    for (int i = 0; i < 6; i++) {
      try (Answer answer = workers.fetch(request)) {
        assertThat(answer.body().readAllBytes()).hasSize(1);
      }
    }
  }
}
