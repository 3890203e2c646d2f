package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.server.action.Outcome;
import java.io.EOFException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** What comes of actions reaches clients as the document says. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OutcomesTest {
  private TestServer server;

  @BeforeAll
  void start(@TempDir Path directory) {
    server = TestServer.start(directory);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  /** Sends a request whose action has this outcome, and holds the answer against the document. */
  private UnixClient.Answer answer(
      Outcome outcome, String method, String target, String... headers) {
    server.actions.script = what -> outcome;
    var answer = server.call(method, target, headers);
    Contract.check(method, target, answer);
    return answer;
  }

  private static JsonNode json(UnixClient.Answer answer) {
    assertThat(answer.header("content-type")).isEqualTo("application/json");
    return Documents.tree(answer.body());
  }

  @Test
  void aDocumentHasItsRevisionAsETag() {
    var answer = answer(new Outcome.Document(Samples.vm("web1"), 42L), "GET", "/v1/vms/web1");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("etag")).isEqualTo("\"42\"");
    assertThat(Documents.readTrusted(answer.body(), Vm.class)).isEqualTo(Samples.vm("web1"));
  }

  @Test
  void aDocumentWithoutRevisionHasNoETag() {
    var answer = answer(new Outcome.Document(Samples.vm("web1"), null), "GET", "/v1/vms/web1");
    assertThat(answer.headers()).doesNotContainKey("etag");
  }

  @Test
  void whatIsReadFromElsewhereComesWholeOrAsAProblem() {
    byte[] content = new byte[100_000];
    var whole = new Outcome.Download("text/plain", out -> out.write(content));
    assertThat(answer(whole, "GET", "/v1/vms/web1/log").body()).isEqualTo(content);

    // As when the daemon ends while it reads what a client sends.
    var broken =
        new Outcome.Download(
            "text/plain",
            out -> {
              throw new EOFException();
            });
    var answer = answer(broken, "GET", "/v1/vms/web1/log");
    assertThat(answer.status()).isEqualTo(503);
    assertThat(Documents.tree(answer.body()).path("code").asString()).isEqualTo("unavailable");
  }

  @Test
  void headHasTheHeadersOnly() {
    server.actions.script = what -> new Outcome.Document(Samples.vm("web1"), 42L);
    var answer = server.call("HEAD", "/v1/vms/web1");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("etag")).isEqualTo("\"42\"");
    assertThat(Integer.parseInt(answer.header("content-length"))).isGreaterThan(100);
  }

  @Test
  void aVmIsWrittenInYamlForThoseWhoLikeThatBetter() {
    var outcome = new Outcome.Document(Samples.vm("web1"), 42L);
    server.actions.script = what -> outcome;
    for (String accept :
        List.of("application/yaml", "text/yaml", "application/json;q=0.5, application/yaml")) {
      var answer = server.call("GET", "/v1/vms/web1", "Accept: " + accept);
      assertThat(answer.header("content-type")).isEqualTo("application/yaml");
      assertThat(Documents.read(answer.body(), Syntax.YAML, Vm.class))
          .isEqualTo(Samples.vm("web1"));
    }
    for (String accept :
        List.of("*/*", "application/json", "application/*", "text/html", "application/yaml;q=0")) {
      var answer = server.call("GET", "/v1/vms/web1", "Accept: " + accept);
      assertThat(answer.header("content-type")).as(accept).isEqualTo("application/json");
    }
  }

  @Test
  void aPageSaysWhatComesNext() {
    var outcome = new Outcome.Page(List.of(Samples.vm("web1"), Samples.vm("web2")), "web2", 99);
    JsonNode page = json(answer(outcome, "GET", "/v1/vms?limit=2"));
    assertThat(page.path("items")).hasSize(2);
    assertThat(page.path("next").asString()).isEqualTo("web2");
    assertThat(page.path("revision").asLong()).isEqualTo(99);
    JsonNode last = json(answer(new Outcome.Page(List.of(), null, 99), "GET", "/v1/vms"));
    assertThat(last.has("next")).isFalse();
    assertThat(last.path("items").isArray()).isTrue();
  }

  @Test
  void fieldsCutDocumentsDown() {
    var outcome = new Outcome.Page(List.of(Samples.vm("web1")), null, 1);
    JsonNode page =
        json(
            answer(
                outcome,
                "GET",
                "/v1/vms?fields=metadata.name,metadata.labels.team,spec.disks.size"));
    assertThat(page.path("items").get(0))
        .isEqualTo(
            Documents.tree(
                """
                {"metadata":{"name":"web1","labels":{"team":"blue"}},
                 "spec":{"disks":[{"size":"10GiB"},{"size":"512MiB"}]}}\
                """
                    .getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void longWorkHasATaskAndItsAddress() {
    var answer = answer(new Outcome.Accepted(ScriptedActions.TASK), "POST", "/v1/vms/web1/start");
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.header("location")).isEqualTo("/v1/tasks/" + ScriptedActions.TASK.id());
    assertThat(json(answer).path("state").asString()).isEqualTo("running");
  }

  @Test
  void nothingToSayIsSaidByStatus() {
    var answer = answer(new Outcome.Done(), "POST", "/v1/shutdown");
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.body()).isEmpty();
    server.actions.script = what -> new Outcome.Done();
    var keys = "{\"keys\":[\"a\"]}".getBytes(StandardCharsets.UTF_8);
    assertThat(server.send("POST", "/v1/vms/web1/keys", keys).status()).isEqualTo(204);
  }

  @Test
  void bytesKeepTheirType() {
    byte[] content = {(byte) 0x89, 'P', 'N', 'G'};
    var answer = answer(new Outcome.Bytes("image/png", content), "GET", "/v1/vms/web1/screenshot");
    assertThat(answer.header("content-type")).isEqualTo("image/png");
    assertThat(answer.header("x-content-type-options")).isEqualTo("nosniff");
    assertThat(answer.body()).isEqualTo(content);
  }

  @Test
  void aTicketIsCreated() {
    server.actions.script =
        what -> new Outcome.Ticket("abc", "/v1/consoles/abc", Duration.ofSeconds(30));
    byte[] body = "{\"kind\":\"vnc\"}".getBytes(StandardCharsets.UTF_8);
    var answer = server.send("POST", "/v1/vms/web1/consoles", body);
    Contract.check("POST", "/v1/vms/web1/consoles", answer);
    assertThat(answer.status()).isEqualTo(201);
    assertThat(json(answer).path("validSeconds").asLong()).isEqualTo(30);
  }

  @ParameterizedTest
  @EnumSource(Code.class)
  void everyProblemIsAProblemDocument(Code code) {
    var problem =
        new Problem(
            code,
            "It failed",
            "vm/web1",
            "spec.cpu",
            "a cause",
            "a remedy",
            List.of(new Problem.Violation("spec.cpu", "bad", "mend it")));
    server.actions.script =
        what -> {
          throw problem.asException();
        };
    var answer = server.call("GET", "/v1/vms/web1");
    Contract.check("GET", "/v1/vms/web1", answer);
    assertThat(answer.status()).isEqualTo(code.httpStatus());
    JsonNode document = Documents.tree(answer.body());
    assertThat(document.path("type").asString())
        .isEqualTo("https://kelvin.dev/problems/" + code.wire());
    assertThat(document.path("status").asInt()).isEqualTo(code.httpStatus());
    assertThat(Documents.readTrusted(document, Problem.class)).isEqualTo(problem);
  }

  @Test
  void aFaultIsAProblemToo() {
    server.actions.script =
        what -> {
          throw new IllegalStateException("a hole");
        };
    var answer = server.call("GET", "/v1/info", "X-Request-Id: my-request.1");
    Contract.check("GET", "/v1/info", answer);
    assertThat(answer.status()).isEqualTo(500);
    assertThat(Documents.tree(answer.body()).path("code").asString()).isEqualTo("internal");
    assertThat(answer.header("x-request-id")).isEqualTo("my-request.1");
  }

  @Test
  void everyAnswerHasARequestId() {
    server.actions.script = what -> new Outcome.Document(Samples.vm("web1"), null);
    String first = server.call("GET", "/v1/vms/web1").header("x-request-id");
    String second = server.call("GET", "/v1/vms/web1", "X-Request-Id: <b>").header("x-request-id");
    assertThat(first).isNotEmpty().isNotEqualTo(second);
    assertThat(second).matches("[a-z0-9-]{36}");
  }

  @Test
  void oneConnectionServesManyRequests() throws Exception {
    server.actions.script = what -> new Outcome.Document(Samples.vm("web1"), 1L);
    try (var client = UnixClient.connect(server.socket())) {
      for (int i = 0; i < 5; i++) {
        client.request("GET", "/v1/vms/web1", null);
        assertThat(client.answer().status()).isEqualTo(200);
        client.request("GET", "/v1/nothing", null);
        assertThat(client.answer().status()).isEqualTo(404);
      }
    }
  }

  @Test
  void pagesForEverybodyAreThere() {
    assertThat(server.call("GET", "/").header("location")).isEqualTo("/docs");
    for (String path :
        List.of(
            "/",
            "/healthz",
            "/readyz",
            "/docs",
            "/openapi.yaml",
            "/schemas/vm.json",
            "/schemas/task.json")) {
      Contract.check("GET", path, server.call("GET", path));
    }
  }
}
