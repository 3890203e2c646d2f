package dev.kelvin.machine.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Confinement.Identity;
import dev.kelvin.host.cell.Confinement.Limits;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.launch.PlainLauncher;
import dev.kelvin.machine.engine.Signal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whoever watches a VM hears of walls that it has been started without. */
class LostWallsTest {
  private static Confinement whole(boolean network) {
    return new Confinement(
        List.of(),
        new Identity(61_320, List.of()),
        network,
        Limits.none(),
        EnumSet.allOf(Layer.class));
  }

  private static List<Signal> told(boolean root, Map<Layer, String> missing, Confinement... cells) {
    var signals = new ArrayList<Signal>();
    var walls = new LostWalls(new PlainLauncher(() -> new CellSupport(missing)), root);
    for (Confinement cell : cells) {
      assertThat(walls.noted(cell)).isSameAs(cell);
    }
    walls.tell("vm/web", signals::add);
    return signals;
  }

  @Test
  void eachWallIsNamedOnceWithItsReason() {
    Map<Layer, String> missing = Map.of(Layer.ROOT, "no mounts", Layer.LANDLOCK, "no such call");
    assertThat(told(true, missing, whole(true), whole(true)))
        .containsExactly(
            new Signal.Told(
                "vm.walls-missing",
                "started without walls that this host cannot build: root (no mounts),"
                    + " landlock (no such call); see \"kelvin doctor --security\""));
  }

  @Test
  void aWholeCellIsNoNews() {
    assertThat(told(true, Map.of(), whole(false))).isEmpty();
  }

  /** A guest has the host's network; its helpers have none. */
  @Test
  void whatNoProcessShouldHaveIsNotMissed() {
    Map<Layer, String> missing = Map.of(Layer.NETWORK, "no such namespace");
    assertThat(told(true, missing, whole(true))).isEmpty();
    assertThat(told(true, missing, whole(true), whole(false))).hasSize(1);
  }

  @Test
  void anOrdinaryUserIsNotToldOfWhatOnlyRootBuilds() {
    Map<Layer, String> usual = Map.of(Layer.ROOT, "EPERM", Layer.PID, "EPERM");
    assertThat(told(false, usual, whole(true))).isEmpty();
    Map<Layer, String> unusual = Map.of(Layer.ROOT, "EPERM", Layer.SECCOMP, "a filter");
    assertThat(told(false, unusual, whole(true)))
        .singleElement()
        .asString()
        .contains("seccomp (a filter)")
        .doesNotContain("EPERM");
  }
}
