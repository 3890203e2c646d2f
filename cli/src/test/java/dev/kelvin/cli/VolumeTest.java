package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Volume;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Volumes on the command line, against a daemon of the test. */
@Timeout(60)
class VolumeTest extends OnFakeDaemon {
  private static final Volume ROOT = volume("0a-root", "debian-12", new Volume.Use("web1", "root"));
  private static final Volume LOST = volume("0a-data", "ab".repeat(32), null);

  @BeforeEach
  void start() throws IOException {
    daemon.on("GET /v1/volumes?limit=500", Reply.json(200, Things.page(LOST, ROOT)));
    daemon.on("GET /v1/volumes/0a-root", Reply.json(200, ROOT));
  }

  private static Volume volume(String id, @Nullable String image, Volume.@Nullable Use use) {
    return new Volume(
        Volume.KIND, id, ByteSize.ofGiB(10), ByteSize.ofMiB(420), "qcow2", image, use);
  }

  @Test
  void listsAndShowsVolumes() throws IOException {
    Result table = cli.run("volume", "ls");
    assertThat(table.code()).isZero();
    assertThat(table.out().lines().map(line -> line.replaceAll(" {2,}", " | ")))
        .containsExactly(
            "VOLUME | SIZE | ON HOST | FORMAT | IMAGE | VM | DISK",
            "0a-data | 10.0 GiB | 420 MiB | qcow2 | abababababab… | - | -",
            "0a-root | 10.0 GiB | 420 MiB | qcow2 | debian-12 | web1 | root");
    assertThat(cli.run("volume", "ls", "--unused", "-o", "name").out()).isEqualTo("0a-data\n");
    assertThat(cli.run("volume", "ls", "-o", "yaml").out()).startsWith("- kind: Volume\n");
    assertThat(cli.run("volume", "show", "0a-root").out())
        .containsPattern("vm: +web1")
        .containsPattern("image: +debian-12");
    assertThat(cli.run("get", "volume", "0a-root", "-o", "json").out())
        .contains("\"disk\" : \"root\"");
    assertThat(cli.run("get", "volumes", "-o", "name").out()).isEqualTo("0a-data\n0a-root\n");
  }

  @Test
  void deletesVolumes() throws IOException {
    daemon.task("DELETE /v1/volumes/0a-data", "t1", "volume.delete", "volume/0a-data");
    daemon.on(
        "DELETE /v1/volumes/0a-root",
        Reply.problem(
            Problem.of(Code.CONFLICT, "Volume 0a-root is in use")
                .because("vm/web1 uses it as disk root")));
    Result both = cli.run("volume", "rm", "0a-root", "0a-data");
    assertThat(both.code()).isEqualTo(Code.CONFLICT.exitCode());
    assertThat(both.err()).contains("vm/web1 uses it as disk root");
    assertThat(both.out() + both.err()).contains("0a-data is deleted");
  }

  @Test
  void attachesAVolumeAndKeepsThoseOfADeletedVm() throws IOException {
    daemon.task("POST /v1/vms/web1/disks", "t1", "vm.update", "vm/web1");
    assertThat(cli.run("disk", "attach", "web1", "data", "--volume", "0a-data").code()).isZero();
    assertThat(daemon.bodies("POST /v1/vms/web1/disks").getFirst())
        .contains("\"volume\":\"0a-data\"");
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.vm("web1", Phase.STOPPED)));
    daemon.task("DELETE /v1/vms/web1?keepDisks=true", "t1", "vm.delete", "vm/web1");
    assertThat(cli.run("rm", "--keep-disks", "web1").code()).isZero();
  }
}
