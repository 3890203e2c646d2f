package dev.kelvin.machine.launch.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.process.Users;
import dev.kelvin.machine.store.StartedCompanion;
import dev.kelvin.model.Layout;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Share;
import dev.kelvin.model.spec.ShareCache;
import dev.kelvin.model.spec.VmSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedDirectoriesTest {
  private static final Path BUSYBOX = Path.of("/bin/busybox");

  @TempDir private Path directory;
  private Layout layout;
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
        "web", VmSpec.defaults().toBuilder().shares(List.of(share)).build(), layout);
  }

  /** A process that has shut itself into what the path leads to now. */
  private List<StartedCompanion> serve(Path path) throws Exception {
    Process started =
        new ProcessBuilder("chroot", path.toString(), "/busybox", "sleep", "1000").start();
    server = started;
    String process = ProcessId.of(started.pid()).orElseThrow().encode();
    return List.of(new StartedCompanion("share-work", process, null));
  }

  @Test
  void whatWasCheckedIsServed() throws Exception {
    Path work = directory.resolve("user/work");
    try (SharedDirectories held = hold(work)) {
      held.requireServed(serve(work));
    }
  }

  @Test
  void aDirectoryOnTheWayThatIsSwappedForALinkIsSeen() throws Exception {
    Path work = directory.resolve("user/work");
    try (SharedDirectories held = hold(work)) {
      Files.move(directory.resolve("user"), directory.resolve("aside"));
      Files.createSymbolicLink(directory.resolve("user"), directory.resolve("root"));
      var serving = serve(work);
      assertThatThrownBy(() -> held.requireServed(serving))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("another directory when it was opened");
    }
  }

  @Test
  void aServerThatEndsServesNothing() throws Exception {
    Path work = directory.resolve("user/work");
    try (SharedDirectories held = hold(work)) {
      var serving = serve(work);
      end();
      assertThatThrownBy(() -> held.requireServed(serving))
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
}
