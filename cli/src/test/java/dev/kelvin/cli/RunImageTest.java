package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where {@code kelvin run NAME} has its image from: pulled, or built where that does not work. */
@Timeout(60)
class RunImageTest extends OnFakeDaemon {

  @BeforeEach
  void start() throws IOException {
    cli.file(
        "home/.ssh/id_ed25519.pub",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFZGHVnuNhWu4hPOE64GslA+afSjTdle1w9FWLpl7JqN ada\n");
    daemon.on(
        "GET /v1/vms/web1",
        Reply.problem(Problem.of(Code.NOT_FOUND, "There is no VM web1").on("vm/web1")));
  }

  /** A host whose programs to build images are in this state. */
  private void doctor(String tools) {
    var check =
        Map.of("id", "tools-build", "title", "programs to build", "state", tools, "proof", "seen");
    daemon.doctor(List.of(check));
  }

  @Test
  void pullsWhatIsPublishedAndNotThere() throws IOException {
    doctor("ok");
    daemon.noImage("ubuntu-24-04");
    daemon.on("GET /v1/images/ubuntu-24-04", Reply.json(200, Things.imported("ubuntu-24-04")));
    daemon.on(
        "GET /v1/catalogue", Reply.json(200, Things.page(Things.published("ubuntu", "24.04"))));
    daemon.task("POST /v1/images", "i1", "image.pull", "image/ubuntu-24-04");
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    Result result = cli.run("run", "ubuntu:24.04", "--name", "web1", "--no-wait");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err()).contains("no image of ubuntu:24.04 yet", "pulled once");
    assertThat(daemon.bodies("POST /v1/images").getFirst()).contains("\"from\":\"ubuntu:24.04\"");
    assertThat(
            Documents.readTrusted(
                    daemon.bodies("POST /v1/vms").getLast().getBytes(StandardCharsets.UTF_8),
                    Vm.class)
                .spec()
                .disks()
                .getFirst()
                .image())
        .isEqualTo("ubuntu-24-04");
  }

  private void debianIsPublished() throws IOException {
    doctor("ok");
    daemon.noImage("debian");
    daemon.noImage("debian-12");
    daemon.noImage("debian-12");
    daemon.on("GET /v1/images/debian-12", Reply.json(200, Things.imported("debian-12")));
    daemon.on("GET /v1/catalogue", Reply.json(200, Things.page(Things.published("debian", "12"))));
  }

  @Test
  void pullsDebianWhereItsPublisherAnswers() throws IOException {
    debianIsPublished();
    daemon.task("POST /v1/images", "i1", "image.pull", "image/debian-12");
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    Result result = cli.run("run", "debian", "--name", "web1", "--no-wait");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err()).doesNotContain("built");
    assertThat(daemon.bodies("POST /v1/images")).hasSize(1);
  }

  @Test
  void doesNotBuildInPlaceOfAFileThatWasTamperedWith() throws IOException {
    debianIsPublished();
    daemon.on(
        "POST /v1/images",
        Reply.problem(
            Problem.of(Code.INVALID_ARGUMENT, "The file is not the one that is vouched for")
                .because("its checksum is another")
                .remedy("pull again later")));
    Result result = cli.run("run", "debian", "--name", "web1", "--no-wait");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("not the one that is vouched for");
    assertThat(daemon.bodies("POST /v1/images")).hasSize(1);
  }

  @Test
  void pullsDebianWhereItCannotBeBuilt() throws IOException {
    doctor("required");
    daemon.noImage("debian");
    daemon.noImage("debian-12");
    daemon.noImage("debian-12");
    daemon.on("GET /v1/images/debian-12", Reply.json(200, Things.imported("debian-12")));
    daemon.on("GET /v1/catalogue", Reply.json(200, Things.page(Things.published("debian", "12"))));
    daemon.task("POST /v1/images", "i1", "image.pull", "image/debian-12");
    daemon.task("POST /v1/vms", "v1", "vm.create", "vm/web1");
    Result result = cli.run("run", "debian", "--name", "web1", "--no-wait");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(daemon.bodies("POST /v1/images").getFirst()).contains("\"pull\"");
  }
}
