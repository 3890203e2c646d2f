package dev.kelvin.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.image.seed.SeedIso;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.KeptRuns;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.store.VmUsers;
import dev.kelvin.machine.unknown.UnknownGuests;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Volume;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import dev.kelvin.storage.DirectoryDriver;
import dev.kelvin.storage.QemuImg;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumesTest {
  private static final ByteSize SIZE = ByteSize.ofMiB(1);
  private static final Disk DATA = Disk.of("data", null, SIZE);

  @TempDir private Path directory;
  private Store store;
  private DirectoryDriver storage;
  private VmRepository repository;
  private Volumes volumes;

  @BeforeEach
  void open() {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/qemu-img")), "no qemu-img here");
    store = SqliteStore.open(directory.resolve("store.db"));
    storage =
        new DirectoryDriver(
            directory.resolve("volumes"),
            directory.resolve("images"),
            new QemuImg(new Commands(), CellConfiner.ofHost()));
    repository = new VmRepository(store, VmUsers.none());
    volumes =
        new Volumes(
            repository,
            storage,
            (image, format) -> {
              throw new AssertionError("no disk here has an image");
            },
            List::of,
            nobody(directory));
  }

  private static UnknownGuests nobody(Path directory) {
    var layout = new Layout(directory, directory, directory, directory.resolve("run"));
    return new UnknownGuests(
        new VmHome(layout, new SeedIso(new Commands())), new KeptRuns(directory.resolve("runs")));
  }

  @AfterEach
  void close() {
    if (store != null) {
      store.close();
    }
  }

  private static VmRecord vm(String id, Disk... disks) {
    var metadata = new Metadata("name-" + id, id, Map.of(), 0, Instant.EPOCH);
    return new VmRecord(metadata, new VmSpec.Builder().disks(List.of(disks)).build(), -1);
  }

  private VmRecord create(String id, Disk... disks) {
    VmRecord vm = repository.create(vm(id, disks), List.of());
    vm.spec().disks().forEach(disk -> volumes.provide(vm, disk));
    return vm;
  }

  private VmRecord change(VmRecord vm, Disk... disks) {
    VmRecord wanted = vm.withSpec(vm.spec().withDisks(List.of(disks)));
    return repository.replace(wanted, vm.metadata().revision());
  }

  /** As a change of the disks whose task has ended. */
  private VmRecord changed(VmRecord vm, Disk... disks) {
    VmRecord after = change(vm, disks);
    volumes.release(vm.metadata().id());
    return after;
  }

  private void delete(VmRecord vm) {
    volumes.deleteAll(vm.metadata().id());
    volumes.takeBackAll(vm.metadata().id());
    repository.delete(vm.metadata().id());
  }

  private List<String> ids() {
    return volumes.list().stream().map(Volume::id).toList();
  }

  private static Problem refused(ThrowingCallable call) {
    var problem = new Problem[1];
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(call)
        .satisfies(e -> problem[0] = e.problem());
    return problem[0];
  }

  @Test
  void aDisksVolumeIsShownWithItsUser() {
    create("a", DATA);
    Volume volume = volumes.get("a-data", null);
    assertThat(volume.size()).isEqualTo(SIZE);
    assertThat(volume.format()).isEqualTo("qcow2");
    assertThat(volume.image()).isNull();
    assertThat(volume.usedBy()).isEqualTo(new Volume.Use("name-a", "data"));
    assertThat(volumes.list()).containsExactly(volume);
  }

  @Test
  void anUnknownVolumeIsNotFoundAndTheNearestIsNamed() {
    create("a0b1c2", DATA);
    Problem problem = refused(() -> volumes.get("a0b1c2-dtaa", "spec.disks[0].volume"));
    assertThat(problem.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(problem.object()).isEqualTo("volume/a0b1c2-dtaa");
    assertThat(problem.field()).isEqualTo("spec.disks[0].volume");
    assertThat(problem.remedy()).isEqualTo("did you mean \"a0b1c2-data\"?");
    assertThat(refused(() -> volumes.get("../x", null)).code()).isEqualTo(Code.NOT_FOUND);
  }

  @Test
  void aVolumeThatAnotherVmUsesIsRefused() {
    create("a", DATA);
    VmRecord other = vm("b", Disk.of("own", null, SIZE), Disk.ofVolume("taken", "a-data"));
    for (Problem problem :
        List.of(
            refused(() -> repository.explainConflict(other)),
            refused(() -> repository.create(other, List.of())))) {
      assertThat(problem.code()).isEqualTo(Code.CONFLICT);
      assertThat(problem.object()).isEqualTo("vm/name-b");
      assertThat(problem.field()).isEqualTo("spec.disks[1].volume");
      assertThat(problem.cause()).isEqualTo("vm/name-a uses it as disk data");
      assertThat(problem.remedy()).contains("detach");
    }
    assertThat(repository.find("b")).isEmpty();
    assertThat(repository.claims().all()).containsExactly(Map.entry("a-data", "a"));
    VmRecord b = create("b");
    assertThat(refused(() -> change(b, Disk.ofVolume("x", "a-data"))).code())
        .isEqualTo(Code.CONFLICT);
  }

  @Test
  void ofManyWhoWantAVolumeAtOnceOneGetsIt() throws Exception {
    changed(create("a", DATA));
    var tries = new ArrayList<Future<String>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 20; i++) {
        VmRecord vm = vm("b" + i, Disk.ofVolume("data", "a-data"));
        tries.add(threads.submit(() -> repository.create(vm, List.of()).metadata().id()));
      }
    }
    List<String> won =
        tries.stream()
            .filter(one -> one.state() == Future.State.SUCCESS)
            .map(Future::resultNow)
            .toList();
    assertThat(won).hasSize(1);
    assertThat(tries)
        .filteredOn(one -> one.state() == Future.State.FAILED)
        .allSatisfy(one ->
            assertThat(((ProblemException) one.exceptionNow()).problem().code())
                .isEqualTo(Code.CONFLICT));
    assertThat(repository.claims().all()).containsExactly(Map.entry("a-data", won.getFirst()));
  }

  @Test
  void twoDisksOfAVmCannotBeItsOwnVolume() {
    VmRecord a = create("a", DATA);
    Problem problem =
        refused(() ->
            repository.explainConflict(
                a.withSpec(a.spec().withDisks(List.of(DATA, Disk.ofVolume("again", "a-data"))))));
    assertThat(problem.code()).isEqualTo(Code.CONFLICT);
    assertThat(problem.field()).isEqualTo("spec.disks[1].volume");
    assertThat(problem.cause()).isEqualTo("vm/name-a uses it as disk data");
  }

  @Test
  void vmsStoredBeforeThereWereClaimsGetThem() {
    store.commit(
        Txn.of(
            new Collection<>(store, VmRepository.VMS, VmRecord.class, 1)
                .put("old", vm("old", DATA))));
    assertThat(repository.claims().all()).isEmpty();
    volumes.reconcile(repository.all());
    assertThat(refused(() -> create("b", Disk.ofVolume("x", "old-data"))).cause())
        .isEqualTo("vm/name-old uses it as disk data");
  }

  @Test
  void aDetachedDiskKeepsItsVolumeForWhoeverTakesIt() {
    VmRecord a = changed(create("a", DATA));
    assertThat(volumes.get("a-data", null).usedBy()).isNull();
    VmRecord b = create("b", Disk.ofVolume("mine", "a-data"));
    assertThat(volumes.get("a-data", null).usedBy()).isEqualTo(new Volume.Use("name-b", "mine"));
    Problem back = refused(() -> change(a, DATA));
    assertThat(back.code()).isEqualTo(Code.CONFLICT);
    assertThat(back.field()).isEqualTo("spec.disks[0].name");
    assertThat(back.cause()).isEqualTo("vm/name-b uses it as disk mine");
    delete(a);
    assertThat(ids()).containsExactly("a-data");
    delete(b);
    assertThat(ids()).isEmpty();
    assertThat(repository.claims().all()).isEmpty();
  }

  @Test
  void aVolumeIsOnlyGivenBackWhenTheProcessHasLetGoOfIt() {
    VmRecord a = create("a", DATA);
    repository.saveRun(
        "a",
        new RunRecord(
            "1",
            "boot",
            "tcg",
            Instant.EPOCH,
            a.spec(),
            List.of(),
            List.of(),
            null,
            null,
            null,
            List.of(),
            null));
    changed(a);
    assertThat(volumes.get("a-data", null).usedBy()).isEqualTo(new Volume.Use("name-a", "data"));
    assertThat(refused(() -> create("b", Disk.ofVolume("x", "a-data"))).code())
        .isEqualTo(Code.CONFLICT);
    repository.runChanges().ended(a, dev.kelvin.model.VmStatus.initial(), a.spec().power());
    volumes.reconcile(repository.all());
    assertThat(volumes.get("a-data", null).usedBy()).isNull();
  }

  @Test
  void whatACreationThatFailsHadClaimedStays() {
    changed(create("a", DATA));
    VmRecord b = create("b", DATA, Disk.ofVolume("old", "a-data"));
    // As the task's undo does, and does again after a crash.
    for (int i = 0; i < 2; i++) {
      volumes.deleteOwn(b.metadata().id());
      volumes.takeBackAll(b.metadata().id());
      repository.delete(b.metadata().id());
    }
    assertThat(ids()).containsExactly("a-data");
    assertThat(volumes.get("a-data", null).usedBy()).isNull();
  }

  @Test
  void anUpdateThatIsUndoneDeletesOnlyWhatItMade() {
    VmRecord a = changed(create("a", DATA));
    volumes.deleteMade("a", List.of());
    assertThat(ids()).containsExactly("a-data");
    VmRecord more = change(a, Disk.of("new", null, SIZE));
    volumes.provide(more, Disk.of("new", null, SIZE));
    volumes.deleteMade("a", List.of("a-new"));
    assertThat(ids()).as("it is in the spec").containsExactly("a-data", "a-new");
    change(more);
    volumes.deleteMade("a", List.of("a-new"));
    volumes.release("a");
    assertThat(ids()).containsExactly("a-data");
    assertThat(repository.claims().all()).isEmpty();
  }

  @Test
  void aVolumeInUseIsNotDeleted() {
    create("a", DATA);
    Problem problem = refused(() -> volumes.markDeleting("a-data", "task1"));
    assertThat(problem.code()).isEqualTo(Code.CONFLICT);
    assertThat(problem.object()).isEqualTo("volume/a-data");
    assertThat(problem.cause()).isEqualTo("vm/name-a uses it as disk data");
    assertThat(problem.remedy()).isNotBlank();
  }

  @Test
  void aVolumeThatIsBeingDeletedIsNobodys() {
    VmRecord a = changed(create("a", DATA));
    volumes.markDeleting("a-data", "task1");
    volumes.markDeleting("a-data", "task1");
    assertThat(refused(() -> create("b", Disk.ofVolume("x", "a-data"))).cause())
        .isEqualTo("it is being deleted");
    assertThat(refused(() -> volumes.markDeleting("a-data", "task2")).cause())
        .isEqualTo("it is being deleted");
    volumes.delete("a-data", "task1");
    assertThat(ids()).isEmpty();
    VmRecord again = change(a, DATA);
    volumes.provide(again, DATA);
    // The step is repeated after a crash; by now the volume is a new one.
    volumes.delete("a-data", "task1");
    assertThat(ids()).containsExactly("a-data");
  }

  @Test
  void aVolumeThatIsGoneIsNotMadeAnew() {
    Problem problem = refused(() -> create("b", Disk.ofVolume("x", "gone-data")));
    assertThat(problem.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(ids()).isEmpty();
  }
}
