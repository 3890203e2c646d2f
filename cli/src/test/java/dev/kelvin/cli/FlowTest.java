package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Vm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commands as they are typed, against a daemon of the test. */
@Timeout(60)
class FlowTest extends OnFakeDaemon {
  static final String ALL_VMS = "GET /v1/vms?limit=500";

  private void task(String line, String id, String type, String object) {
    daemon.on(line, Reply.json(202, Things.task(id, type, object, TaskState.RUNNING)));
    daemon.on(
        "GET /v1/tasks/" + id, Reply.json(200, Things.task(id, type, object, TaskState.RUNNING)));
    daemon.on(
        "GET /v1/tasks/" + id, Reply.json(200, Things.task(id, type, object, TaskState.SUCCEEDED)));
  }

  @Test
  void listsWhyVmsStandStill() throws IOException {
    Vm paused = Things.vm("web1", Phase.PAUSED);
    String why = "the file system of its disk root is full";
    daemon.on(
        ALL_VMS,
        Reply.json(
            200,
            Things.page(
                paused.withStatus(paused.status().in(Phase.PAUSED, why, Instant.EPOCH)),
                Things.vm("db", Phase.PAUSED))));
    assertThat(cli.run("ls").err()).isEqualTo("web1 is paused: " + why + "\n");
    assertThat(cli.run("ls", "-o", "name").err()).isEmpty();
  }

  @Test
  void listsVms() throws IOException {
    daemon.on(
        ALL_VMS,
        Reply.json(
            200, Things.page(Things.talking("web1", "done"), Things.vm("db", Phase.STOPPED))));
    Result table = cli.run("ls");
    assertThat(table.code()).isZero();
    assertThat(table.out().lines())
        .hasSize(3)
        .anySatisfy(line -> assertThat(line).startsWith("NAME  STATE    CPUS  MEMORY   ADDRESS"))
        .anySatisfy(line ->
            assertThat(line).startsWith("web1  running  2     1.0 GiB  10.0.2.15  40022>22"))
        .anySatisfy(line ->
            assertThat(line).isEqualTo("db    stopped  2     1.0 GiB  -          -         -"));
    assertThat(cli.run("ls", "-o", "name").out()).isEqualTo("web1\ndb\n");
    assertThat(cli.run("ls", "--no-headers").out()).doesNotContain("NAME");
    assertThat(cli.run("ls", "-o", "json").out()).startsWith("[ {").contains("\"name\" : \"db\"");
    assertThat(cli.run("ls", "-o", "yaml").out()).startsWith("- kind: VM\n");
    daemon.on(
        "GET /v1/vms?limit=500&label=a%3Db&field=status.phase%3Drunning",
        Reply.json(200, Things.page()));
    assertThat(cli.run("ls", "-l", "a=b", "--field", "status.phase=running", "-o", "name").out())
        .isEmpty();
  }

  @Test
  void waitsForTasksAndSaysWhatBecameOfThem() throws IOException {
    task("POST /v1/vms/web1/start", "t1", "vm.start", "vm/web1");
    Result result = cli.run("start", "web1");
    assertThat(result).isEqualTo(new Result(0, "web1 is started\n", ""));
    assertThat(daemon.lines()).endsWith("GET /v1/tasks/t1", "GET /v1/tasks/t1");
    Result started = cli.run("start", "--no-wait", "web1");
    assertThat(started.out()).isEqualTo("t1\n");
    assertThat(started.err()).contains("kelvin task wait t1");
  }

  @Test
  void aTaskThatFailsGivesItsProblemAndExitCode() throws IOException {
    Problem why =
        Problem.of(Code.QEMU_REFUSED, "QEMU ends at once")
            .on("vm/web1")
            .because("it says: no such device")
            .remedy("remove the device");
    daemon.on(
        "POST /v1/vms/web1/start",
        Reply.json(202, Things.task("t1", "vm.start", "vm/web1", TaskState.RUNNING)));
    daemon.on("GET /v1/tasks/t1", Reply.json(200, Things.failed("t1", "vm.start", "vm/web1", why)));
    Result result = cli.run("start", "web1");
    assertThat(result.code()).isEqualTo(8);
    assertThat(result.err())
        .isEqualTo(
            """
            Error: QEMU ends at once (vm/web1)
              why: it says: no such device
              do: remove the device
            """);
    daemon.on(
        "POST /v1/vms/web2/start", Reply.problem(Problem.of(Code.WRONG_STATE, "It runs already")));
    Result both = cli.run("start", "web1", "web2");
    assertThat(both.code()).isEqualTo(8);
    assertThat(both.err()).contains("QEMU ends at once", "It runs already");
  }

  @Test
  void severalAreBegunBeforeOneIsWaitedFor() throws IOException {
    task("POST /v1/vms/web2/start", "t2", "vm.start", "vm/web2");
    daemon.on(
        "POST /v1/vms/web1/start",
        Reply.json(202, Things.task("t1", "vm.start", "vm/web1", TaskState.RUNNING)));
    daemon.on(
        "GET /v1/tasks/t1",
        call -> {
          boolean both = daemon.lines().contains("POST /v1/vms/web2/start");
          TaskState state = both ? TaskState.SUCCEEDED : TaskState.RUNNING;
          return Reply.json(200, Things.task("t1", "vm.start", "vm/web1", state));
        });
    Result result = cli.run("start", "--timeout", "20s", "web1", "web2", "web1");
    assertThat(result).isEqualTo(new Result(0, "web1 is started\nweb2 is started\n", ""));
    assertThat(daemon.lines()).containsOnlyOnce("POST /v1/vms/web1/start");
  }

  @Test
  void theLimitIsThatOfAllTogether() throws IOException {
    for (int i = 1; i <= 3; i++) {
      String vm = "web" + i;
      Task begun = Things.task("t" + i, "vm.start", "vm/" + vm, TaskState.RUNNING);
      Task then = i < 3 ? begun : Things.task("t3", "vm.start", "vm/web3", TaskState.SUCCEEDED);
      daemon.on("POST /v1/vms/" + vm + "/start", Reply.json(202, begun));
      daemon.on("GET /v1/tasks/t" + i, Reply.json(200, then));
    }
    Result result = cli.run("start", "--timeout", "1s", "web1", "web2", "web3");
    assertThat(result.code()).isEqualTo(7);
    assertThat(result.out()).isEqualTo("web3 is started\n");
    // The second had no time left: it is looked at once.
    assertThat(daemon.lines().stream().filter("GET /v1/tasks/t2"::equals)).hasSize(1);
  }

  @Test
  void waitingEndsAtItsLimit() throws IOException {
    daemon.on(
        "POST /v1/vms/web1/start",
        Reply.json(202, Things.task("t1", "vm.start", "vm/web1", TaskState.RUNNING)));
    daemon.on(
        "GET /v1/tasks/t1",
        Reply.json(200, Things.task("t1", "vm.start", "vm/web1", TaskState.RUNNING)));
    Result result = cli.run("start", "--timeout", "1s", "web1");
    assertThat(result.code()).isEqualTo(7);
    assertThat(result.err()).contains("kelvin task wait t1");
  }

  @Test
  void aDaemonThatIsRestartedMeanwhileIsWaitedFor() throws Exception {
    daemon.on(
        "POST /v1/vms/web1/start",
        call -> {
          daemon.close();
          Thread.ofVirtual().start(this::restart);
          return Reply.json(202, Things.task("t1", "vm.start", "vm/web1", TaskState.RUNNING));
        });
    assertThat(cli.run("start", "web1").out()).isEqualTo("web1 is started\n");
  }

  private void restart() {
    try {
      Files.delete(cli.kelvinHome().resolve("run/api.sock"));
      daemon =
          new FakeDaemon(
              cli.kelvinHome(),
              fresh ->
                  fresh.on(
                      "GET /v1/tasks/t1",
                      Reply.json(
                          200, Things.task("t1", "vm.start", "vm/web1", TaskState.SUCCEEDED))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void suggestsTheNameThatWasMeant() throws IOException {
    daemon.on(
        "POST /v1/vms/wbe1/start",
        Reply.problem(Problem.of(Code.NOT_FOUND, "There is no VM wbe1").on("vm/wbe1")));
    daemon.on(ALL_VMS, Reply.json(200, Things.page(Things.vm("web1", Phase.STOPPED))));
    Result result = cli.run("start", "wbe1");
    assertThat(result.code()).isEqualTo(4);
    assertThat(result.err()).contains("do: did you mean web1?");
  }

  @Test
  void deletesAVmAndForgetsItsHostKey() throws IOException {
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.vm("web1", Phase.RUNNING)));
    task("DELETE /v1/vms/web1?force=true", "t1", "vm.delete", "vm/web1");
    Path hostKey = cli.file("k/etc/ssh/known_hosts/id-web1", "key");
    assertThat(cli.run("rm", "--force", "web1").out()).isEqualTo("web1 is deleted\n");
    assertThat(hostKey).doesNotExist();
  }

  @Test
  void savesScreenshotsAndShowsLogs() throws IOException {
    daemon.on("GET /v1/vms/web1/screenshot?screen=1", Reply.text("PNG"));
    assertThat(cli.run("screenshot", "web1").out()).endsWith("web1.png\n");
    assertThat(directory.resolve("web1.png")).hasContent("PNG");
    assertThat(cli.run("screenshot", "web1", "-").out()).isEqualTo("PNG");
    daemon.on("GET /v1/vms/web1/screenshot?screen=2", Reply.text("SECOND"));
    assertThat(cli.run("screenshot", "web1", "-", "--screen", "2").out()).isEqualTo("SECOND");
    assertThat(cli.run("screenshot", "web1", "absent/x.png").code()).isEqualTo(2);
    daemon.on("GET /v1/vms/web1/log?tail=4096", Reply.text("login: "));
    assertThat(cli.run("logs", "--tail", "4KiB", "web1").out()).isEqualTo("login: ");
    daemon.on("POST /v1/vms/web1/keys", Reply.empty(204));
    assertThat(cli.run("keys", "web1", "ctrl-alt-delete", "ret").code()).isZero();
    assertThat(daemon.bodies("POST /v1/vms/web1/keys"))
        .containsExactly("{\"keys\":[\"ctrl-alt-delete\",\"ret\"]}");
  }

  @Test
  void showsObjects() throws IOException {
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.talking("web1", "done")));
    assertThat(cli.run("show", "web1").out())
        .contains(
            "name:            web1",
            "disk root:       10.0 GiB, from image debian-12, virtio-blk",
            "127.0.0.1:40022 leads to port 22 (tcp)",
            "addresses ens2:  10.0.2.15/24, fe80::1/64",
            "cloud-init:      done");
    daemon.on("GET /v1/images/debian-12", Reply.json(200, Things.image("debian-12")));
    assertThat(cli.run("image", "show", "debian-12").out())
        .contains("from:     debian bookworm", "used by:  web1");
    daemon.on("GET /v1/images?limit=500", Reply.json(200, Things.page(Things.image("debian-12"))));
    assertThat(cli.run("image", "ls").out()).contains("debian-12  ready  qcow2   3.0 GiB  420 MiB");
    assertThat(cli.run("get", "image", "debian-12", "-o", "yaml").out())
        .startsWith("kind: Image\n");
    daemon.on(
        "GET /v1/tasks?limit=500",
        Reply.json(
            200, Things.page(Things.task("t1", "vm.create", "vm/web1", TaskState.SUCCEEDED))));
    assertThat(cli.run("task", "ls").out()).contains("t1  create web1  succeeded  -");
    assertThat(cli.run("get", "tasks", "-o", "name").out()).isEqualTo("t1\n");
    assertThat(cli.run("get", "pods").err()).contains("There is no kind of objects \"pods\"");
  }

  @Test
  void followsEventsUntilTheyEnd() throws IOException {
    String event =
        "{\"sequence\":1,\"time\":\"2026-11-21T12:00:00Z\",\"type\":\"vm.running\","
            + "\"object\":\"vm/web1\",\"message\":\"web1 runs\",\"data\":{}}";
    daemon.on(
        "GET /v1/events?after=0&object=vm/web1",
        new Reply(
            200,
            "text/event-stream",
            ("id: 1\nevent: vm.running\ndata: " + event + "\n\n")
                .getBytes(StandardCharsets.UTF_8)));
    assertThat(cli.run("events", "--after", "0", "--object", "vm/web1").out())
        .contains("vm/web1", "vm.running", "web1 runs");
    assertThat(cli.run("events", "--after", "0", "--object", "vm/web1", "-o", "json").out())
        .isEqualTo(event + "\n");
  }

  @Test
  void devicesAreAttachedAndDetached() throws IOException {
    task("POST /v1/vms/web1/disks", "t1", "vm.disk-attach", "vm/web1");
    cli.run("disk", "attach", "web1", "data", "--size", "20G", "--bus", "nvme");
    assertThat(daemon.bodies("POST /v1/vms/web1/disks").getFirst())
        .contains("\"size\":\"20GiB\"", "\"bus\":\"nvme\"", "\"ioThread\":false");
    assertThat(cli.run("disk", "attach", "web1", "d", "--size", "1G", "--bus", "virtio-blck").err())
        .contains("did you mean virtio-blk?");
    assertThat(cli.run("disk", "attach", "web1", "d", "--size", "big").code()).isEqualTo(2);
    task("POST /v1/vms/web1/nics", "t2", "vm.nic-attach", "vm/web1");
    cli.run("nic", "attach", "web1", "net1", "--forward", "8080:80", "--forward", "53/udp");
    assertThat(daemon.bodies("POST /v1/vms/web1/nics").getFirst())
        .contains("\"hostPort\":8080,\"guestPort\":80", "\"protocol\":\"udp\"");
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.vm("web1", Phase.RUNNING)));
    assertThat(cli.run("cd", "eject", "web1").err()).contains("the VM has none");
    task("PUT /v1/vms/web1/cdroms/cd0", "t3", "vm.cd-eject", "vm/web1");
    assertThat(cli.run("cd", "eject", "web1", "--drive", "cd0").code()).isZero();
    assertThat(daemon.bodies("PUT /v1/vms/web1/cdroms/cd0")).containsExactly("{\"image\":null}");
  }

  @Test
  void theDoctorsVerdictIsTheExitCode() throws IOException {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("host", "a host");
    report.put("accelerator", "tcg");
    report.put(
        "checks",
        List.of(
            Map.of(
                "id",
                "kvm",
                "title",
                "KVM",
                "state",
                "absent",
                "proof",
                "no /dev/kvm",
                "remedy",
                "enable it")));
    report.put("missingPackages", List.of());
    report.put("checkedAt", "2026-11-21T12:00:00Z");
    daemon.on("GET /v1/doctor", Reply.json(200, report));
    Result good = cli.run("doctor");
    assertThat(good.code()).isZero();
    assertThat(good.out()).contains("absent    KVM  no /dev/kvm\n", "do: enable it");
    daemon.off("GET /v1/doctor");
    report.put("missingPackages", List.of("qemu-utils"));
    daemon.on("GET /v1/doctor", Reply.json(200, report));
    assertThat(cli.run("doctor").code()).isEqualTo(8);
  }

  @Test
  void cancellingATaskIsASuccessWhenItIsCancelled() throws IOException {
    daemon.on(
        "POST /v1/tasks/t1/cancel",
        Reply.json(202, Things.task("t1", "image.build", "image/x", TaskState.UNDOING)));
    daemon.on(
        "GET /v1/tasks/t1",
        Reply.json(200, Things.task("t1", "image.build", "image/x", TaskState.CANCELLED)));
    Result result = cli.run("task", "cancel", "t1");
    assertThat(result.code()).isZero();
    assertThat(result.out()).contains("is cancelled");
    assertThat(cli.run("task", "wait", "t1").code()).isEqualTo(11);
  }
}
