package dev.kelvin.host.cell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.cell.Confinement.Empty;
import dev.kelvin.host.cell.Confinement.Held;
import dev.kelvin.host.cell.Confinement.Limits;
import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.file.Pinned;
import dev.kelvin.host.launch.Launch;
import dev.kelvin.host.launch.PlainLauncher;
import dev.kelvin.host.launch.ProgramViews;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.ProgramClosure;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.testkit.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A directory that the daemon holds, as root with some rights only finds it in a cell. */
class HeldDirectoryTest {
  private static final String FILE_MAX = "/proc/sys/fs/file-max";

  @TempDir Path directory;

  @BeforeEach
  void onlyRootBuildsCells() {
    assumeTrue(Users.isRoot(), "only root builds whole cells");
  }

  /** What a script in the cell has said. */
  private List<String> said(Pinned held, boolean writable, String script, Layer... without)
      throws Exception {
    Path busybox = Programs.require("busybox");
    List<View> views = ProgramViews.of(ProgramClosure.of(busybox, new Commands()));
    views.add(new ReadOnly(Path.of(FILE_MAX)));
    views.add(new Empty(directory.resolve("run")));
    views.add(new Held(held.descriptor(), Path.of("/held"), writable));
    var cell =
        new Confinement(
                views,
                null,
                false,
                Limits.none(),
                EnumSet.allOf(Layer.class),
                Set.of(Capability.CHOWN, Capability.SYS_CHROOT))
            .without(Set.of(without));
    Path output = Files.createTempFile(directory, "output", "");
    ProcessId process =
        new PlainLauncher(CellSupport::ofHost)
            .launch(
                new Launch(
                    "vm/server",
                    List.of("busybox", "sh", "-c", script),
                    directory.resolve("run"),
                    output,
                    cell));
    Await.until(process::gone, "the script has ended");
    return Files.readAllLines(output);
  }

  private Path work() throws Exception {
    Path work = Files.createDirectories(directory.resolve("work"));
    Files.writeString(work.resolve("file"), "content\n");
    return work;
  }

  @Test
  void whatIsHeldIsThereWhateverItsNameLeadsTo() throws Exception {
    Path work = work();
    try (Pinned held = Pinned.open(work)) {
      Files.move(work, directory.resolve("aside"));
      Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
      Files.createSymbolicLink(work, elsewhere);
      String script =
          "cat /held/file; mkdir /held/a /held/b; echo x > /held/a/new;"
              + " mv /held/a/new /held/b/moved; chown 5:6 /held/b/moved; ls /held/b";
      assertThat(said(held, true, script)).containsExactly("content", "moved");
      assertThat(elsewhere).isEmptyDirectory();
      Path moved = directory.resolve("aside/b/moved");
      assertThat(Files.getAttribute(moved, "unix:uid")).isEqualTo(5);
    }
  }

  /** By the mount alone, and by Landlock's rules alone. */
  @Test
  void whatIsToBeReadCannotBeChanged() throws Exception {
    Path work = work();
    try (Pinned held = Pinned.open(work)) {
      for (Layer[] without : new Layer[][] {{}, {Layer.LANDLOCK}}) {
        assertThat(said(held, false, "cat /held/file; echo x > /held/file || echo no", without))
            .startsWith("content")
            .endsWith("no");
      }
      assertThat(work.resolve("file")).hasContent("content");
    }
  }

  @Test
  void neitherWhatIsMountedThereNorDevicesAndPrograms() throws Exception {
    Path busybox = Programs.require("busybox");
    Path work = work();
    Files.copy(busybox, work.resolve("program"));
    try (Pinned held = Pinned.open(work)) {
      for (Layer[] without : new Layer[][] {{}, {Layer.LANDLOCK}}) {
        assertThat(said(held, true, "/held/program true || echo no", without)).endsWith("no");
      }
    }
    assertThat(Path.of("/dev/pts/ptmx")).exists();
    try (Pinned held = Pinned.open(Path.of("/dev"))) {
      assertThat(said(held, true, "ls /held/pts; cat < /held/zero || echo no", Layer.LANDLOCK))
          .hasSize(2)
          .endsWith("no");
    }
  }

  /** What systemd makes of the root directory: mounts of one namespace come to the others. */
  @Test
  void whatIsMountedThereLaterDoesNotCome() throws Exception {
    Path shared = Files.createDirectory(directory.resolve("shared"));
    run("mount", "-t", "tmpfs", "none", shared.toString());
    try {
      run("mount", "--make-shared", shared.toString());
      Path work = shared.resolve("work");
      Files.createDirectories(work.resolve("sub"));
      try (Pinned held = Pinned.open(work)) {
        String script =
            "echo > /held/started; while [ ! -e /held/go ]; do sleep 0.1; done;"
                + " ls /held/sub; echo end";
        var said = new CompletableFuture<List<String>>();
        Thread.ofPlatform()
            .start(() -> {
              try {
                said.complete(said(held, true, script));
              } catch (Exception | AssertionError e) {
                said.completeExceptionally(e);
              }
            });
        Await.until(() -> Files.exists(work.resolve("started")), "the cell is there");
        run("mount", "-t", "tmpfs", "none", work.resolve("sub").toString());
        Files.createFile(work.resolve("sub/late"));
        Files.createFile(work.resolve("go"));
        assertThat(said.get(30, TimeUnit.SECONDS)).containsExactly("end");
      }
    } finally {
      run("umount", "--recursive", shared.toString());
    }
  }

  private static void run(String... command) throws InterruptedException {
    var result = new Commands().run(Command.of(command));
    assertThat(result.ok()).as(result.stderr()).isTrue();
  }

  @Test
  void theRestOfItsRootIsEmptyAndStaysSo() throws Exception {
    Path work = work();
    Files.createDirectory(directory.resolve("run"));
    Files.createFile(directory.resolve("run/socket"));
    try (Pinned held = Pinned.open(work)) {
      String script =
          "ls; ls / 2>/dev/null; for d in . / /proc /etc; do (echo x > $d/new) 2>/dev/null && echo written; done;"
              + " cat "
              + FILE_MAX
              + "; ls /proc /proc/sys /proc/sys/fs; (echo 1 > "
              + FILE_MAX
              + ") 2>/dev/null && echo written; readlink /proc/self/exe";
      for (Layer[] without : new Layer[][] {{}, {Layer.LANDLOCK}}) {
        List<String> said = said(held, true, script, without);
        assertThat(said)
            .contains(Files.readAllLines(Path.of(FILE_MAX)).getFirst(), "processes", "self")
            .contains("file-max")
            .doesNotContain("socket", "written", "root", "home", "kernel", "sysrq-trigger");
        assertThat(said.getLast()).endsWith("busybox");
        assertThat(said.contains("held")).as("it sees its root").isEqualTo(without.length > 0);
      }
    }
  }

  /** Those that it keeps, and no way to others, also for a program that it starts. */
  @Test
  void ofRootsRightsItHasThoseOnly() throws Exception {
    Path work = work();
    Files.createDirectories(work.resolve("bin"));
    try (Pinned held = Pinned.open(work)) {
      String script =
          "grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status | cut -f 2 | sort -u;"
              + " chroot /held /none || echo $?; mknod /held/disk b 1 1 || echo no;"
              + " chmod 600 /held/file; chown 5 /held/file; chmod 666 /held/file || echo no";
      List<String> said = said(held, true, script);
      assertThat(said)
          .contains("0000000000000000", "0000000000040001")
          .doesNotContain("Function not implemented");
      // It may change its root, in which there is no program of that name.
      assertThat(said).anyMatch(line -> line.contains("can't execute '/none'"));
      assertThat(said).filteredOn("no"::equals).hasSize(2);
    }
  }
}
