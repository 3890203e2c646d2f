package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.ImageStatus;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What users get wrong is refused with what to do, and what they leave out is chosen well. */
@Timeout(60)
class MistakesTest extends OnFakeDaemon {
  private static final String EXEC = "POST /v1/vms/web1/guest/exec";

  @Test
  void whatIsEditedIsAVmsName() throws IOException {
    daemon.on(FlowTest.ALL_VMS, Reply.json(200, Things.page(Things.vm("web1", Phase.RUNNING))));
    Result result = cli.run("edit", "vm/web1");
    assertThat(result.code()).isEqualTo(4);
    assertThat(result.err()).contains("There is no VM named vm/web1", "kelvin edit web1");
  }

  @Test
  void whatIsMissingOfAVmThatIsThereIsNoMistypedName() throws IOException {
    daemon.on(FlowTest.ALL_VMS, Reply.json(200, Things.page(Things.vm("web1", Phase.STOPPED))));
    daemon.on(
        "POST /v1/vms/web1/start",
        Reply.problem(
            Problem.of(Code.NOT_FOUND, "The volume of disk root is missing")
                .on("vm/web1")
                .remedy("restore the volume's file")));
    Result result = cli.run("start", "web1");
    assertThat(result.err()).contains("restore the volume's file").doesNotContain("did you mean");
  }

  @Test
  void aFileThatCannotBeOpenedIsNotCopied() throws IOException {
    // A socket has a size but is not opened, and that holds for root as well.
    Result result = cli.run("cp", "k/run/api.sock", "web1:/tmp/x");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("The file cannot be read", "api.sock", "check the path");
  }

  private ByteSize diskOf(ByteSize image, String... words) throws IOException {
    Image made = Things.imported("img");
    ImageStatus before = made.status();
    var status =
        new ImageStatus(
            before.phase(),
            before.digest(),
            before.format(),
            image,
            before.fileSize(),
            before.usedBy(),
            before.readyAt(),
            before.provenance(),
            before.warnings());
    daemon.off("GET /v1/images/img");
    daemon.on(
        "GET /v1/images/img", Reply.json(200, new Image(made.metadata(), made.spec(), status)));
    var all = Stream.concat(Stream.of("create", "--no-wait"), Stream.of(words));
    Result result = cli.run(all.toArray(String[]::new));
    assertThat(result.code()).as(result.err()).isZero();
    String body = daemon.bodies("POST /v1/vms").getLast();
    Disk root =
        Documents.readTrusted(body.getBytes(StandardCharsets.UTF_8), Vm.class)
            .spec()
            .disks()
            .getFirst();
    assertThat(root.image()).isEqualTo("img");
    return java.util.Objects.requireNonNull(root.size());
  }

  @Test
  void aDiskHasRoomForItsImage() throws IOException {
    daemon.on(FlowTest.ALL_VMS, Reply.json(200, Things.page()));
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/img-1");
    ByteSize large = ByteSize.ofGiB(64);
    ByteSize small = ByteSize.ofGiB(3);
    assertThat(diskOf(large, "img")).isEqualTo(large);
    assertThat(diskOf(large, "--image", "img")).isEqualTo(large);
    assertThat(diskOf(small, "img")).hasToString("10GiB");
    assertThat(diskOf(small, "--image", "img")).hasToString("10GiB");
    assertThat(diskOf(small, "--image", "img", "--disk", "5GiB")).hasToString("5GiB");
  }

  @Test
  void namesAndFiltersExcludeEachOther() throws IOException {
    Result label = cli.run("get", "vm", "web1", "-l", "team=blue");
    assertThat(label.code()).isEqualTo(2);
    assertThat(label.err()).contains("Names and --label exclude each other", "do: leave");
    Result field = cli.run("get", "task", "t1", "--field", "state=failed");
    assertThat(field.code()).isEqualTo(2);
    assertThat(field.err()).contains("Names and --field exclude each other");
    assertThat(daemon.lines()).isEmpty();
  }

  @Test
  void optionsThatTakeEachOthersMeaningAreRefused() throws IOException {
    for (String line :
        new String[] {
          "start web1 --no-wait --timeout 5s|--no-wait and --timeout",
          "apply -f vm.yaml --dry-run --timeout 5s|--dry-run and --timeout",
          "apply -f vm.yaml --dry-run --no-wait|--dry-run and --no-wait",
          "run --kernel k --netboot http://10.0.2.2/x|--kernel and --netboot",
          "create debian --image x|--image",
          "create --kernel k --user ann|--user has no effect",
          "run --iso cd --user-data f|--user-data has no effect",
          "run debian --format qcow2|--format has no effect",
          "run --image debian-12 --format qcow2|--format has no effect",
          "create -f vm.yaml --host-access|-f and options",
          "create --kernel k -l a=1 -l a=2|label a is given twice"
        }) {
      String[] parts = line.split("\\|", -1);
      Result result = cli.run(parts[0].split(" ", -1));
      assertThat(result.code()).as(line).isEqualTo(2);
      assertThat(result.err()).as(line).contains(parts[1], "why:", "do:");
    }
    assertThat(daemon.lines()).noneMatch(line -> line.startsWith("POST"));
  }

  @Test
  void whoeverDoesNotWaitIsToldTheTask() throws IOException {
    daemon.on(
        "POST /v1/tasks/t1/cancel",
        Reply.json(202, Things.task("t1", "image.build", "image/x", TaskState.UNDOING)));
    Result cancel = cli.run("task", "cancel", "--no-wait", "t1");
    assertThat(cancel.out()).isEqualTo("t1\n");
    assertThat(cancel.err()).contains("kelvin task wait t1");
    assertThat(cli.run("run", "--help").out()).contains("With --no-wait it writes the VM's");
    assertThat(cli.run("create", "--help").out()).contains("With --no-wait it writes the VM's");
  }

  @Test
  void eventsHaveNoFormatThatIsNotKept() throws IOException {
    String event =
        "{\"sequence\":1,\"time\":\"2026-11-21T12:00:00Z\",\"type\":\"vm.running\","
            + "\"object\":\"vm/web1\",\"message\":\"web1 runs\",\"data\":{}}";
    byte[] stream =
        ("id: 1\nevent: vm.running\ndata: " + event + "\n\n").getBytes(StandardCharsets.UTF_8);
    daemon.on("GET /v1/events?after=0", new Reply(200, "text/event-stream", stream));
    Result yaml = cli.run("events", "--after", "0", "-o", "yaml");
    assertThat(yaml.code()).isZero();
    assertThat(yaml.out())
        .startsWith("---\n")
        .contains("\nobject: vm/web1\n")
        .doesNotContain("{\"");
    Result name = cli.run("events", "--after", "0", "-o", "name");
    assertThat(name.code()).isEqualTo(2);
    assertThat(name.err()).contains("TABLE, JSON, YAML", "kelvin events --help");
  }

  @Test
  void aMicrovmHasNoScreen() throws IOException {
    Result result = cli.run("run", "--kernel", "/k", "--machine", "microvm", "--video", "std");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("exclude each other", "a microvm has no screen", "q35");
    assertThat(daemon.lines()).isEmpty();
  }

  @Test
  void inputThatARequestHasNoRoomForIsToBeCopied() throws IOException {
    daemon.on(
        EXEC,
        Reply.json(200, Map.of("exitCode", 0, "stdout", "", "stderr", "", "truncated", false)));
    String most = "x".repeat(760 << 10);
    assertThat(cli.piped(most).run("exec", "-i", "web1", "--", "tee", "f").code()).isZero();
    assertThat(daemon.bodies(EXEC).getFirst().length()).isLessThan(Documents.MAX_BYTES);
    Result result = cli.piped("x".repeat(1 << 20)).run("exec", "-i", "web1", "--", "tee", "f");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("too large", "760KiB", "kelvin cp FILE web1:/PATH");
    assertThat(daemon.bodies(EXEC)).hasSize(1);
    assertThat(cli.run("exec", "--help").out()).contains("760KiB at most");
  }
}
