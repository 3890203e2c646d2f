package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.Commands;
import dev.kelvin.image.seed.SeedIso;
import dev.kelvin.machine.engine.Condition;
import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.KeptRuns;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.store.VmUsers;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.machine.unknown.UnknownGuests;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.VmStatus.Exit;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.state.backup.StateScan;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Store;
import dev.kelvin.storage.DirectoryDriver;
import dev.kelvin.storage.QemuImg;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Supervisors look after whatever an engine runs: here processes that know nothing of QEMU. */
class OtherEngineTest {
  private static final String ID = "aa";

  @TempDir private Path directory;
  private Store store;
  private VmRepository repository;
  private Machines machines;

  @BeforeEach
  void start() throws InterruptedException {
    store = SqliteStore.open(directory.resolve("store.db"));
    repository = new VmRepository(store, VmUsers.none());
    machines = opened();
    var spec = SupervisedVm.spec();
    var metadata = new Metadata("web", ID, Map.of(), 0, Instant.EPOCH);
    machines.vms().admit(new VmRecord(metadata, spec, -1), List.of());
    ask(new VmRequest.Created());
    ask(new VmRequest.Start());
    assertThat(status().phase()).isEqualTo(Phase.RUNNING);
    assertThat(status().pid()).isEqualTo(held().process().pid());
  }

  private Machines opened() throws InterruptedException {
    var layout = new Layout(directory, directory, directory, directory.resolve("run"));
    var home = new VmHome(layout, new SeedIso(new Commands()));
    var unknown = new UnknownGuests(home, new KeptRuns(directory.resolve("runs")));
    var storage =
        new DirectoryDriver(
            directory.resolve("volumes"),
            directory.resolve("images"),
            new QemuImg(new Commands(), CellConfiner.ofHost()));
    var volumes =
        new Volumes(
            repository,
            storage,
            (image, format) -> {
              throw new AssertionError("nothing here has an image");
            },
            List::of,
            unknown);
    var all =
        new Machines(
            repository,
            new SleepEngine(),
            volumes,
            home,
            unknown,
            (type, object, message, data) -> {},
            image -> {
              throw new AssertionError("nothing here has an image");
            });
    all.open();
    return all;
  }

  @AfterEach
  void end() throws InterruptedException {
    ask(new VmRequest.Stop());
    machines.close();
    store.close();
  }

  private void ask(VmRequest request) throws InterruptedException {
    machines.vms().get(ID).ask(request);
  }

  private VmStatus status() {
    return machines.get("web").status();
  }

  private Exit exit() {
    return Objects.requireNonNull(status().lastExit());
  }

  private Instance held() {
    return Objects.requireNonNull(machines.vms().get(ID).running());
  }

  private void awaitPhase(Phase phase) {
    SupervisedVm.await("it is " + phase.wire(), () -> status().phase() == phase);
  }

  @Test
  void pausesGoesOnAndStops() throws Exception {
    ProcessId process = held().process();
    ask(new VmRequest.Pause());
    assertThat(held().condition()).isEqualTo(Condition.PAUSED);
    assertThat(status().phase()).isEqualTo(Phase.PAUSED);
    ask(new VmRequest.Resume());
    assertThat(held().condition()).isEqualTo(Condition.RUNNING);
    assertThat(status().phase()).isEqualTo(Phase.RUNNING);
    ask(new VmRequest.Stop());
    assertThat(process.gone()).isTrue();
    assertThat(status().phase()).isEqualTo(Phase.STOPPED);
    assertThat(exit().reason()).isEqualTo(ExitReason.STOPPED);
    assertThat(repository.run(ID)).isEmpty();
  }

  @Test
  void whatItsEngineLacksIsRefused() throws InterruptedException {
    for (VmRequest request :
        List.of(new VmRequest.Reset(), new VmRequest.SendKeys(List.of("ret")))) {
      assertThatExceptionOfType(ProblemException.class)
          .isThrownBy(() -> ask(request))
          .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.CAPABILITY_MISSING));
    }
    assertThat(status().phase()).isEqualTo(Phase.RUNNING);
    assertThat(new VmMeasures(machines).all().getFirst().disks()).isEmpty();
    var scan = new StateScan(store);
    new DeviceCheck(machines).report(scan);
    assertThat(scan.done().findings()).noneMatch(found -> found.fault().contains("devices"));
  }

  @Test
  void shutsDownWhenItIsAsked() throws InterruptedException {
    ask(new VmRequest.Shutdown(Duration.ofMinutes(1), false));
    assertThat(status().phase()).isEqualTo(Phase.STOPPED);
    assertThat(exit().reason()).isEqualTo(ExitReason.SHUTDOWN);
  }

  @Test
  void isTakenOverAsItIs() throws Exception {
    long pid = held().process().pid();
    ask(new VmRequest.Pause());
    machines.close();
    machines = opened();
    awaitPhase(Phase.PAUSED);
    assertThat(status().pid()).isEqualTo(pid);
    ask(new VmRequest.Resume());
    assertThat(held().condition()).isEqualTo(Condition.RUNNING);
  }

  @Test
  void endsByItself() throws Exception {
    assertThat(held().process().kill(Duration.ofSeconds(20))).isTrue();
    awaitPhase(Phase.CRASHED);
    assertThat(exit().reason()).isEqualTo(ExitReason.CRASH);
    assertThat(exit().detail()).isEqualTo("its process ended by itself or was killed");
    ask(new VmRequest.Start());
    assertThat(status().phase()).isEqualTo(Phase.RUNNING);
  }

  @Test
  void theEndOfOneThatNoDaemonWatchedIsFound() throws Exception {
    machines.close();
    assertThat(
            ProcessId.decode(repository.run(ID).orElseThrow().process())
                .kill(Duration.ofSeconds(20)))
        .isTrue();
    machines = opened();
    awaitPhase(Phase.CRASHED);
  }
}
