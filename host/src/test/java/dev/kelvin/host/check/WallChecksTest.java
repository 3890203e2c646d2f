package dev.kelvin.host.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.process.Users;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WallChecksTest {
  private static Check check(boolean root, Layer layer, Map<Layer, String> missing) {
    List<Check> all = new WallChecks(root).all(new CellSupport(missing));
    assertThat(all).hasSize(Layer.values().length);
    return all.stream()
        .filter(one -> one.id().equals("wall-" + layer.wire()))
        .findAny()
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(Layer.class)
  void aWallThatCanBeBuiltSaysWhatItProtectsAgainst(Layer layer) {
    Check built = check(true, layer, Map.of());
    assertThat(built.state()).isEqualTo(CheckState.OK);
    assertThat(built.proof()).contains(layer.purpose());
    assertThat(built.remedy()).isNull();
  }

  @ParameterizedTest
  @EnumSource(Layer.class)
  void oneThatCannotSaysWhyWhatIsLostAndWhatToDo(Layer layer) {
    for (boolean root : List.of(true, false)) {
      Check lost = check(root, layer, Map.of(layer, "the kernel's words"));
      assertThat(lost.state()).isEqualTo(CheckState.LIMITED);
      assertThat(lost.proof()).contains("the kernel's words", "lost", layer.purpose());
      assertThat(lost.remedy()).isNotBlank();
    }
  }

  @Test
  void theRemedyIsThatOfTheUserAndTheWall() {
    Map<Layer, String> all =
        Map.of(Layer.NETWORK, "x", Layer.LANDLOCK, "x", Layer.USER, "x", Layer.PID, "x");
    assertThat(check(false, Layer.NETWORK, all).remedy()).contains("run the daemon as root");
    assertThat(check(false, Layer.USER, all).remedy()).contains("run the daemon as root");
    assertThat(check(true, Layer.NETWORK, all).remedy()).contains("CAP_SYS_ADMIN", "CONFIG_NET_NS");
    assertThat(check(true, Layer.USER, all).remedy()).contains("CAP_SETUID");
    for (boolean root : List.of(true, false)) {
      assertThat(check(root, Layer.LANDLOCK, all).remedy()).contains("5.13", "lsm=");
    }
  }

  @Test
  void anOrdinaryUsersDaemonLacksWhatOnlyRootBuilds() {
    Map<Layer, String> missing = CellSupport.ofHost().missing();
    if (!Users.isRoot()) {
      assertThat(missing).containsKeys(Layer.USER, Layer.ROOT, Layer.PID, Layer.NETWORK);
    }
    assertThat(new WallChecks(Users.isRoot()).all(CellSupport.ofHost()))
        .allSatisfy(
            one -> assertThat(one.remedy() == null).isEqualTo(one.state() == CheckState.OK));
  }
}
