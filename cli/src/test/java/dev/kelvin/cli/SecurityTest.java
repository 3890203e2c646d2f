package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.VmIsolation;
import dev.kelvin.model.VmIsolation.ConfinedProcess;
import dev.kelvin.model.VmIsolation.Wall;
import dev.kelvin.model.VmIsolation.WallState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the command line shows of what keeps guests and VMs apart. */
@Timeout(60)
class SecurityTest extends OnFakeDaemon {
  private static final VmIsolation SEEN =
      new VmIsolation(
          "web1",
          List.of(
              new ConfinedProcess(
                  "qemu",
                  4711,
                  List.of(
                      new Wall("root", WallState.STANDS, "mnt:[42], 61 mounts", "it sees nothing"),
                      new Wall("landlock", WallState.UNSEEN, "not shown", "it opens nothing"))),
              new ConfinedProcess(
                  "tpm",
                  4712,
                  List.of(
                      new Wall("network", WallState.MISSING, "the daemon's own", "it is alone")))));

  @Test
  void showsTheWallsOfEachProcess() throws IOException {
    daemon.on("GET /v1/vms/web1/isolation", Reply.json(200, SEEN));
    Result table = cli.run("show", "web1", "--isolation");
    assertThat(table.code()).as("also with a wall missing").isZero();
    assertThat(table.out())
        .isEqualTo(
            """
            PROCESS      WALL      STATE    SEEN                 SO THAT
            qemu (4711)  root      stands   mnt:[42], 61 mounts  it sees nothing
            qemu (4711)  landlock  unseen   not shown            it opens nothing
            tpm (4712)   network   missing  the daemon's own     it is alone
            """);
    assertThat(cli.run("show", "--isolation", "web1", "--no-headers").out())
        .startsWith("qemu (4711)");
    assertThat(cli.run("show", "web1", "--isolation", "-o", "name").out()).isEqualTo("web1\n");
    for (Syntax syntax : Syntax.values()) {
      String document =
          cli.run("show", "web1", "--isolation", "-o", syntax.name().toLowerCase(Locale.ROOT))
              .out();
      byte[] bytes = document.getBytes(StandardCharsets.UTF_8);
      assertThat(Documents.read(bytes, syntax, VmIsolation.class)).isEqualTo(SEEN);
    }
    assertThat(daemon.lines()).containsOnly("GET /v1/vms/web1/isolation");
  }

  @Test
  void tellsWhyThereIsNothingToShow() throws IOException {
    Problem stopped =
        Problem.of(Code.WRONG_STATE, "The VM is stopped")
            .on("vm/web1")
            .remedy("start it with \"kelvin start web1\"");
    daemon.on("GET /v1/vms/web1/isolation", Reply.problem(stopped));
    Result refused = cli.run("show", "web1", "--isolation");
    assertThat(refused.code()).isEqualTo(5);
    assertThat(refused.err()).contains("The VM is stopped", "kelvin start web1");
    assertThat(refused.out()).isEmpty();
  }

  private static Map<String, Object> check(String id, String state) {
    return Map.of(
        "id", id, "title", "about " + id, "state", state, "proof", "seen", "remedy", "do it");
  }

  @Test
  void showsOnlyWhatIsOfSecurity() throws IOException {
    daemon.doctor(
        List.of(
            check("kvm", "absent"),
            check("nftables", "limited"),
            check("vm-users", "ok"),
            check("wall-network", "limited"),
            check("api.tls", "limited")));
    assertThat(cli.run("doctor").out()).contains("about kvm", "about wall-network");
    Result limited = cli.run("doctor", "--security");
    assertThat(limited.code()).isZero();
    assertThat(limited.out())
        .contains("about nftables", "about vm-users", "about wall-network", "about api.tls")
        .doesNotContain("about kvm");
    assertThat(cli.run("doctor", "--security", "-o", "json").out())
        .contains("wall-network")
        .doesNotContain("kvm\"");
  }

  @Test
  void theExitCodeIsThatOfTheWholeReport() throws IOException {
    daemon.doctor(List.of(check("qemu-img", "required"), check("wall-pid", "ok")));
    assertThat(cli.run("doctor").code()).isEqualTo(8);
    assertThat(cli.run("doctor", "--security").code()).isEqualTo(8);
  }
}
