package dev.kelvin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayoutTest {
  @Test
  void rootUsesTheSystemsDirectories() {
    var layout = Layout.resolve(Map.of("HOME", "/root"), true);
    assertThat(layout.config()).hasToString("/etc/kelvin");
    assertThat(layout.state()).hasToString("/var/lib/kelvin");
    assertThat(layout.runtime()).hasToString("/run/kelvin");
  }

  @Test
  void othersUseTheirOwn() {
    var layout =
        Layout.resolve(Map.of("HOME", "/home/ann", "XDG_RUNTIME_DIR", "/run/user/none"), false);
    assertThat(layout.config()).hasToString("/home/ann/.config/kelvin");
    assertThat(layout.state()).hasToString("/home/ann/.local/share/kelvin");
    assertThat(layout.runtime()).hasToString("/run/user/none/kelvin");
    assertThat(layout.isOfSession()).isTrue();
    assertThat(Layout.resolve(Map.of(), true).isOfSession()).isFalse();
    assertThat(Layout.resolve(Map.of("KELVIN_HOME", "/k"), false).isOfSession()).isFalse();
    var moved =
        Layout.resolve(
            Map.of("HOME", "/home/ann", "XDG_CONFIG_HOME", "/c", "XDG_DATA_HOME", "/d"), false);
    assertThat(moved.config()).hasToString("/c/kelvin");
    assertThat(moved.state()).hasToString("/d/kelvin");
    assertThat(moved.runtime()).hasToString("/home/ann/.local/state/run/kelvin");
  }

  @Test
  void oneHomeHoldsEverything() {
    for (boolean root : new boolean[] {true, false}) {
      var layout = Layout.resolve(Map.of("KELVIN_HOME", "/srv/../srv/k1"), root);
      Path home = Path.of("/srv/k1");
      assertThat(layout.home()).isEqualTo(home);
      for (Path path :
          new Path[] {
            layout.config(),
            layout.state(),
            layout.runtime(),
            layout.socket(),
            layout.pidFile(),
            layout.store(),
            layout.images(),
            layout.volumes(),
            layout.daemonLog(),
            layout.token(),
            layout.certificate(),
            layout.vmState("id"),
            layout.vmRuntime("id")
          }) {
        assertThat(path.startsWith(home)).as("%s", path).isTrue();
      }
    }
  }

  @Test
  void aHomeWhoseSocketsWouldNotFitIsRefused() {
    String longest = "/" + "x".repeat(Layout.MAX_RUNTIME_LENGTH - "/run".length() - 1);
    var layout = Layout.resolve(Map.of("KELVIN_HOME", longest), false);
    String socket = layout.vmRuntime("0".repeat(20)).resolve("serial.sock").toString();
    assertThat(socket.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(107);
    assertThatThrownBy(() -> Layout.resolve(Map.of("KELVIN_HOME", longest + "x"), false))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(Code.INVALID_ARGUMENT);
              assertThat(e.problem().remedy()).contains("KELVIN_HOME");
            });
  }

  @Test
  void theLimitCountsBytesNotCharacters() {
    String home = "/" + "ü".repeat(Layout.MAX_RUNTIME_LENGTH - "/run".length() - 1);
    assertThatThrownBy(() -> Layout.resolve(Map.of("KELVIN_HOME", home), false))
        .isInstanceOf(ProblemException.class);
  }

  @Test
  void whatIsNoAbsolutePathIsNoDirectory() {
    var layout =
        Layout.resolve(
            Map.of("HOME", "/home/ann", "XDG_RUNTIME_DIR", "", "XDG_DATA_HOME", "data"), false);
    assertThat(layout.runtime()).hasToString("/home/ann/.local/state/run/kelvin");
    assertThat(layout.state()).hasToString("/home/ann/.local/share/kelvin");
    // cron and systemd may leave the home out.
    assertThat(Layout.resolve(Map.of(), false).state().toString())
        .isEqualTo(Path.of(System.getProperty("user.home"), ".local/share/kelvin").toString());
  }

  @Test
  void pathsThatCannotBeToldAreRefused() {
    for (String home : new String[] {"/srv/a\nb", "/srv/a\u001b[2J", "/srv/k\uFFFD"}) {
      assertThatThrownBy(() -> Layout.resolve(Map.of("KELVIN_HOME", home), false))
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> {
                assertThat(e.problem().code()).isEqualTo(Code.INVALID_ARGUMENT);
                assertThat(e.problem().detail()).contains("KELVIN_HOME");
                assertThat(e.problem().object()).doesNotContain("\n", "\u001b");
              });
    }
    assertThat(Layout.resolve(Map.of("KELVIN_HOME", "/srv/a=b:c, d%'"), false).home())
        .hasToString("/srv/a=b:c, d%'");
  }
}
