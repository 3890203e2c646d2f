package dev.kelvin.it.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.it.product.Await;
import dev.kelvin.it.product.Guests;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.it.product.TestDaemon.Program;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.spec.Restart;
import dev.kelvin.model.spec.RestartMode;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The host fails under a daemon: it says so, VMs go on, and nothing is lost. */
@Tag("slow")
class HostFaultsTest {
  private static final System.Logger LOG = System.getLogger(HostFaultsTest.class.getName());

  @Test
  void aFullDisk() throws IOException, InterruptedException {
    Path home = TestDaemon.home("");
    Closeable disk = Disks.memory(home.resolve("var"), "48m");
    try (TestDaemon daemon = TestDaemon.start(Program.usual(), home)) {
      daemon.whenEnded(disk);
      long pid = daemon.create(Guests.empty("kept", spec -> spec)).status().pid();
      Path filler = home.resolve("var/filler");
      fill(filler);

      Problem problem = refusal(daemon, () -> create(daemon, "late"));
      assertThat(problem.code()).isEqualTo(Code.HOST_FAILURE);
      assertThat(problem.oneLine()).containsIgnoringCase("full");
      assertThat(problem.remedy()).isNotBlank();
      assertThat(daemon.client().vm("kept").status().phase()).isEqualTo(Phase.RUNNING);

      Files.delete(filler);
      create(daemon, "late");
      assertThat(daemon.client().vm("kept").status().pid()).isEqualTo(pid);
      assertThat(Agreement.faults(daemon)).isEmpty();
    }
  }

  enum Disk {
    MEMORY,
    EXT4,
    BTRFS,
    BTRFS_MIXED;

    private Closeable mount(Path place) throws IOException, InterruptedException {
      return switch (this) {
        case MEMORY -> Disks.memory(place, "48m");
        case EXT4 -> Disks.ext4(place);
        case BTRFS -> Disks.btrfs(place);
        case BTRFS_MIXED -> Disks.btrfs(place, "--mixed");
      };
    }
  }

  static List<Disk> disks() throws IOException, InterruptedException {
    return Campaign.chosen(List.of(Disk.values()));
  }

  /** Also for a daemon that was killed, and for the one after it. */
  @ParameterizedTest
  @MethodSource("disks")
  void whatFreesSpaceWorksOnAFullDisk(Disk kind) throws IOException, InterruptedException {
    Path home = TestDaemon.home("");
    Closeable disk = kind.mount(home.resolve("var"));
    try (TestDaemon daemon = TestDaemon.start(Program.usual(), home)) {
      daemon.whenEnded(disk);
      awaitReserve(daemon);
      List<String> names = List.of("stopped", "forced", "shut", "left");
      names.forEach(
          name -> daemon.create(Guests.empty(name, spec -> spec.shutdownTimeoutSeconds(1))));
      Path filler = home.resolve("var/filler");
      fill(filler);

      daemon.done(daemon.client().stopVm("stopped"));
      refusal(daemon, () -> daemon.done(daemon.client().startVm("stopped")));
      fill(filler);
      daemon.done(daemon.client().deleteVm("forced", true));
      requireTold(daemon);

      daemon.kill();
      fill(filler);
      daemon.restart();
      requireTold(daemon);
      daemon.done(daemon.client().shutdownVm("shut", Duration.ofSeconds(1), true));
      fill(filler);
      var down = daemon.kelvin("down", "--stop-vms");
      assertThat(down.exitCode()).as(down.output() + daemon.log()).isZero();
      daemon.awaitEnd();
      assertThat(daemon.vmProcesses()).isEmpty();

      Files.delete(filler);
      Disks.sync(home.resolve("var"));
      daemon.restart();
      awaitReserve(daemon);
      Await.until(
          "nothing is told any more",
          Duration.ofSeconds(5),
          () -> daemon.client().info().shortage() == null);
      for (String name : List.of("stopped", "shut", "left")) {
        assertThat(daemon.client().vm(name).status().phase()).as(name).isEqualTo(Phase.STOPPED);
      }
      create(daemon, "late");
      assertThat(Agreement.faults(daemon)).isEmpty();
    }
  }

  /**
   * Without its reserve a daemon cannot write down that it stops a VM: so it says which goes on.
   */
  @Test
  void whatCannotBeStoppedIsNamed() throws IOException, InterruptedException {
    Path home = TestDaemon.home("");
    Closeable disk = Disks.memory(home.resolve("var"), "48m");
    try (TestDaemon daemon = TestDaemon.start(Program.usual(), home)) {
      daemon.whenEnded(disk);
      awaitReserve(daemon);
      var vm = Guests.empty("kept", spec -> spec.shutdownTimeoutSeconds(1));
      long pid = daemon.create(vm).status().pid();
      Path filler = home.resolve("var/filler");
      Path more = home.resolve("var/more");
      fill(filler);
      for (Path piece : reserve(daemon)) {
        Files.deleteIfExists(piece); // where there is room the daemon makes it again
      }
      fill(more);
      exhaustStore(daemon);

      var down = daemon.kelvin("down", "--stop-vms");
      assertThat(down.exitCode()).as(down.output()).isEqualTo(Code.WRONG_STATE.exitCode());
      assertThat(down.output()).contains("not all VMs have", "vm/kept", "full", "kelvin up");
      daemon.awaitEnd();
      assertThat(ProcessHandle.of(pid)).isPresent();

      Files.delete(filler);
      Files.delete(more);
      daemon.restart();
      Await.until(
          "it is taken over",
          Duration.ofSeconds(5),
          () -> daemon.client().vm("kept").status().pid() == pid);
    }
  }

  /** The log of SQLite has blocks of its own, which are used up first. */
  private static void exhaustStore(TestDaemon daemon) {
    Problem problem =
        refusal(
            daemon,
            () -> {
              for (int i = 0; i < 1000; i++) {
                var _ = daemon.client().pauseVm("kept");
              }
            });
    assertThat(problem.oneLine()).contains("full");
  }

  private static List<Path> reserve(TestDaemon daemon) throws IOException {
    Path pieces = daemon.layout().store().resolveSibling("store.db.reserve");
    if (!Files.isDirectory(pieces)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(pieces)) {
      return files.toList();
    }
  }

  private static void awaitReserve(TestDaemon daemon) {
    Await.until(
        "the reserve is made",
        Duration.ofSeconds(30),
        () -> {
          long held = 0;
          for (Path piece : reserve(daemon)) {
            held += Files.size(piece);
          }
          return held == 16 << 20;
        });
  }

  private static void requireTold(TestDaemon daemon) throws IOException, InterruptedException {
    Problem refused = refusal(daemon, () -> create(daemon, "late"));
    assertThat(refused.code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(refused.oneLine()).contains("is full", "are free");
    assertThat(refused.remedy()).contains("kelvin rm --force", "kelvin image rm");
    assertThat(daemon.client().info().shortage()).contains("is full");
    assertThat(daemon.kelvin("info").output()).contains("is full");
    assertThat(daemon.kelvin("doctor").output()).contains("disk of the state");
  }

  private static void fill(Path file) throws IOException {
    byte[] much = new byte[4096];
    try (var out =
        Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      while (true) {
        out.write(much);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
  }

  private static void create(TestDaemon daemon, String name) {
    daemon.done(daemon.client().createVm(VmDocument.of(Guests.empty(name, Guests.stopped()))));
  }

  /** The problem that a request ends in, or the task that it began. */
  private static Problem refusal(TestDaemon daemon, ThrowingCallable request) {
    ProblemException thrown = catchThrowableOfType(ProblemException.class, request);
    assertThat(thrown).as(daemon.log()).isNotNull();
    return thrown.problem();
  }

  @Test
  void aDiskThatBecomesReadOnly() throws IOException, InterruptedException {
    Path home = TestDaemon.home("");
    Closeable disk = Disks.ext4(home.resolve("var"));
    try (TestDaemon daemon = TestDaemon.start(Program.usual(), home)) {
      daemon.whenEnded(disk);
      long pid = daemon.create(Guests.empty("kept", spec -> spec)).status().pid();
      String device = Disks.run("findmnt", "-no", "SOURCE", home.resolve("var").toString());
      Path trigger =
          Path.of("/sys/fs/ext4", Path.of(device).getFileName().toString(), "trigger_fs_error");
      Assumptions.assumeTrue(Files.exists(trigger), "this kernel cannot break a file system");
      Files.writeString(trigger, "test");

      Problem problem = refusal(daemon, () -> create(daemon, "late"));
      assertThat(problem.code()).isEqualTo(Code.HOST_FAILURE);
      assertThat(problem.remedy()).isNotBlank();
      assertThat(daemon.client().vm("kept").status().pid()).isEqualTo(pid);
      assertThat(ProcessHandle.of(pid)).isPresent();
      daemon.kill();
      daemon.vmProcesses().forEach(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void theStoreIsDeletedUnderTheDaemon() throws IOException, InterruptedException {
    try (TestDaemon daemon = TestDaemon.start()) {
      long pid = daemon.create(Guests.empty("kept", spec -> spec)).status().pid();
      Path store = daemon.layout().store();
      for (String end : List.of("", "-wal")) {
        Files.deleteIfExists(store.resolveSibling(store.getFileName() + end));
      }
      daemon.create(Guests.empty("late", Guests.stopped()));
      daemon.kill();
      daemon.restart();
      assertThat(daemon.client().vm("late").status().phase()).isEqualTo(Phase.STOPPED);
      Await.until(
          "it is taken over",
          Duration.ofSeconds(5),
          () -> daemon.client().vm("kept").status().pid() == pid);
      assertThat(daemon.log()).contains("somebody has deleted the store");
    }
  }

  @Test
  void theClockIsSetBackADay() throws IOException, InterruptedException {
    Path library;
    try (Stream<Path> found = Files.walk(Path.of("/usr/lib"))) {
      library =
          found.filter(path -> path.endsWith("libfaketimeMT.so.1")).findFirst().orElse(Path.of(""));
    }
    Assumptions.assumeTrue(Files.exists(library) && library.isAbsolute(), "faketime is missing");
    Path home = TestDaemon.home("");
    Path clock = home.resolve("clock");
    Files.writeString(clock, "+0d");
    var program =
        new Program(
            "dev.kelvin.server.Main",
            List.of(),
            List.of(
                "env",
                "LD_PRELOAD=" + library,
                "FAKETIME_TIMESTAMP_FILE=" + clock,
                "FAKETIME_NO_CACHE=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1"));
    try (TestDaemon daemon = TestDaemon.start(program, home)) {
      var policy = new Restart(RestartMode.ON_FAILURE, 3);
      long pid = daemon.create(Guests.empty("kept", spec -> spec.restart(policy))).status().pid();
      Files.writeString(clock, "-1d");
      var late = daemon.create(Guests.empty("late", Guests.stopped()));
      var kept = daemon.client().vm("kept");
      assertThat(late.metadata().createdAt())
          .as("the daemon's clock is a day back")
          .isBefore(kept.metadata().createdAt().minus(Duration.ofHours(23)));

      // Deadlines go on: the restart policy waits seconds, not a day; so does a shutdown.
      ProcessHandle.of(pid).orElseThrow().destroyForcibly();
      Await.until(
          "it is started again",
          Duration.ofSeconds(20),
          () -> {
            var status = daemon.client().vm("kept").status();
            return status.phase() == Phase.RUNNING && status.pid() != pid;
          });
      daemon.done(daemon.client().shutdownVm("kept", Duration.ofSeconds(1), true));
    }
  }

  @Test
  void twoDaemonsOnOneDirectory() throws IOException, InterruptedException {
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(Guests.empty("kept", spec -> spec));
      var second = daemon.another();
      assertThat(second.exitCode()).isEqualTo(Code.CONFLICT.exitCode());
      assertThat(second.output()).contains("Another daemon uses these directories", "KELVIN_HOME");
      assertThat(daemon.client().vm("kept").status().phase()).isEqualTo(Phase.RUNNING);
      assertThat(Agreement.faults(daemon)).isEmpty();
    }
  }

  @Test
  void filesOfAVmCannotBeRemoved() throws IOException, InterruptedException {
    try (TestDaemon daemon = TestDaemon.start()) {
      String id = daemon.create(Guests.empty("kept", Guests.stopped())).metadata().id();
      Path mounted = daemon.layout().vmState(id).resolve("mounted");
      Closeable disk = Disks.memory(mounted, "1m");
      try (disk) {
        var ended = daemon.ended(daemon.client().deleteVm("kept", true));
        assertThat(ended.state()).isEqualTo(TaskState.FAILED);
        Problem problem = Objects.requireNonNull(ended.problem());
        assertThat(problem.code()).isEqualTo(Code.HOST_FAILURE);
        assertThat(problem.oneLine()).contains("cannot be removed", mounted.toString());
        assertThat(problem.remedy()).contains("a mount");
        assertThat(daemon.client().vm("kept").status().phase()).isEqualTo(Phase.STOPPED);
      }
      daemon.done(daemon.client().deleteVm("kept", true));
      assertThat(daemon.leftovers()).isEmpty();
    }
  }

  static List<Integer> spareDescriptors() throws IOException, InterruptedException {
    return Campaign.chosen(List.of(0, 1, 2, 4, 7));
  }

  /** With more descriptors the daemon gets further; which of its calls fails depends on that. */
  @ParameterizedTest
  @MethodSource("spareDescriptors")
  void noFileDescriptorsAreLeft(int spare) throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      long pid = daemon.create(Guests.empty("kept", spec -> spec)).status().pid();
      var late = new CompletableFuture<Task>();
      limitDescriptors(daemon, openDescriptors(daemon) + spare);
      try {
        Thread.ofVirtual().start(() -> complete(late, daemon));
        late.get(3, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        LOG.log(System.Logger.Level.INFO, "without descriptors nobody is answered: {0}", e);
      } finally {
        limitDescriptors(daemon, 1024);
      }
      requireEnd(late);
      daemon.create(Guests.empty("later", spec -> spec));
      assertThat(daemon.client().vm("kept").status().pid()).isEqualTo(pid);
      assertThat(Agreement.faults(daemon)).isEmpty();
    }
  }

  private static void complete(CompletableFuture<Task> late, TestDaemon daemon) {
    try {
      var vm = VmDocument.of(Guests.empty("late", spec -> spec));
      late.complete(daemon.ended(daemon.client().createVm(vm)));
    } catch (ProblemException | AssertionError e) {
      late.completeExceptionally(e);
    }
  }

  /** Once there are descriptors again, what was asked for ends, one way or the other. */
  private static void requireEnd(CompletableFuture<Task> late) throws Exception {
    try {
      Task ended = late.get(20, TimeUnit.SECONDS);
      if (ended.state() != TaskState.SUCCEEDED) {
        Problem problem = Objects.requireNonNull(ended.problem());
        assertThat(problem.oneLine()).containsIgnoringCase("too many open files");
        assertThat(problem.remedy()).isNotBlank();
      }
    } catch (ExecutionException e) {
      assertThat(e).cause().isInstanceOf(ProblemException.class).hasMessageContaining("broke");
    }
  }

  private static long openDescriptors(TestDaemon daemon) throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc", Long.toString(daemon.pid()), "fd"))) {
      return open.count();
    }
  }

  private static void limitDescriptors(TestDaemon daemon, long limit) throws InterruptedException {
    Disks.run("prlimit", "--pid", Long.toString(daemon.pid()), "--nofile=" + limit + ":");
  }

  @Test
  void noMemoryIsLeft() throws IOException, InterruptedException {
    var program =
        new Program(
            "dev.kelvin.server.Main", List.of("-Xmx24m", "-XX:+ExitOnOutOfMemoryError"), List.of());
    try (TestDaemon daemon = TestDaemon.start(program, TestDaemon.home(""))) {
      long pid = daemon.create(Guests.empty("kept", spec -> spec)).status().pid();
      for (int i = 0; i < 400 && daemon.client().answers(); i++) {
        flood(daemon);
      }
      if (!daemon.client().answers()) {
        assertThat(daemon.awaitExit())
            .as("the exit code of a Java that has no memory")
            .isEqualTo(3);
        assertThat(daemon.log()).contains("java.lang.OutOfMemoryError");
        daemon.restart();
      }
      Await.until(
          "it is taken over",
          Duration.ofSeconds(5),
          () -> daemon.client().vm("kept").status().pid() == pid);
      assertThat(Agreement.faults(daemon)).isEmpty();
    }
  }

  /** Forty requests at once that are as large as is allowed. */
  private static void flood(TestDaemon daemon) throws InterruptedException {
    String large = "x".repeat(900_000);
    var vm = Guests.empty("kept", spec -> spec);
    String text =
        VmDocument.of(vm).text().replace("\"kept\"", "\"kept\", \"id\": \"" + large + "\"");
    var document = new VmDocument(text, VmDocument.of(vm).syntax());
    var users = new ArrayList<Thread>();
    for (int i = 0; i < 40; i++) {
      users.add(
          Thread.ofVirtual()
              .start(() ->
                  assertThatThrownBy(() -> daemon.client().createVm(document))
                      .isInstanceOf(RuntimeException.class)));
    }
    for (Thread user : users) {
      user.join();
    }
  }

  @Test
  void sigtermInTheMiddleOfEverything() throws IOException, InterruptedException {
    List<String> churning = List.of("churn0", "churn1", "churn2", "churn3");
    try (TestDaemon daemon = TestDaemon.start()) {
      long pid = daemon.create(Guests.empty("kept", spec -> spec)).status().pid();
      churning.forEach(name -> daemon.create(Guests.empty(name, Guests.stopped())));
      try (var load = new Load(daemon, 1, List.of(), churning)) {
        for (int i = 0; i < 10; i++) {
          int before = load.done().getOrDefault("start", 0);
          Await.until(
              "the users have done something",
              Duration.ofSeconds(30),
              () -> load.done().getOrDefault("start", 0) > before);
          assertThat(daemon.terminate()).as("128 + SIGTERM").isEqualTo(143);
          daemon.restart();
        }
        assertThat(load.unexpected()).isEmpty();
      }
      Await.until(
          "all tasks end",
          Duration.ofMinutes(1),
          () ->
              daemon.client().allTasks(ListQuery.all()).stream()
                  .allMatch(task -> task.state().ended()));
      assertThat(daemon.client().vm("kept").status().pid()).isEqualTo(pid);
      Await.until(
          "store and host agree", Duration.ofSeconds(10), () -> Agreement.faults(daemon).isEmpty());
    }
  }
}
