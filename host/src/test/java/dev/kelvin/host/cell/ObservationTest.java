package dev.kelvin.host.cell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.cell.Confinement.Identity;
import dev.kelvin.host.cell.Confinement.Limits;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.cell.Observation.State;
import dev.kelvin.host.launch.Launch;
import dev.kelvin.host.launch.PlainLauncher;
import dev.kelvin.host.launch.ProgramViews;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.ProgramClosure;
import dev.kelvin.host.program.Programs;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is seen of a process is what it is confined by. */
class ObservationTest {
  private static final int USER = 61_310;

  private static final Set<Layer> NAMESPACES =
      EnumSet.of(Layer.ROOT, Layer.PID, Layer.IPC, Layer.UTS, Layer.CGROUP, Layer.NETWORK);

  private final List<ProcessId> started = new ArrayList<>();
  private int runs;

  @TempDir Path directory;

  @BeforeEach
  void passable() throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void endAll() throws IOException {
    for (ProcessId one : started) {
      assertThat(one.kill(Duration.ofSeconds(20))).isTrue();
    }
  }

  private ProcessId inCell(Set<Layer> layers) throws InterruptedException {
    Path sleep = Programs.require("sleep");
    List<View> views = ProgramViews.of(ProgramClosure.of(sleep, new Commands()));
    var cell =
        new Confinement(
            views,
            new Identity(USER, List.of()),
            false,
            new Limits(64, 256, Limits.NONE, Limits.NONE),
            layers);
    ProcessId process =
        new PlainLauncher(CellSupport::ofHost)
            .launch(
                new Launch(
                    "vm/seen",
                    List.of(sleep.toString(), "300"),
                    Path.of("/"),
                    directory.resolve("output-" + ++runs),
                    cell));
    started.add(process);
    return process;
  }

  private ProcessId plain() throws IOException {
    Process process = new ProcessBuilder("sleep", "300").start();
    ProcessId id = ProcessId.of(process.pid()).orElseThrow();
    started.add(id);
    return id;
  }

  private static Map<Layer, State> states(ProcessId process) throws IOException {
    var states = new EnumMap<Layer, State>(Layer.class);
    Observation.of(process).forEach(one -> states.put(one.layer(), one.state()));
    assertThat(states).containsOnlyKeys(Layer.values());
    return states;
  }

  @Test
  void aWholeCellStands() throws Exception {
    assumeTrue(Users.isRoot(), "only root builds whole cells");
    ProcessId process = inCell(EnumSet.allOf(Layer.class));
    for (Observation one : Observation.of(process)) {
      assertThat(one.seen()).as(one.layer().wire()).isNotEmpty();
      assertThat(one.state())
          .as("%s: %s", one.layer(), one.seen())
          .isEqualTo(one.layer() == Layer.LANDLOCK ? State.UNSEEN : State.STANDS);
    }
    assertThat(Observation.of(process))
        .extracting(Observation::seen)
        .contains(
            "user id " + USER,
            "none, and none can be gained",
            "threads 64, open files 256, core dumps none")
        .anyMatch(seen -> seen.matches("mnt:\\[\\d+], \\d+ mounts"))
        .anyMatch(seen -> seen.matches("net:\\[\\d+]"));
  }

  /** Each wall is seen by itself: a cell without it has all the others, and that one is missing. */
  @Test
  void aWallThatIsNotBuiltIsMissing() throws Exception {
    assumeTrue(Users.isRoot(), "only root builds whole cells");
    Map<Layer, State> own = states(ProcessId.of(ProcessHandle.current().pid()).orElseThrow());
    // It has the limits that the daemon has.
    own.put(Layer.LIMITS, states(inCell(EnumSet.of(Layer.USER))).get(Layer.LIMITS));
    for (Layer layer : Layer.values()) {
      // A filter needs that no privileges can be gained, or root's rights.
      Set<Layer> gone =
          layer == Layer.NO_NEW_PRIVILEGES
              ? EnumSet.of(layer, Layer.SECCOMP, Layer.LANDLOCK)
              : EnumSet.of(layer);
      Map<Layer, State> seen = states(inCell(EnumSet.complementOf(EnumSet.copyOf(gone))));
      seen.forEach((one, state) -> {
        State wanted = gone.contains(one) ? own.get(one) : State.STANDS;
        if (one == Layer.LIMITS && layer == Layer.USER) {
          wanted = State.MISSING; // no limit of threads holds for root
        }
        assertThat(state)
            .as("%s without %s", one, gone)
            .isEqualTo(one == Layer.LANDLOCK ? State.UNSEEN : wanted);
      });
    }
    // Otherwise the test would have shown nothing.
    NAMESPACES.forEach(one -> assertThat(own).containsEntry(one, State.MISSING));
    assertThat(own)
        .containsEntry(Layer.USER, State.MISSING)
        .containsEntry(Layer.CAPABILITIES, State.MISSING);
  }

  @Test
  void whatTheDaemonStartsWithoutACellHasNoWallsOfItsOwn() throws Exception {
    ProcessId process = plain();
    Map<Layer, State> seen = states(process);
    NAMESPACES.forEach(one -> assertThat(seen).containsEntry(one, State.MISSING));
    assertThat(seen).containsEntry(Layer.USER, State.MISSING);
    assertThat(Observation.of(process))
        .filteredOn(one -> one.layer() == Layer.NETWORK)
        .singleElement()
        .extracting(Observation::seen)
        .isEqualTo("the daemon's own");
  }

  /** The kernel shows namespaces to those only who might trace the process. */
  @Test
  void whatTheUserMayNotSeeIsUnseen() throws Exception {
    assumeTrue(Users.isRoot(), "only root can become another user");
    ProcessId process = plain();
    assertThat(states(process)).doesNotContainEntry(Layer.ROOT, State.UNSEEN);
    Map<Layer, State> seen =
        Confined.run(
            "other-user",
            () -> {
              try (Arena arena = Arena.ofConfined()) {
                new Rights(new Calls(arena)).become(new Identity(USER, List.of()));
                return states(process);
              }
            });
    NAMESPACES.forEach(one -> assertThat(seen).containsEntry(one, State.UNSEEN));
    assertThat(seen.get(Layer.CAPABILITIES)).isNotEqualTo(State.UNSEEN);
  }

  @Test
  void aProcessThatHasEndedHasNone() throws Exception {
    ProcessId process = plain();
    assertThat(process.kill(Duration.ofSeconds(20))).isTrue();
    assertThatThrownBy(() -> Observation.of(process)).isInstanceOf(IOException.class);
  }
}
