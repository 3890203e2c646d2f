package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Bad input gets a problem that says what to do, and never reaches an action. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusalsTest {
  private TestServer server;

  @BeforeAll
  void start(@TempDir Path directory) {
    server = TestServer.start(directory);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  /**
   * A bad request and what is said of it.
   *
   * @param field null when none is at fault
   * @param remedy a part of it
   */
  record Case(
      String method,
      String target,
      @Nullable String body,
      List<String> headers,
      int status,
      String code,
      @Nullable String field,
      String remedy) {
    @Override
    public String toString() {
      String shown = body == null ? "" : " " + body.substring(0, Math.min(60, body.length()));
      return method + " " + target + shown + " " + headers;
    }
  }

  private static Case bad(
      String method, String target, @Nullable String body, String field, String remedy) {
    return new Case(method, target, body, List.of(), 400, "invalid-argument", field, remedy);
  }

  private static Case other(
      String method, String target, @Nullable String body, int status, String code, String remedy) {
    return new Case(method, target, body, List.of(), status, code, null, remedy);
  }

  static List<Case> queries() {
    return List.of(
        bad("GET", "/v1/vms?limt=3", null, "limt", "did you mean \"limit\"?"),
        bad("GET", "/v1/vms/web1?verbose=1", null, "verbose", "leave the query out"),
        bad("GET", "/v1/vms?limit=0", null, "limit", "from 1 to 500"),
        bad("GET", "/v1/vms?limit=501", null, "limit", "from 1 to 500"),
        bad("GET", "/v1/vms?limit=many", null, "limit", "from 1 to 500"),
        bad("GET", "/v1/vms?limit=1&limit=2", null, "limit", "give it once"),
        bad("GET", "/v1/vms?label=team", null, "label", "label=KEY=VALUE"),
        bad("GET", "/v1/vms?label=a=b&label=a=c", null, "label", "each key once"),
        bad("GET", "/v1/vms?field=status.phase", null, "field", "field=PATH=VALUE"),
        bad("GET", "/v1/vms?field=status.phse=running", null, "field", "\"phase\"?"),
        bad("GET", "/v1/vms?fields=metadata.name,specs", null, "fields", "\"spec\"?"),
        bad("GET", "/v1/vms?fields=metadata.name.first", null, "fields", "write metadata.name"),
        bad("GET", "/v1/tasks?label=a=b", null, "label", "the parameters there are"),
        bad("GET", "/v1/vms?watch=maybe", null, "watch", "true or false"),
        bad("GET", "/v1/vms?watch=true&revision=-1", null, "revision", "from 0"),
        bad("GET", "/v1/vms?watch=true&after=web1", null, "after", "use revision"),
        bad("GET", "/v1/volumes?watch", null, "watch", "the parameters there are"),
        bad("GET", "/v1/volumes?field=usedBy.wm=web1", null, "field", "\"vm\""),
        bad("GET", "/v1/vms?revision=4", null, "revision", "watch=true"),
        bad("GET", "/v1/vms/web1/log?tail=0", null, "tail", "from 1"),
        bad("GET", "/v1/vms/web1/guest/files", null, "path", "absolute path"),
        bad("GET", "/v1/vms/web1/guest/files?path=etc", null, "path", "begin it with /"),
        bad("POST", "/v1/images/deb/import", "x", "format", "one of: raw, qcow2"),
        bad("POST", "/v1/images/deb/import?format=hdd", "x", "format", "one of: raw, qcow2"),
        bad(
            "POST",
            "/v1/images/deb/import?format=raw&compression=lzma",
            "x",
            "compression",
            "one of: none, xz"),
        bad("DELETE", "/v1/vms/web1?force=yes", null, "force", "true or false"));
  }

  static List<Case> addresses() {
    return List.of(
        other("GET", "/v1/vns", null, 404, "not-found", "did you mean /v1/vms?"),
        other("GET", "/v1/vms/", null, 404, "not-found", "did you mean /v1/vms?"),
        other("POST", "/v1/vms/web1/strat", null, 404, "not-found", "mean /v1/vms/web1/start?"),
        other("GET", "/nothing/like/it/at/all", null, 404, "not-found", "/docs"),
        other("PATCH", "/v1/vms/web1", null, 405, "method-not-allowed", "use one of these"),
        other("GET", "/v1/vms/web1/start", null, 405, "method-not-allowed", "use one of these"),
        other("OPTIONS", "*", null, 404, "not-found", "/docs"),
        other("GET", "/v1/vms/%zz", null, 400, "malformed", "percent-encoded"),
        other("GET", "/v1/vms/%ff", null, 400, "malformed", "percent-encoded"),
        other("GET", "/v1/vms/a%2Fb", null, 400, "malformed", "percent-encoded"),
        other("GET", "/v1/vms/..%2f..%2fetc", null, 400, "malformed", "percent-encoded"),
        other("GET", "/v1/vms/web1?%ff=1", null, 400, "invalid-argument", "%25"),
        bad("GET", "/v1/vms?limit=%zz", null, "limit", "%25"),
        bad("GET", "/v1/vms?limit=%", null, "limit", "%25"),
        other("GET", "/v1/vms/" + "a".repeat(20_000), null, 413, "too-large", "shorter address"));
  }

  static List<Case> documents() {
    String name = "{\"metadata\":{\"name\":\"web1\"}";
    return List.of(
        bad("POST", "/v1/vms", "{}", "metadata", "add metadata"),
        bad("POST", "/v1/vms", "{\"metadata\":{}}", "metadata.name", "add metadata.name"),
        bad("POST", "/v1/vms", name + ",\"kind\":\"Image\"}", "kind", "write kind: VM"),
        bad(
            "POST",
            "/v1/vms",
            name + ",\"spec\":{\"memory\":{\"sise\":\"1GiB\"}}}",
            "spec.memory.sise",
            "did you mean \"size\"?"),
        bad(
            "POST",
            "/v1/vms",
            name + ",\"spec\":{\"cpu\":{\"cores\":\"two\"}}}",
            "spec.cpu.cores",
            ""),
        bad(
            "POST",
            "/v1/vms",
            name + ",\"spec\":{\"disks\":[{\"name\":\"a\",\"size\":\"10EiB\"}]}}",
            "spec.disks[0].size",
            "size"),
        other("POST", "/v1/vms", "{\"metadata\":", 400, "malformed", "mend the syntax"),
        other("POST", "/v1/vms", name + "} {}", 400, "malformed", ""),
        other("POST", "/v1/vms", null, 400, "malformed", ""),
        bad("POST", "/v1/vms", "[".repeat(5_000) + "]".repeat(5_000), "(the whole document)", ""),
        other(
            "PUT",
            "/v1/vms/web1/cdroms/cd0",
            "{\"image\":" + "[".repeat(40) + "]".repeat(40) + "}",
            413,
            "too-large",
            "flatter"),
        bad("POST", "/v1/packages", "{}", "packages", "add packages"));
  }

  static List<Case> requests() {
    return List.of(
        bad("POST", "/v1/vms/web1/start", "{\"now\":true}", "now", ""),
        bad("POST", "/v1/vms/web1/rename", "{}", "name", "add name"),
        bad("POST", "/v1/vms/web1/keys", "{\"keys\":[]}", "keys", "at least one"),
        bad("POST", "/v1/vms/web1/keys", "{\"keys\":[\"a\",null]}", "keys[1]", "a text"),
        bad("POST", "/v1/vms/web1/consoles", "{\"kind\":\"spice\"}", "kind", "serial, vnc"),
        bad("POST", "/v1/vms/web1/consoles", "{}", "kind", "add kind"),
        bad("PUT", "/v1/vms/web1/cdroms/cd0", "{}", "image", "add image"),
        bad("PUT", "/v1/vms/web1/cdroms/cd0", "{\"image\":7}", "image", "or null"),
        bad("POST", "/v1/vms/web1/disks", "{\"size\":\"1GiB\"}", "name", "add name"),
        bad("POST", "/v1/vms/web1/nics", "{}", "name", "add name"),
        bad(
            "POST",
            "/v1/vms/web1/shutdown",
            "{\"timeoutSeconds\":0}",
            "timeoutSeconds",
            "from 1 to 86400"),
        bad("POST", "/v1/vms/web1/guest/exec", "{\"command\":[]}", "command", "at least one"),
        bad(
            "POST",
            "/v1/vms/web1/guest/exec",
            "{\"command\":[\"w\"],\"input\":\"%%\"}",
            "input",
            "base64"),
        bad("POST", "/v1/images", "{\"name\":\"deb\"}", "build", "add build"),
        bad(
            "POST",
            "/v1/images",
            "{\"name\":\"deb\",\"build\":{},\"labels\":{\"a\":null}}",
            "labels.a",
            "a text"));
  }

  private static Case exec(String body, String field, String remedy) {
    return bad("POST", "/v1/vms/web1/guest/exec", body, field, remedy);
  }

  /** What the document of the API does not allow. */
  static List<Case> guests() {
    return List.of(
        exec("{\"command\":[\"\"]}", "command[0]", "the program to run"),
        exec("{\"command\":[\"a\",\"\\u0000\"]}", "command[1]", "no program"),
        exec("{\"command\":[\"" + "a".repeat(131_073) + "\"]}", "command[0]", "131072 at most"),
        exec("{\"command\":[\"a\"" + ",\"b\"".repeat(1024) + "]}", "command", "1024 at most"),
        exec("{\"command\":[\"a\"],\"environment\":[\"A=b\",\"C\"]}", "environment[1]", "NAME="),
        exec("{\"command\":[\"a\"],\"environment\":[\"=b\"]}", "environment[0]", "NAME="),
        exec(
            "{\"command\":[\"a\"],\"environment\":[\"A=\\u0000\"]}",
            "environment[0]",
            "no program"),
        exec(
            "{\"command\":[\"a\"],\"environment\":[\"A=\"" + ",\"B=\"".repeat(1024) + "]}",
            "environment",
            "1024 at most"),
        exec("{\"command\":[\"a\"],\"timeoutSeconds\":0}", "timeoutSeconds", "1 to 86400"),
        exec("{\"command\":[\"a\"],\"timeoutSeconds\":86401}", "timeoutSeconds", "1 to 86400"),
        exec("{\"command\":[\"a\"],\"id\":\"\"}", "id", "1 to 64"),
        exec("{\"command\":[\"a\"],\"id\":\"a/b\"}", "id", "1 to 64"),
        bad("DELETE", "/v1/vms/web1/guest/exec/a%20b", null, "id", "1 to 64"),
        bad("GET", "/v1/vms/web1/guest/files?path=/a%00b", null, "path", "another path"),
        bad("GET", "/v1/vms/web1/guest/tree?path=etc", null, "path", "begin it with /"),
        bad("PUT", "/v1/vms/web1/guest/files?path=/a&mode=4755", "x", "mode", "three octal"),
        bad("PUT", "/v1/vms/web1/guest/files?path=/a&mode=rw", "x", "mode", "three octal"),
        bad("PUT", "/v1/vms/web1/guest/tree?path=/a&name=..", "x", "name", "one name"),
        bad("PUT", "/v1/vms/web1/guest/tree?path=/a&name=a/b", "x", "name", "one name"));
  }

  static List<Case> headers() {
    String vm = "{\"metadata\":{\"name\":\"web1\"}}";
    return List.of(
        header("PUT", "/v1/vms/web1", vm, "If-Match: 42", 400, "invalid-argument", "If-Match"),
        header(
            "PUT", "/v1/vms/web1", vm, "If-Match: W/\"42\"", 400, "invalid-argument", "If-Match"),
        header(
            "PUT",
            "/v1/vms/web1",
            vm,
            "If-Match: \"1\", \"2\"",
            400,
            "invalid-argument",
            "If-Match"),
        header(
            "DELETE", "/v1/vms/web1", null, "If-Match: \"1\"", 400, "invalid-argument", "If-Match"),
        header(
            "GET",
            "/v1/events",
            null,
            "Last-Event-ID: x",
            400,
            "invalid-argument",
            "Last-Event-ID"),
        type(
            "/v1/vms", "application/x-www-form-urlencoded", "application/json or application/yaml"),
        type("/v1/vms", "application/json; charset=iso-8859-1", "UTF-8"),
        type("/v1/vms/web1/rename", "application/yaml", "Content-Type: application/json"),
        type("/v1/images/deb/import?format=raw", "multipart/form-data", "application/octet-stream"),
        header(
            "POST", "/v1/vms", vm, "Content-Encoding: gzip", 415, "unsupported-media-type", null));
  }

  private static Case header(
      String method,
      String target,
      @Nullable String body,
      String header,
      int status,
      String code,
      @Nullable String field) {
    return new Case(method, target, body, List.of(header), status, code, field, "");
  }

  private static Case type(String target, String type, String remedy) {
    return new Case(
        "POST",
        target,
        "{\"name\":\"web1\"}",
        List.of("Content-Type: " + type),
        415,
        "unsupported-media-type",
        null,
        remedy);
  }

  @ParameterizedTest
  @MethodSource({"queries", "addresses", "documents", "requests", "guests", "headers"})
  void isRefused(Case one) {
    int before = server.actions.asked.size();
    byte[] body = one.body() == null ? null : one.body().getBytes(StandardCharsets.UTF_8);
    var answer =
        server.send(one.method(), one.target(), body, one.headers().toArray(String[]::new));
    JsonNode problem = problem(answer, one.status(), one.code());
    assertThat(problem.path("field").asString(null)).as(answer.text()).isEqualTo(one.field());
    assertThat(problem.path("remedy").asString("")).contains(one.remedy());
    assertThat(server.actions.asked).hasSize(before);
    if (Contract.find(one.method(), one.target()).isPresent()) {
      Contract.check(one.method(), one.target(), answer);
    }
  }

  private static JsonNode problem(UnixClient.Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
    JsonNode problem = Documents.tree(answer.body());
    assertThat(problem.path("code").asString()).isEqualTo(code);
    assertThat(problem.path("status").asInt()).isEqualTo(status);
    assertThat(problem.path("detail").asString()).isNotEmpty();
    return problem;
  }

  @Test
  void aWrongMethodIsToldTheRightOnes() {
    var answer = server.call("POST", "/v1/vms/web1");
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.header("allow")).isEqualTo("DELETE, GET, HEAD, PUT");
  }

  @Test
  void textThatIsNotUtf8IsRefused() {
    byte[] body = {'{', '"', (byte) 0xff, '"', ':', '1', '}'};
    JsonNode problem = problem(server.send("POST", "/v1/vms", body), 400, "malformed");
    assertThat(problem.path("remedy").asString()).contains("UTF-8");
  }

  @Test
  void aHugeDocumentIsRefusedWhetherAnnouncedOrNot() throws IOException {
    byte[] body = new byte[8 << 20];
    problem(server.send("POST", "/v1/vms", body), 413, "too-large");
    try (var client = UnixClient.connect(server.socket())) {
      client.request("POST", "/v1/vms", null, "Transfer-Encoding: chunked");
      byte[] chunk = new byte[1 << 16];
      for (int i = 0; i < 40; i++) {
        client.send("10000\r\n".getBytes(StandardCharsets.US_ASCII));
        client.send(chunk);
        client.send("\r\n".getBytes(StandardCharsets.US_ASCII));
      }
      client.send("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      problem(client.answer(), 413, "too-large");
      client.request("GET", "/healthz", null);
      assertThat(client.answer().status()).isEqualTo(200);
    }
  }

  @Test
  void aRefusedUploadIsReadSoThatTheRefusalArrives() {
    byte[] file = new byte[32 << 20];
    problem(
        server.send("POST", "/v1/images/deb/import?format=nope", file), 400, "invalid-argument");
  }

  @Test
  void whoeverAsksBeforeUploadingIsSparedTheUpload() throws IOException {
    try (var client = UnixClient.connect(server.socket())) {
      client.send(
          """
          POST /v1/images/deb/import?format=nope HTTP/1.1\r
          Host: kelvin\r
          Expect: 100-continue\r
          Content-Length: 1000000000\r
          \r
          """
              .getBytes(StandardCharsets.US_ASCII));
      problem(client.answer(), 400, "invalid-argument");
    }
  }

  @Test
  void anAbortedUploadFailsInTheAction() throws Exception {
    var seen = new CompletableFuture<Exception>();
    server.actions.script =
        what -> {
          try {
            ((Action.ImportImage) what).content().readAllBytes();
            seen.completeExceptionally(new AssertionError("read to an end that never came"));
          } catch (IOException e) {
            seen.complete(e);
          }
          return new Outcome.Done();
        };
    try (var client = UnixClient.connect(server.socket())) {
      client.send(
          "POST /v1/images/deb/import?format=raw HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"
              .getBytes(StandardCharsets.US_ASCII));
      client.shutdownOutput();
      assertThat(seen.get(20, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
    } finally {
      server.actions.script = what -> new Outcome.Accepted(ScriptedActions.TASK);
    }
  }

  static List<String> gibberish() {
    return List.of(
        "GET\r\n\r\n",
        "GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "G\u0000T /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(20_000) + "\r\n\r\n",
        "POST /v1/vms HTTP/1.1\r\nHost: a\r\nContent-Length: -4\r\n\r\n",
        "POST /v1/vms HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /v1/vms HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  }

  @ParameterizedTest
  @MethodSource("gibberish")
  void whatIsNotHttpGetsAProblemToo(String request) throws IOException {
    try (var client = UnixClient.connect(server.socket())) {
      client.send(request.getBytes(StandardCharsets.ISO_8859_1));
      var answer = client.answer();
      assertThat(answer.status()).as(answer.text()).isIn(400, 413);
      problem(answer, answer.status(), answer.status() == 413 ? "too-large" : "malformed");
    }
  }
}
