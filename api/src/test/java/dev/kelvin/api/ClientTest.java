package dev.kelvin.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.api.http.EventStream;
import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.VmSpec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ClientTest {
  private static final String TASK =
      "{\"id\":\"t1\",\"type\":\"vm.start\",\"object\":\"vm/web1\",\"state\":\"running\","
          + "\"steps\":[],\"cancellable\":true,\"createdAt\":\"2026-11-21T00:00:00Z\","
          + "\"aFieldOfTheFuture\":1}";

  @TempDir Path directory;
  private ScriptedServer server;
  private Client client;

  @BeforeEach
  void start() throws IOException {
    server = new ScriptedServer(directory);
    client = new Client(new Endpoint.Local(server.socket()));
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
    assertThat(server.failures).isEmpty();
  }

  private void expect(String request, int status, String answer) {
    server.then(peer -> {
      String text = peer.request();
      String line = text.substring(0, text.indexOf(" HTTP/1.1"));
      assertThat(line + " " + text.substring(text.indexOf("\r\n\r\n") + 4)).isEqualTo(request);
      peer.json(status, answer);
    });
  }

  private static Problem problemOf(ThrowingCallable call) {
    var caught = new Problem[1];
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ProblemException.class, e -> caught[0] = e.problem());
    return caught[0];
  }

  @Test
  void eachMethodAsksForItsOperation() {
    expect("POST /v1/vms/web1/start ", 202, TASK);
    assertThat(client.startVm("web1").state()).isEqualTo(TaskState.RUNNING);
    expect("POST /v1/vms/web1/shutdown {\"timeoutSeconds\":5,\"force\":true}", 202, TASK);
    client.shutdownVm("web1", Duration.ofSeconds(5), true);
    expect("POST /v1/vms/web1/shutdown {\"force\":false}", 202, TASK);
    client.shutdownVm("web1", null, false);
    expect("DELETE /v1/vms/web1?force=true ", 202, TASK);
    client.deleteVm("web1", true);
    expect("DELETE /v1/vms/web1 ", 202, TASK);
    client.deleteVm("web1", false);
    expect("PUT /v1/vms/web1/cdroms/cd0 {\"image\":null}", 202, TASK);
    client.setMedia("web1", "cd0", null);
    expect("PUT /v1/vms/web1/cdroms/cd0 {\"image\":\"netinst\"}", 202, TASK);
    client.setMedia("web1", "cd0", "netinst");
    expect("DELETE /v1/vms/web1/disks/data ", 202, TASK);
    client.detachDisk("web1", "data");
    expect("POST /v1/vms/web1/keys {\"keys\":[\"ctrl-c\",\"ret\"]}", 204, "");
    client.sendKeys("web1", List.of("ctrl-c", "ret"));
    expect("POST /v1/tasks/t1/cancel ", 202, TASK);
    client.cancelTask("t1");
    expect("POST /v1/tasks/t1/abandon ", 202, TASK);
    client.abandonTask("t1");
    expect("POST /v1/packages {\"packages\":[\"qemu-utils\"]}", 202, TASK);
    client.host().installPackages(List.of("qemu-utils"));
    expect("POST /v1/shutdown {\"stopVms\":true}", 202, "");
    client.stopDaemon(true);
    expect("GET /v1/vms/web1/log?tail=100 ", 200, "boot");
    assertThat(client.serialLog("web1", 100)).asString(UTF_8).isEqualTo("boot");
  }

  @Test
  void namesCannotLeaveTheirPlaceInThePath() {
    expect("POST /v1/vms/..%2Fx%3Fy%20z/start ", 202, TASK);
    client.startVm("../x?y z");
    expect("GET /v1/tasks/%2E%2E ", 404, "");
    assertThat(problemOf(() -> client.task("..")).code()).isEqualTo(Code.NOT_FOUND);
  }

  @Test
  void sendsVmsAndTheRevisionTheyAreBasedOn() {
    var vm =
        new Vm(
            Metadata.named("web1"),
            new VmSpec.Builder().disks(List.of(Disk.of("root", "debian-12", null))).build(),
            VmStatus.initial());
    server.then(peer -> {
      String request = peer.request();
      assertThat(request)
          .startsWith("PUT /v1/vms/web1?dryRun=true HTTP/1.1")
          .contains("\r\nIf-Match: \"42\"\r\n", "\"image\":\"debian-12\"");
      peer.json(200, request.substring(request.indexOf("\r\n\r\n") + 4));
    });
    assertThat(client.tryUpdateVm("web1", VmDocument.of(vm), 42L)).isEqualTo(vm);
    server.then(peer -> {
      assertThat(peer.request())
          .contains("\r\nContent-Type: application/yaml\r\n")
          .endsWith("metadata: {name: web1}\n");
      peer.json(202, TASK);
    });
    String yaml = "metadata: {name: web1}\n";
    assertThat(client.createVm(new VmDocument(yaml, Syntax.YAML)).id()).isEqualTo("t1");
  }

  @Test
  void readsAListToItsLastPage() {
    String vm =
        Documents.prettyJson(new Vm(Metadata.named("a"), VmSpec.defaults(), VmStatus.initial()));
    expect(
        "GET /v1/vms?limit=500&label=team%3Dblue&field=status.phase%21%3Drunning ",
        200, "{\"items\":[" + vm + "],\"next\":\"a\",\"revision\":9}");
    expect(
        "GET /v1/vms?limit=500&label=team%3Dblue&field=status.phase%21%3Drunning&after=a ",
        200, "{\"items\":[" + vm.replace("\"a\"", "\"b\"") + "],\"revision\":9}");
    var query =
        ListQuery.all().labels(List.of("team=blue")).fields(List.of("status.phase!=running"));
    assertThat(client.allVms(query))
        .extracting(one -> one.metadata().name())
        .containsExactly("a", "b");
  }

  @Test
  void theDaemonsProblemIsThrown() {
    expect(
        "GET /v1/vms/web1 ",
        409,
        """
        {"type":"https://kelvin.dev/problems/wrong-state","title":"t","status":409,
         "code":"wrong-state","detail":"no","object":"vm/web1","cause":"so","remedy":"do",
         "violations":[{"field":"f","cause":"c","remedy":"r"}]}\
        """);
    assertThat(problemOf(() -> client.vm("web1")))
        .isEqualTo(
            Problem.of(Code.WRONG_STATE, "no")
                .on("vm/web1")
                .because("so")
                .remedy("do")
                .violations(List.of(new Problem.Violation("f", "c", "r"))));
  }

  @Test
  void anAnswerThatIsNoProblemDocumentIsAProblemToo() {
    expect("GET /v1/info ", 502, "<html>Bad gateway</html>");
    assertThat(problemOf(client::info))
        .returns(Code.GUEST_AGENT, Problem::code)
        .returns("<html>Bad gateway</html>", Problem::cause);
    expect("GET /v1/info ", 418, "{\"code\":\"of-the-future\",\"detail\":\"d\"}");
    assertThat(problemOf(client::info).code()).isEqualTo(Code.INVALID_ARGUMENT);
    expect("GET /v1/info ", 200, "{\"pid\":\"many\"");
    assertThat(problemOf(client::info).code()).isEqualTo(Code.UNAVAILABLE);
  }

  @Test
  void aDaemonThatComplainsAnswers() {
    String complaint = "{\"code\":\"unavailable\",\"detail\":\"No TLS\",\"remedy\":\"mend it\"}";
    expect("GET /healthz ", 503, complaint);
    assertThat(client.answers()).isTrue();
    expect("GET /healthz ", 503, complaint);
    assertThat(client.complaint().orElseThrow()).returns("mend it", Problem::remedy);
    expect("GET /healthz ", 200, "{\"status\":\"ok\"}");
    assertThat(client.complaint()).isEmpty();
  }

  @Test
  void saysHowToGetADaemonWhenThereIsNone() throws IOException {
    server.close();
    assertThat(client.answers()).isFalse();
    assertThat(problemOf(client::info))
        .returns(Code.UNAVAILABLE, Problem::code)
        .returns("start one: kelvin up --detach", Problem::remedy);
  }

  @Test
  void importsAFileAsAStream() {
    server.then(peer -> {
      assertThat(peer.request())
          .startsWith("POST /v1/images/disk/import?format=vmdk&label=a%3Db HTTP/1.1\r\n")
          .contains("\r\nContent-Type: application/octet-stream\r\n", "Content-Length: 3\r\n")
          .endsWith("\r\n\r\nabc");
      peer.json(202, TASK);
    });
    InputStream file = new ByteArrayInputStream("abc".getBytes(UTF_8));
    assertThat(client.images().importFile("disk", Format.VMDK, Map.of("a", "b"), file, 3).id())
        .isEqualTo("t1");
    server.then(peer -> {
      assertThat(peer.request())
          .contains("\"suite\":\"trixie\"", "\"name\":\"d13\"", "\"size\":\"3GiB\"");
      peer.json(202, TASK);
    });
    client
        .images()
        .build(
            "d13",
            new BuildRecipe("debian", "trixie", ByteSize.ofGiB(3), List.of(), null),
            Map.of());
  }

  @Test
  void runsProgramsAndMovesFilesInGuests() throws IOException {
    expect(
        "POST /v1/vms/web1/guest/exec {\"command\":[\"cat\"],\"environment\":[\"A=b\"],"
            + "\"input\":\"aGk=\",\"timeoutSeconds\":9}",
        200,
        "{\"exitCode\":3,\"stdout\":\"aGk=\",\"stderr\":\"\",\"truncated\":false}");
    var program =
        new ExecRequest(
            List.of("cat"), List.of("A=b"), "hi".getBytes(UTF_8), Duration.ofSeconds(9));
    ExecResult result = client.guest("web1").exec(program);
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.signal()).isNull();
    assertThat(result.stdout()).asString(UTF_8).isEqualTo("hi");
    expect("GET /v1/vms/web1/guest/files?path=/etc/a%20b ", 200, "content");
    try (InputStream in = client.guest("web1").read("/etc/a b")) {
      assertThat(in.readAllBytes()).asString(UTF_8).isEqualTo("content");
    }
    expect("PUT /v1/vms/web1/guest/files?path=/x&mode=600 content", 204, "");
    var content = new ByteArrayInputStream("content".getBytes(UTF_8));
    client.guest("web1").write("/x", 0600, content, 7);
    expect("GET /v1/vms/web1/guest/tree?path=/etc ", 200, "archive");
    try (InputStream in = client.guest("web1").readTree("/etc")) {
      assertThat(in.readAllBytes()).asString(UTF_8).isEqualTo("archive");
    }
    expect("DELETE /v1/vms/web1/guest/exec/a-1 ", 204, "");
    client.guest("web1").end("a-1");
  }

  @Test
  void followsEvents() throws IOException {
    server.then(peer -> {
      assertThat(peer.head())
          .startsWith("GET /v1/events?after=0&object=vm/web1 HTTP/1.1\r\n")
          .contains("Accept: text/event-stream");
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (String part : new String[] {"id: 1\nev", "ent: vm.running\nda", "ta: {}\n\n"}) {
        peer.send(Integer.toHexString(part.length()) + "\r\n" + part + "\r\n");
      }
      peer.send("0\r\n\r\n");
    });
    try (EventStream events = client.events(0L, "vm/web1")) {
      assertThat(events.next()).isEqualTo(new EventStream.Item("1", "vm.running", "{}"));
      assertThat(events.next()).isNull();
    }
    expect("GET /v1/tasks?limit=500&watch=true&revision=5 ", 200, "");
    try (EventStream none = client.watch(Client.Kind.TASKS, ListQuery.all(), 5)) {
      assertThat(none.next()).isNull();
    }
  }

  @Test
  void theEnvironmentNamesTheDaemon() throws IOException {
    var layout = dev.kelvin.model.Layout.resolve(Map.of("KELVIN_HOME", "/k"), false);
    assertThat(Endpoint.resolve(Map.of(), layout))
        .isEqualTo(new Endpoint.Local(Path.of("/k/run/api.sock")));
    Path token = Files.writeString(directory.resolve("token"), "secret\n");
    assertThat(
            Endpoint.resolve(
                Map.of("KELVIN_URL", "https://h:1", "KELVIN_TOKEN_FILE", token.toString()), layout))
        .isInstanceOfSatisfying(
            Endpoint.Remote.class,
            remote -> {
              assertThat(remote.token()).isEqualTo("secret");
              assertThat(remote.toString()).doesNotContain("secret");
            });
    assertThat(
            problemOf(() -> Endpoint.resolve(Map.of("KELVIN_URL", "https://h:1"), layout)).code())
        .isEqualTo(Code.UNAUTHENTICATED);
    for (String url : new String[] {"http://h:1", "https:", "ht tp", "h:1"}) {
      assertThat(problemOf(() -> Endpoint.resolve(Map.of("KELVIN_URL", url), layout)).code())
          .as(url)
          .isEqualTo(Code.INVALID_ARGUMENT);
    }
  }
}
