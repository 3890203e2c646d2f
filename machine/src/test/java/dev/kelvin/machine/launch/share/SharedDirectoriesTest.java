package dev.kelvin.machine.launch.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.file.HostPaths;
import dev.kelvin.host.file.Pinned;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.process.Users;
import dev.kelvin.machine.store.StartedCompanion;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.Share;
import dev.kelvin.model.spec.ShareCache;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.VmFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedDirectoriesTest {
  private static final Path BUSYBOX = Path.of("/bin/busybox");

  @TempDir private Path directory;
  private Layout layout;
  private HostPaths allowed = HostPaths.any();
  private @Nullable Process server;

  @BeforeEach
  void prepare() throws Exception {
    assumeTrue(Users.isRoot(), "only root can change the root of a process");
    assumeTrue(Files.isExecutable(BUSYBOX), "busybox is missing");
    Path own = directory.resolve("kelvin");
    layout = new Layout(own, own.resolve("etc"), own.resolve("var"), own.resolve("run"));
    for (String name : List.of("user/work", "root/work")) {
      Files.createDirectories(directory.resolve(name));
      Files.copy(BUSYBOX, directory.resolve(name).resolve("busybox"));
    }
  }

  @AfterEach
  void end() throws Exception {
    Process started = server;
    if (started != null) {
      started.destroyForcibly().waitFor();
    }
  }

  private SharedDirectories hold(Path path) throws Exception {
    var share = new Share("work", path.toString(), null, false, ShareCache.AUTO);
    return SharedDirectories.hold(
        "web",
        VmSpec.defaults().toBuilder().shares(List.of(share)).build(),
        new SharePaths(layout, allowed));
  }

  /** A process that has shut itself into what the path leads to now. */
  private List<StartedCompanion> serve(Path path) throws Exception {
    Process started =
        new ProcessBuilder("chroot", path.toString(), "/busybox", "sleep", "1000").start();
    server = started;
    String process = ProcessId.of(started.pid()).orElseThrow().encode();
    return List.of(new StartedCompanion("share-work", process, null));
  }

  private VmFiles files() {
    return new VmFiles(Path.of("/run/web"), Path.of("/state/web"), Path.of("/kept/web"));
  }

  @Test
  void whatWasCheckedIsServed() throws Exception {
    Path work = directory.resolve("user/work");
    try (SharedDirectories held = hold(work)) {
      held.requireServed(serve(work), files()::shared);
    }
  }

  @Test
  void aDirectoryOnTheWayThatIsSwappedForALinkIsSeen() throws Exception {
    Path work = directory.resolve("user/work");
    try (SharedDirectories held = hold(work)) {
      Files.move(directory.resolve("user"), directory.resolve("aside"));
      Files.createSymbolicLink(directory.resolve("user"), directory.resolve("root"));
      var serving = serve(work);
      assertThatThrownBy(() -> held.requireServed(serving, files()::shared))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("another directory when it was opened");
    }
  }

  /** In its cell there is what was held, and it is yet to go into it. */
  @Test
  void aServerIsWaitedForThatIsStillInItsCellsRoot() throws Exception {
    Path work = directory.resolve("user/work");
    Path cell = directory.resolve("cell");
    Path inside = Files.createDirectories(Path.of(cell + "/run/web")).resolve("share-0");
    Files.copy(BUSYBOX, cell.resolve("busybox"));
    try (SharedDirectories held = hold(work)) {
      Files.move(work, inside);
      String script = "/busybox sleep 1; exec /busybox chroot /run/web/share-0 /busybox sleep 1000";
      server =
          new ProcessBuilder("chroot", cell.toString(), "/busybox", "sh", "-c", script).start();
      String process = ProcessId.of(server.pid()).orElseThrow().encode();
      held.requireServed(
          List.of(new StartedCompanion("share-work", process, null)), files()::shared);
      assertThat(Pinned.key(Path.of("/proc/" + server.pid() + "/root")))
          .isEqualTo(Pinned.key(inside));
    }
  }

  @Test
  void aServerThatEndsServesNothing() throws Exception {
    Path work = directory.resolve("user/work");
    try (SharedDirectories held = hold(work)) {
      var serving = serve(work);
      end();
      assertThatThrownBy(() -> held.requireServed(serving, files()::shared))
          .hasMessageContaining("has not shut itself into");
    }
  }

  @Test
  void whatThereIsNotIsToldAsSuch() {
    assertThatThrownBy(() -> hold(directory.resolve("absent")))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem().field()).isEqualTo("spec.shares[0].path"));
  }

  private static void refused(ThrowingCallable what) {
    assertThatThrownBy(what)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo(Code.FORBIDDEN));
  }

  @Test
  void whatIsNotAllowedIsNotShared() throws Exception {
    Path root = directory.toRealPath();
    allowed = HostPaths.beneath(List.of(root.resolve("user")));
    Files.createSymbolicLink(root.resolve("user/out"), root.resolve("root/work"));
    hold(root.resolve("user/work")).close();
    refused(() -> hold(root.resolve("root/work")));
    refused(() -> hold(root.resolve("user/out")));
    refused(() -> hold(root.resolve("none")));
  }

  private VmSpec bootingFrom(Path path) {
    Nic nic = Nic.of("lan").withNetboot(new Netboot("boot.ipxe", path.toString()), 1);
    return VmSpec.defaults().toBuilder().nics(List.of(nic)).build();
  }

  @Test
  void whatACardBootsFromIsWhatWasChecked() throws Exception {
    Path root = directory.toRealPath();
    Path work = root.resolve("user/work");
    Files.createSymbolicLink(root.resolve("user/link"), Path.of("work"));
    var paths = new SharePaths(layout, HostPaths.beneath(List.of(root.resolve("user"))));
    ProcessId own = ProcessId.of(ProcessHandle.current().pid()).orElseThrow();
    VmSpec spec = bootingFrom(root.resolve("user/link"));
    try (SharedDirectories held = SharedDirectories.hold("web", spec, paths)) {
      assertThat(held.placed(spec)).isEqualTo(bootingFrom(work));
      held.requireSeen(own);
      Files.move(work, root.resolve("user/aside"));
      Files.createDirectory(work);
      // By its new name it is still the one that was checked.
      assertThat(held.placed(spec)).isEqualTo(bootingFrom(root.resolve("user/aside")));
      held.requireSeen(own);
    }
    refused(() -> SharedDirectories.hold("web", bootingFrom(root.resolve("root/work")), paths));
  }

  /** Until a process has a root. */
  private static void await(ProcessId process, Object root) throws Exception {
    Path seen = Path.of("/proc", Long.toString(process.pid()), "root");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!Pinned.key(seen).equals(root) && System.nanoTime() < end) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(Pinned.key(seen)).isEqualTo(root);
  }

  @Test
  void aQemuThatSeesAnotherDirectoryMayNotRun() throws Exception {
    Path root = directory.toRealPath();
    Path work = root.resolve("user/work");
    var paths = new SharePaths(layout, HostPaths.beneath(List.of(root.resolve("user"))));
    // A root of its own, in which another directory has that name.
    Path cell = root.resolve("cell");
    Files.createDirectories(Path.of(cell.toString() + work));
    Files.copy(BUSYBOX, cell.resolve("busybox"));
    ProcessId qemu = ProcessId.decode(serve(cell).getFirst().process());
    try (SharedDirectories held = SharedDirectories.hold("web", bootingFrom(work), paths)) {
      await(qemu, Pinned.key(cell));
      assertThatThrownBy(() -> held.requireSeen(qemu))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("another directory when QEMU began");
    }
  }
}
