package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.cpu.HostCpu;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Action.Condition;
import dev.kelvin.server.action.Action.ConsoleKind;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Action.Resource;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.action.Principal;
import dev.kelvin.server.http.route.Route;
import dev.kelvin.server.http.route.Routes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each operation asks for the action it should, over a real socket. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RoutesTest {
  private static final String ID = "6f2a91c04b7d3e85a1c9";

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
   * A request and what it asks for.
   *
   * @param body null for none
   */
  record Case(
      String method, String target, @Nullable String body, List<String> headers, Action action) {
    static Case of(String method, String target, Action action) {
      return new Case(method, target, null, List.of(), action);
    }

    Case sends(String newBody) {
      return new Case(method, target, newBody, headers, action);
    }

    Case saying(String... newHeaders) {
      return new Case(method, target, body, List.of(newHeaders), action);
    }

    @Override
    public String toString() {
      return method + " " + target + (body == null ? "" : " " + body) + " " + headers;
    }
  }

  private static Vm vm(String name) {
    return new Vm(Metadata.named(name), VmSpec.defaults(), VmStatus.initial());
  }

  private static Query all() {
    return new Query(Map.of(), List.of(), null, 100);
  }

  static List<Case> cases() {
    var cases = new ArrayList<Case>();
    cases.addAll(nodeCases());
    cases.addAll(newImages());
    cases.addAll(listCases());
    cases.addAll(vmCases());
    cases.addAll(deviceCases());
    cases.addAll(guestCases());
    return cases;
  }

  private static List<Case> newImages() {
    return List.of(
        Case.of(
                "POST",
                "/v1/images",
                new Action.BuildImage(
                    "deb",
                    new BuildRecipe(
                        "debian", "trixie", ByteSize.ofGiB(4), List.of("vim"), "http://m/"),
                    Map.of("a", "b")))
            .sends(
                """
                {"name":"deb","labels":{"a":"b"},"build":{"distribution":"debian",
                 "suite":"trixie","size":"4GiB","packages":["vim"],"mirror":"http://m/"}}\
                """),
        Case.of(
                "POST",
                "/v1/images",
                new Action.PullImage(
                    null, "ubuntu:24.04", null, null, null, null, false, null, Map.of()))
            .sends("{\"pull\":{\"from\":\"ubuntu:24.04\"}}"),
        Case.of(
                "POST",
                "/v1/images",
                new Action.PullImage(
                    "u",
                    "https://h/d.raw",
                    "aarch64",
                    Format.RAW,
                    null,
                    "sha256:" + "ab".repeat(32),
                    true,
                    5,
                    Map.of("a", "b")))
            .sends(
                """
                {"name":"u","labels":{"a":"b"},"pull":{"from":"https://h/d.raw","arch":"aarch64",
                 "format":"raw","checksum":"sha256:%s","insecure":true,"reachSeconds":5}}\
                """
                    .formatted("ab".repeat(32))),
        Case.of("GET", "/v1/catalogue", new Action.ListPublished()));
  }

  private static List<Case> nodeCases() {
    return List.of(
        Case.of("GET", "/metrics", new Action.GetMetrics()),
        Case.of("GET", "/v1/info", new Action.GetInfo()),
        Case.of("HEAD", "/v1/info", new Action.GetInfo()),
        Case.of("POST", "/v1/shutdown", new Action.StopDaemon(false)),
        Case.of("POST", "/v1/shutdown", new Action.StopDaemon(true)).sends("{\"stopVms\":true}"),
        Case.of(
            "GET", "/v1/cpu", new Action.GetHostCpu(new Action.Guests(Architecture.X86_64, null))),
        Case.of(
            "GET",
            "/v1/cpu/models?architecture=aarch64&accelerator=tcg",
            new Action.GetCpuModels(new Action.Guests(Architecture.AARCH64, "tcg"))),
        Case.of(
                "POST",
                "/v1/cpu/baseline",
                new Action.ComputeBaseline(
                    List.of(
                        new HostCpu(
                            "HostCpu",
                            "x86_64",
                            "kvm",
                            "7.2.22",
                            "GenuineIntel",
                            null,
                            null,
                            List.of("aes"),
                            List.of("Nehalem-v1")))))
            .sends(
                """
                {"hosts":[{"kind":"HostCpu","architecture":"x86_64","accelerator":"kvm",
                 "qemuVersion":"7.2.22","vendor":"GenuineIntel","features":["aes"],
                 "models":["Nehalem-v1"]}]}\
                """),
        Case.of("GET", "/v1/doctor", new Action.GetDoctor()),
        Case.of("GET", "/v1/state/backup", new Action.BackUpState()),
        Case.of("GET", "/v1/state/check", new Action.CheckState()),
        Case.of("POST", "/v1/doctor", new Action.RunDoctor()),
        Case.of("POST", "/v1/doctor", new Action.RunDoctor()).sends("{}"),
        Case.of("POST", "/v1/packages", new Action.InstallPackages(List.of("qemu-utils", "mtools")))
            .sends("{\"packages\":[\"qemu-utils\",\"mtools\"]}"),
        Case.of("GET", "/v1/images/deb", new Action.GetImage("deb")),
        Case.of("DELETE", "/v1/images/deb", new Action.DeleteImage("deb", false)),
        Case.of("DELETE", "/v1/images/deb?force=true", new Action.DeleteImage("deb", true)),
        Case.of("GET", "/v1/volumes/0a-data", new Action.GetVolume("0a-data")),
        Case.of("DELETE", "/v1/volumes/0a-data", new Action.DeleteVolume("0a-data", false)),
        Case.of(
            "DELETE", "/v1/volumes/0a-data?force=true", new Action.DeleteVolume("0a-data", true)),
        Case.of("GET", "/v1/tasks/" + ID, new Action.GetTask(ID)),
        Case.of("POST", "/v1/tasks/" + ID + "/cancel", new Action.CancelTask(ID)),
        Case.of("POST", "/v1/tasks/" + ID + "/abandon", new Action.AbandonTask(ID)),
        Case.of("GET", "/v1/events", new Action.Events(null, null)),
        Case.of("GET", "/v1/events?after=0&object=vm%2Fweb1", new Action.Events(0L, "vm/web1")),
        Case.of("GET", "/v1/events", new Action.Events(17L, null)).saying("Last-Event-ID: 17"),
        Case.of("GET", "/v1/events?after=3", new Action.Events(3L, null))
            .saying("Last-Event-ID: 17"));
  }

  private static List<Case> listCases() {
    return List.of(
        Case.of("GET", "/v1/vms", new Action.ListObjects(Resource.VMS, all())),
        Case.of("GET", "/v1/images", new Action.ListObjects(Resource.IMAGES, all())),
        Case.of("GET", "/v1/tasks", new Action.ListObjects(Resource.TASKS, all())),
        Case.of("GET", "/v1/volumes", new Action.ListObjects(Resource.VOLUMES, all())),
        Case.of(
            "GET",
            "/v1/vms?limit=7&after=web1&label=team=blue&label=tier%3Da%2Bb&field=status.phase=running"
                + "&field=metadata.name!=web2&fields=metadata.name,spec.disks.size",
            new Action.ListObjects(
                Resource.VMS,
                new Query(
                    Map.of("team", "blue", "tier", "a+b"),
                    List.of(
                        new Condition("status.phase", true, "running"),
                        new Condition("metadata.name", false, "web2")),
                    "web1",
                    7))),
        Case.of(
            "GET",
            "/v1/tasks?field=state=running",
            new Action.ListObjects(
                Resource.TASKS,
                new Query(Map.of(), List.of(new Condition("state", true, "running")), null, 100))),
        Case.of("GET", "/v1/vms?watch", new Action.Watch(Resource.VMS, all(), 0)),
        Case.of(
            "GET",
            "/v1/images?watch=true&revision=42",
            new Action.Watch(Resource.IMAGES, all(), 42)),
        Case.of("GET", "/v1/tasks?watch=true", new Action.Watch(Resource.TASKS, all(), 9))
            .saying("Last-Event-ID: 9"),
        Case.of(
            "GET",
            "/v1/vms?watch=false&limit=500",
            new Action.ListObjects(Resource.VMS, Query.all())));
  }

  private static List<Case> vmCases() {
    String json = "{\"metadata\":{\"name\":\"web1\"}}";
    String yaml = "kind: VM\nmetadata:\n  name: web1\n";
    return List.of(
        Case.of("POST", "/v1/vms", new Action.CreateVm(vm("web1"), false, false)).sends(json),
        Case.of("POST", "/v1/vms?generateName=true", new Action.CreateVm(vm("web1"), true, false))
            .sends(json),
        Case.of("POST", "/v1/vms?dryRun=true", new Action.CreateVm(vm("web1"), false, true))
            .sends(json)
            .saying("Content-Type: application/json; charset=utf-8"),
        Case.of("POST", "/v1/vms", new Action.CreateVm(vm("web1"), false, false))
            .sends(yaml)
            .saying("Content-Type: application/yaml"),
        Case.of("GET", "/v1/vms/web1", new Action.GetVm("web1")),
        Case.of("PUT", "/v1/vms/web1", new Action.UpdateVm("web1", vm("web1"), null, false))
            .sends(json),
        Case.of("PUT", "/v1/vms/web1?dryRun", new Action.UpdateVm("web1", vm("web1"), 42L, true))
            .sends(json)
            .saying("If-Match: \"42\""),
        Case.of("PUT", "/v1/vms/web1", new Action.UpdateVm("web1", vm("web1"), null, false))
            .sends(json)
            .saying("If-Match: *"),
        Case.of("DELETE", "/v1/vms/web1", new Action.DeleteVm("web1", false, false)),
        Case.of("DELETE", "/v1/vms/web1?force=true", new Action.DeleteVm("web1", true, false)),
        Case.of("DELETE", "/v1/vms/web1?keepDisks", new Action.DeleteVm("web1", false, true)),
        Case.of("POST", "/v1/vms/web1/start", new Action.StartVm("web1")),
        Case.of("POST", "/v1/vms/web1/stop", new Action.StopVm("web1")),
        Case.of("POST", "/v1/vms/web1/reset", new Action.ResetVm("web1")),
        Case.of("POST", "/v1/vms/web1/pause", new Action.PauseVm("web1")),
        Case.of("POST", "/v1/vms/web1/resume", new Action.ResumeVm("web1")),
        Case.of("POST", "/v1/vms/web1/shutdown", new Action.ShutdownVm("web1", null, false)),
        Case.of(
                "POST",
                "/v1/vms/web1/shutdown",
                new Action.ShutdownVm("web1", Duration.ofSeconds(60), true))
            .sends("{\"timeoutSeconds\":60,\"force\":true}"),
        Case.of("POST", "/v1/vms/web1/rename", new Action.RenameVm("web1", "web2"))
            .sends("{\"name\":\"web2\"}"),
        Case.of("POST", "/v1/unknown/web1/adopt", new Action.AdoptGuest("web1", null)),
        Case.of("POST", "/v1/unknown/web1/adopt", new Action.AdoptGuest("web1", "web2"))
            .sends("{\"name\":\"web2\"}"),
        Case.of("DELETE", "/v1/unknown/web1", new Action.EndGuest("web1")));
  }

  private static List<Case> deviceCases() {
    return List.of(
        Case.of(
                "POST",
                "/v1/vms/web1/disks",
                new Action.AttachDisk("web1", Disk.of("data", null, ByteSize.ofGiB(20))))
            .sends("{\"name\":\"data\",\"size\":\"20GiB\"}"),
        Case.of("DELETE", "/v1/vms/web1/disks/data", new Action.DetachDisk("web1", "data")),
        Case.of("POST", "/v1/vms/web1/nics", new Action.AttachNic("web1", Nic.of("net1")))
            .sends("{\"name\":\"net1\"}"),
        Case.of("DELETE", "/v1/vms/web1/nics/net1", new Action.DetachNic("web1", "net1")),
        Case.of("PUT", "/v1/vms/web1/cdroms/cd0", new Action.SetMedia("web1", "cd0", "inst"))
            .sends("{\"image\":\"inst\"}"),
        Case.of("PUT", "/v1/vms/web1/cdroms/cd0", new Action.SetMedia("web1", "cd0", null))
            .sends("{\"image\":null}"),
        Case.of("GET", "/v1/vms/web1/isolation", new Action.GetIsolation("web1")),
        Case.of("GET", "/v1/vms/web1/screenshot", new Action.Screenshot("web1", 1)),
        Case.of("GET", "/v1/vms/web1/screenshot?screen=2", new Action.Screenshot("web1", 2)),
        Case.of("GET", "/v1/vms/web1/log", new Action.GetSerialLog("web1", 1 << 20)),
        Case.of("GET", "/v1/vms/web1/log?tail=10", new Action.GetSerialLog("web1", 10)),
        Case.of("POST", "/v1/vms/web1/keys", new Action.SendKeys("web1", List.of("ctrl", "c")))
            .sends("{\"keys\":[\"ctrl\",\"c\"]}"),
        Case.of("POST", "/v1/vms/web1/consoles", new Action.OpenConsole("web1", ConsoleKind.SERIAL))
            .sends("{\"kind\":\"serial\"}"),
        Case.of("POST", "/v1/vms/web1/consoles", new Action.OpenConsole("web1", ConsoleKind.VNC))
            .sends("{\"kind\":\"vnc\"}"));
  }

  private static List<Case> guestCases() {
    return List.of(
        Case.of("GET", "/v1/vms/web1/guest", new Action.GetGuest("web1")),
        Case.of(
            "GET",
            "/v1/vms/web1/guest/files?path=/etc/host%20name",
            new Action.ReadGuestFile("web1", "/etc/host name")),
        Case.of(
            "GET",
            "/v1/vms/web1/guest/tree?path=/etc/nginx",
            new Action.ReadGuestTree("web1", "/etc/nginx")),
        Case.of(
            "DELETE", "/v1/vms/web1/guest/exec/a-1", new Action.EndGuestProgram("web1", "a-1")));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void asksForTheAction(Case one) {
    byte[] body = one.body() == null ? null : one.body().getBytes(StandardCharsets.UTF_8);
    var answer =
        server.send(one.method(), one.target(), body, one.headers().toArray(String[]::new));
    assertThat(answer.status()).as(answer.text()).isEqualTo(202);
    assertThat(server.actions.last()).isEqualTo(one.action());
    assertThat(server.actions.askers.getLast().means()).isEqualTo(Principal.Means.PEER_CREDENTIALS);
  }

  @Test
  void runsAProgramInTheGuest() {
    String body =
        """
        {"id":"job-1","command":["cat","-"],"environment":["A=b"],"input":"aGVsbG8=","timeoutSeconds":5}\
        """;
    server.send("POST", "/v1/vms/web1/guest/exec", body.getBytes(StandardCharsets.UTF_8));
    var exec = (Action.GuestExec) server.actions.last();
    assertThat(exec.id()).isEqualTo("job-1");
    assertThat(exec.command()).containsExactly("cat", "-");
    assertThat(exec.environment()).containsExactly("A=b");
    assertThat(exec.input()).isEqualTo("hello".getBytes(StandardCharsets.UTF_8));
    assertThat(exec.timeout()).isEqualTo(Duration.ofSeconds(5));

    server.send(
        "POST",
        "/v1/vms/web1/guest/exec",
        "{\"command\":[\"w\"]}".getBytes(StandardCharsets.UTF_8));
    exec = (Action.GuestExec) server.actions.last();
    assertThat(exec.timeout()).isEqualTo(Duration.ofSeconds(60));
    assertThat(exec.input()).isEmpty();
    assertThat(exec.id()).isNull();
  }

  @Test
  void streamsUploadsToTheAction() {
    byte[] file = new byte[3 << 20];
    file[file.length - 1] = 7;
    var received = new ArrayList<byte[]>();
    server.actions.script =
        what -> {
          try {
            switch (what) {
              case Action.ImportImage one -> received.add(one.content().readAllBytes());
              case Action.WriteGuestFile one -> {
                received.add(one.content().readAllBytes());
                one.content().close();
              }
              case Action.WriteGuestTree one -> received.add(one.archive().readAllBytes());
              default -> throw new IllegalStateException();
            }
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return new Outcome.Done();
        };
    try {
      var answer =
          server.send(
              "POST",
              "/v1/images/deb/import?format=vmdk&label=a=b",
              file,
              "Content-Type: application/octet-stream");
      assertThat(answer.status()).isEqualTo(204);
      var imported = (Action.ImportImage) server.actions.last();
      assertThat(imported.name()).isEqualTo("deb");
      assertThat(imported.format()).isEqualTo(Format.VMDK);
      assertThat(imported.labels()).isEqualTo(Map.of("a", "b"));
      assertThat(imported.length()).isEqualTo(file.length);
      answer = server.send("PUT", "/v1/vms/web1/guest/files?path=/tmp/x", file);
      assertThat(answer.status()).isEqualTo(204);
      var written = (Action.WriteGuestFile) server.actions.last();
      assertThat(written.path()).isEqualTo("/tmp/x");
      assertThat(written.mode()).isEqualTo(0644);
      answer = server.send("PUT", "/v1/vms/web1/guest/tree?path=/srv&name=a&mode=0750", file);
      assertThat(answer.status()).isEqualTo(204);
      var tree = (Action.WriteGuestTree) server.actions.last();
      assertThat(tree.path()).isEqualTo("/srv");
      assertThat(tree.name()).isEqualTo("a");
      assertThat(tree.mode()).isEqualTo(0750);
    } finally {
      server.actions.script = what -> new Outcome.Accepted(ScriptedActions.TASK);
    }
    assertThat(received).hasSize(3).allSatisfy(bytes -> assertThat(bytes).isEqualTo(file));
  }

  @Test
  void theDocumentAndTheRoutesHaveTheSameOperations() {
    var documented = new TreeSet<String>();
    Contract.operations().forEach(one -> documented.add(signature(one)));
    var served = new TreeSet<String>();
    for (Route route : Routes.all(() -> new Outcome.Done(), () -> new Outcome.Done())) {
      served.add(
          route.method()
              + " "
              + route.template()
              + " "
              + new TreeSet<>(route.parameters())
              + (route.is(Route.Trait.OPEN) ? " open" : ""));
    }
    assertThat(served).isEqualTo(documented);
  }

  private static String signature(Contract.Operation one) {
    return one.method()
        + " "
        + one.path()
        + " "
        + new TreeSet<>(one.queryParameters())
        + (one.open() ? " open" : "");
  }

  /** There is nothing that only other front ends could ask for. */
  @Test
  void everyActionHasARoute() {
    Set<Class<?>> asked = new HashSet<>();
    for (Case one : cases()) {
      asked.add(one.action().getClass());
    }
    // Their cases are the tests of streams above.
    asked.addAll(
        Set.of(
            Action.GuestExec.class,
            Action.ImportImage.class,
            Action.WriteGuestFile.class,
            Action.WriteGuestTree.class));
    Set<Class<?>> all = new HashSet<>();
    for (Class<?> kind : List.of(Action.Read.class, Action.Write.class)) {
      all.addAll(List.of(kind.getPermittedSubclasses()));
    }
    assertThat(all).hasSizeGreaterThan(50).isEqualTo(asked);
  }

  /** So that who may only read may be told by the method; hosts to compare are too long for it. */
  @Test
  void whatIsAskedByGetChangesNothing() {
    for (Case one : cases()) {
      boolean reads = one.action() instanceof Action.Read;
      boolean gets = Set.of("GET", "HEAD").contains(one.method());
      assertThat(gets).as(one.toString()).isEqualTo(reads && !isBaseline(one.action()));
    }
  }

  private static boolean isBaseline(Action action) {
    return action instanceof Action.ComputeBaseline;
  }

  @Test
  void everyOperationIsTried() {
    Set<String> tried = new HashSet<>();
    for (Case one : cases()) {
      Contract.find(one.method(), one.target()).ifPresent(found -> tried.add(found.id()));
    }
    Set<String> all = new HashSet<>();
    Contract.operations().forEach(one -> all.add(one.id()));
    all.removeAll(
        Set.of("getHealth", "getReadiness", "getRoot", "getDocs", "getOpenApi", "connectConsole"));
    // Pages for everybody.
    all.removeIf(id -> id.startsWith("get") && id.endsWith("Schema"));
    all.removeAll(Set.of("guestExec", "importImage", "writeGuestFile", "writeGuestTree"));
    assertThat(tried).isEqualTo(all);
  }
}
