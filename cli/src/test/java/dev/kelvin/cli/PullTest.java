package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.ImageSpec;
import dev.kelvin.model.Image.Origin;
import dev.kelvin.model.Image.Provenance;
import dev.kelvin.model.Image.PullSource;
import dev.kelvin.model.Image.Verification;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task.TaskState;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code kelvin image pull} and {@code kelvin image catalogue}. */
@Timeout(60)
class PullTest extends OnFakeDaemon {
  private static final String POST = "POST /v1/images";

  @BeforeEach
  void start() throws IOException {
    daemon.on(
        "GET /v1/catalogue",
        Reply.json(
            200,
            Things.page(Things.published("ubuntu", "24.04"), Things.published("debian", "12"))));
  }

  private static Image pulled(String from) {
    Image image = Things.imported("ubuntu-24-04");
    String url = "https://ubuntu.example/24.04.qcow2";
    var spec =
        new ImageSpec(Origin.PULL, null, Format.QCOW2, new PullSource(from, "x86_64", url, false));
    var status = image.status();
    return new Image(
        image.metadata(),
        spec,
        new Image.ImageStatus(
            status.phase(),
            status.digest(),
            status.format(),
            status.virtualSize(),
            status.fileSize(),
            status.usedBy(),
            status.readyAt(),
            new Provenance(Verification.SIGNATURE, "sha256:" + "ab".repeat(32), "D2EB"),
            List.of()));
  }

  @Test
  void asksForWhatTheUserSays() throws IOException {
    daemon.on(
        POST, Reply.json(202, Things.task("t", "image.pull", "image/u", TaskState.SUCCEEDED)));
    Result result =
        cli.run(
            "image",
            "pull",
            "https://h/d.img",
            "--name",
            "u",
            "--format",
            "raw",
            "--checksum",
            "sha256:ab",
            "--insecure",
            "--arch",
            "aarch64",
            "-l",
            "a=b");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).isEqualTo("The image u is ready\n");
    assertThat(daemon.bodies(POST).getFirst())
        .contains("\"name\":\"u\"", "\"from\":\"https://h/d.img\"", "\"format\":\"raw\"")
        .contains("\"checksum\":\"sha256:ab\"", "\"insecure\":true", "\"arch\":\"aarch64\"")
        .contains("\"a\":\"b\"");
  }

  @Test
  void waitsForThePullThatIsUnderWay() throws IOException {
    daemon.on(
        POST,
        Reply.problem(
            Problem.of(Code.ALREADY_EXISTS, "There is an image").on("image/ubuntu-24-04")));
    daemon.on("GET /v1/images/ubuntu-24-04", Reply.json(200, pulled("ubuntu:24.04")));
    String tasks =
        "GET /v1/tasks?limit=500&field=object%3Dimage/ubuntu-24-04&field=type%3Dimage.pull";
    daemon.on(
        tasks,
        Reply.json(
            200,
            Things.page(Things.task("t", "image.pull", "image/ubuntu-24-04", TaskState.RUNNING))));
    daemon.on(
        "GET /v1/tasks/t",
        Reply.json(200, Things.task("t", "image.pull", "image/ubuntu-24-04", TaskState.SUCCEEDED)));
    Result result = cli.run("image", "pull", "ubuntu");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.err()).contains("being pulled already");
    assertThat(result.out()).contains("The image ubuntu-24-04 is ready");
    Result other = cli.run("image", "pull", "debian", "--name", "ubuntu-24-04");
    assertThat(other.code()).isEqualTo(Code.ALREADY_EXISTS.exitCode());
  }

  @Test
  void showsWhatIsPublishedAndWhatVouchesForIt() throws IOException {
    Result list = cli.run("image", "catalogue");
    assertThat(list.out()).contains("ubuntu:24.04", "~400 MiB", "sums", "https://debian.example/");
    assertThat(cli.run("image", "catalogue", "--arch", "aarch64").out()).doesNotContain("ubuntu");
    daemon.on("GET /v1/images/ubuntu-24-04", Reply.json(200, pulled("ubuntu:24.04")));
    assertThat(cli.run("image", "show", "ubuntu-24-04").out())
        .contains("ubuntu:24.04", "signature", "D2EB", "https://ubuntu.example/24.04.qcow2");
  }
}
