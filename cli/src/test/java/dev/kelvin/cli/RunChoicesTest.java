package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@code kelvin run} and {@code kelvin create} ask of the host, and the names they choose. */
@Timeout(60)
class RunChoicesTest extends OnFakeDaemon {
  @BeforeEach
  void start() throws IOException {
    daemon.on(FlowTest.ALL_VMS, Reply.json(200, Things.page(Things.vm("debian-1", Phase.RUNNING))));
    daemon.on(
        "GET /v1/vms/web1",
        Reply.problem(Problem.of(Code.NOT_FOUND, "There is no VM web1").on("vm/web1")));
  }

  private static Map<String, ?> lacks(String check, String parcel) {
    return Map.of(
        "id",
        check,
        "title",
        check,
        "state",
        "required",
        "proof",
        "no",
        "packages",
        List.of(parcel));
  }

  @Test
  void asksOnlyForWhatTheVmNeeds() throws IOException {
    daemon.doctor(
        List.of(
            lacks("tools-build", "mmdebstrap"),
            lacks("tools-user-build", "uidmap"),
            lacks("tools-reach", "openssh-client")),
        "mmdebstrap",
        "uidmap",
        "openssh-client");
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/vm-1");
    Result kernel = cli.piped("").run("run", "--kernel", "vmlinuz", "--no-wait");
    assertThat(kernel.code()).as(kernel.err()).isZero();
    assertThat(kernel.out()).isEqualTo("vm-1\n");

    Result image = cli.piped("").run("run", "--image", "img", "--no-wait");
    assertThat(image.code()).isEqualTo(8);
    assertThat(image.err()).contains("openssh-client").doesNotContain("uidmap", "mmdebstrap");

    Result build = cli.piped("").run("image", "build", "debian");
    assertThat(build.code()).isEqualTo(8);
    assertThat(build.err()).contains("mmdebstrap uidmap").doesNotContain("openssh");
    assertThat(daemon.bodies("POST /v1/packages")).isEmpty();
  }

  @Test
  void aNameThatSomebodyElseGetsAtTheSameTimeIsNotInsistedOn() throws IOException {
    daemon.doctor(List.of());
    daemon.on(
        "POST /v1/vms",
        Reply.problem(Problem.of(Code.CONFLICT, "Another task works on vm/vm-1").on("vm/vm-1")));
    daemon.on(
        "POST /v1/vms",
        Reply.problem(
            Problem.of(Code.ALREADY_EXISTS, "There is a VM named vm-2")
                .on("vm/vm-2")
                .at("metadata.name")));
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/vm-3");
    Result result = cli.run("create", "--kernel", "vmlinuz", "--no-wait");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).isEqualTo("vm-3\n");
    assertThat(daemon.bodies("POST /v1/vms")).hasSize(3);
  }

  @Test
  void aNameThatWasAskedForIsNotReplaced() throws IOException {
    daemon.doctor(List.of());
    daemon.on(
        "POST /v1/vms",
        Reply.problem(
            Problem.of(Code.ALREADY_EXISTS, "There is a VM named web1")
                .on("vm/web1")
                .at("metadata.name")));
    assertThat(cli.run("create", "--kernel", "vmlinuz", "--name", "web1").code()).isEqualTo(5);
    assertThat(daemon.bodies("POST /v1/vms")).hasSize(1);
  }
}
