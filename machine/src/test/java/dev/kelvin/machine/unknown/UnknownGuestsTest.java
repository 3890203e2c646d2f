package dev.kelvin.machine.unknown;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.codec.Documents;
import dev.kelvin.host.launch.Launch;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.Commands;
import dev.kelvin.image.seed.SeedIso;
import dev.kelvin.machine.FakeQemu;
import dev.kelvin.machine.SupervisedVm;
import dev.kelvin.machine.launch.Processes;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.KeptRuns;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class UnknownGuestsTest {
  private static final String ID = "aa";

  @TempDir private Path directory;
  private VmHome home;
  private KeptRuns kept;
  private UnknownGuests guests;
  private Process process;
  private FakeQemu qemu;

  @BeforeEach
  void open() throws IOException {
    process = new ProcessBuilder("true").start();
    qemu = new FakeQemu(directory.resolve("none.sock"), () -> {});
    var layout = new Layout(directory, directory, directory, directory.resolve("run"));
    home = new VmHome(layout, new SeedIso(new Commands()));
    kept = new KeptRuns(directory.resolve("runs"));
    guests = new UnknownGuests(home, kept);
  }

  /** A process that looks like the VM's QEMU, and answers as QEMU does. */
  private void runs(String mark, String status) throws IOException {
    Path runtime = Files.createDirectories(home.files(ID).runtime());
    Path named = Files.createFile(runtime.resolve("qemu-system-x86_64"));
    var builder = new ProcessBuilder("tail", "-f", named.toString());
    builder.environment().put(Launch.MARK, mark);
    process = builder.start();
    qemu.close();
    qemu = new FakeQemu(home.files(ID).qmp(), process::destroyForcibly);
    qemu.status(status);
  }

  private String own() {
    return home.files(ID).runtime().toString();
  }

  @AfterEach
  void close() throws IOException {
    process.destroyForcibly().onExit().join();
    qemu.close();
  }

  private Map<String, RunRecord> find(Map<String, VmRecord> stored) throws InterruptedException {
    return guests.find(stored, Map.of(), id -> false);
  }

  private VmRecord vm() {
    var metadata = new Metadata("web", ID, Map.of(), 0, Instant.EPOCH);
    return new VmRecord(metadata, SupervisedVm.spec(), -1);
  }

  private RunRecord run() throws IOException {
    return new RunRecord(
        ProcessId.of(process.pid()).orElseThrow().encode(),
        Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip(),
        "tcg",
        Instant.EPOCH,
        SupervisedVm.spec(),
        List.of(),
        List.of(),
        own(),
        null,
        null,
        List.of(),
        null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"running", "paused", "io-error", "inmigrate", "suspended", "shutdown"})
  void aGuestThatWasEverLetGoIsLeftAloneAndNamed(String status) throws Exception {
    runs(own(), status);
    assertThat(find(Map.of())).isEmpty();
    assertThat(process.isAlive()).isTrue();
    assertThat(home.files(ID).runtime()).exists();
    assertThat(guests.list())
        .singleElement()
        .satisfies(guest -> {
          assertThat(guest.pids()).containsExactly(process.pid());
          assertThat(guest.adoptable()).isFalse();
        });
    assertThat(guests.problems().getFirst().remedy()).contains("kelvin state end " + ID);
  }

  @Test
  void whatQemuSaysWasNeverLetGoIsEnded() throws Exception {
    runs(own(), "prelaunch");
    find(Map.of());
    assertThat(process.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(guests.list()).isEmpty();
    assertThat(home.files(ID).runtime()).doesNotExist();
  }

  @Test
  void aGuestThatWasResetWhileItWasPausedIsNotEnded() throws Exception {
    runs(own(), "prelaunch");
    kept.save(vm(), run());
    find(Map.of());
    assertThat(process.isAlive()).isTrue();
    assertThat(guests.list()).singleElement().matches(UnknownGuests.Guest::adoptable);
  }

  @Test
  void whatBearsAnothersMarkIsNot() throws Exception {
    runs("/somewhere/else/run/vms/aa", "prelaunch");
    find(Map.of());
    assertThat(process.isAlive()).isTrue();
    assertThat(guests.list()).hasSize(1);
  }

  @Test
  void whatARecordNamesThatWasCopiedFromAnotherHomeIsNotEnded(@TempDir Path other)
      throws Exception {
    runs(own(), "running");
    RunRecord run = run();
    ProcessId named = ProcessId.decode(run.process());
    var copied =
        new RunRecord(
            run.process(),
            run.bootId(),
            run.accelerator(),
            run.startedAt(),
            run.spec(),
            run.forwards(),
            run.companions(),
            other.toString(),
            run.user(),
            run.memory(),
            run.devices(),
            run.held());
    assertThatThrownBy(() -> Processes.killOwn(copied, home.files(ID).runtime()))
        .hasMessageContaining("another home");
    assertThat(named.alive()).isTrue();
    Files.delete(other); // a home that was moved
    Processes.killOwn(copied, home.files(ID).runtime());
    assertThat(named.gone()).isTrue();
  }

  @Test
  void theProcessOfAStoredVmIsItsAgainByWhatIsKeptBesideTheStore() throws Exception {
    runs(own(), "running");
    kept.save(vm(), run());
    assertThat(find(Map.of(ID, vm()))).containsEntry(ID, run());
    assertThat(guests.list()).isEmpty();
  }

  @Test
  void aStoredVmWhoseProcessIsNotKnownIsNotStarted() throws Exception {
    runs(own(), "running");
    assertThat(find(Map.of(ID, vm()))).isEmpty();
    assertThat(guests.list())
        .singleElement()
        .satisfies(guest -> {
          assertThat(guest.name()).isEqualTo("web");
          assertThat(guest.adoptable()).isFalse();
        });
    assertThat(process.isAlive()).isTrue();
    guests.end(guests.list().getFirst());
    assertThat(process.isAlive()).isFalse();
    guests.require(ID);
  }

  @Test
  void whatIsKeptOfAnUnknownGuestIsEnoughToAdoptIt() throws Exception {
    runs(own(), "running");
    kept.save(vm(), run());
    find(Map.of());
    UnknownGuests.Guest guest = guests.find("web").orElseThrow();
    assertThat(guest.requireAdoptable().run()).isEqualTo(run());
    assertThat(guest.requireAdoptable().vm()).isEqualTo(vm());
    assertThat(guest.problem().remedy()).contains("kelvin state adopt web");
  }

  /** Of the documents that the store's first form has: see {@code StoredFormsTest}. */
  @Test
  void readsTheFirstForm() throws Exception {
    JsonNode vm = first("vms");
    JsonNode run = first("vm-runs");
    String id = vm.path("metadata").path("id").asString("");
    Path files = Files.createDirectories(directory.resolve("runs"));
    Files.writeString(
        files.resolve(id + ".json"), "{\"version\":1,\"vm\":%s,\"run\":%s}".formatted(vm, run));
    assertThat(kept.ids()).containsExactly(id);
    assertThat(kept.read(id))
        .hasValueSatisfying(one -> {
          assertThat(one.vm().metadata().id()).isEqualTo(id);
          assertThat(one.run().process()).isEqualTo(run.path("process").asString(""));
        });
  }

  private static JsonNode first(String form) throws IOException {
    Path file =
        Path.of("../it/src/test/resources/dev/kelvin/it/stored").resolve(form).resolve("v1.json");
    return Documents.tree(Files.readAllBytes(file)).path("doc");
  }

  @Test
  void onlyTheDaemonsOwnFilesAreBelieved() throws Exception {
    runs(own(), "running");
    kept.save(vm(), run());
    Path file = directory.resolve("runs").resolve(ID + ".json");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(kept.read(ID)).isPresent();
    Path elsewhere = Files.move(file, directory.resolve("elsewhere"));
    Files.createSymbolicLink(file, elsewhere);
    assertThat(kept.read(ID)).isEmpty();
    Files.delete(file);
    Files.writeString(file, "{\"version\":1,\"vm\":");
    assertThat(kept.read(ID)).isEmpty();
    kept.delete(ID);
    assertThat(kept.ids()).isEmpty();
  }
}
