package dev.kelvin.host.cell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.cell.Confinement.Identity;
import dev.kelvin.host.cell.Confinement.Later;
import dev.kelvin.host.cell.Confinement.Limits;
import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.host.cell.Confinement.ReadWrite;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.cell.Confinement.Workplace;
import dev.kelvin.host.launch.Launch;
import dev.kelvin.host.launch.PlainLauncher;
import dev.kelvin.host.launch.ProgramViews;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.ProgramClosure;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is put into the cell of a process that runs, and taken away again. */
class LiveCellTest {
  private static final int USER = 61_310;

  private final PlainLauncher launcher = new PlainLauncher(CellSupport::ofHost);
  private final List<ProcessId> started = new ArrayList<>();

  @TempDir Path directory;

  @BeforeEach
  void onlyRootBuildsCells() throws IOException {
    assumeTrue(Users.isRoot(), "only root builds whole cells");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void end() {
    started.stream()
        .filter(one -> !one.gone())
        .forEach(one -> ProcessHandle.of(one.pid()).ifPresent(ProcessHandle::destroyForcibly));
  }

  /** Writes a line for each second: what of two files it can read, and whether it can write. */
  private ProcessId watcher(Path volumes, boolean confined) throws Exception {
    Path work = Files.createDirectories(directory.resolve("work"));
    Files.setAttribute(work, "unix:uid", USER);
    Path busybox = Programs.require("busybox");
    List<View> views = ProgramViews.of(ProgramClosure.of(busybox, new Commands()));
    views.add(new Workplace(work));
    views.add(new Later(volumes, true));
    String script =
        "cd "
            + volumes
            + "; while :; do line=; for f in a b; do cat $f 2>/dev/null && line=$line$f; done;"
            + " (echo x >> b) 2>/dev/null && line=$line+; echo \"=$line=\"; usleep 50000; done";
    var cell =
        new Confinement(
            views,
            new Identity(USER, List.of()),
            false,
            Limits.none(),
            confined ? EnumSet.allOf(Layer.class) : EnumSet.of(Layer.USER));
    ProcessId process =
        launcher.launch(
            new Launch(
                "vm/watcher",
                List.of("busybox", "sh", "-c", script),
                work,
                directory.resolve("output"),
                cell));
    started.add(process);
    return process;
  }

  private String last() {
    try {
      List<String> lines =
          Files.readAllLines(directory.resolve("output")).stream()
              .filter(line -> line.startsWith("="))
              .toList();
      return lines.isEmpty() ? "" : lines.getLast();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private Path file(Path in, String name) throws IOException {
    Path file = Files.writeString(in.resolve(name), name + "\n");
    Files.setAttribute(file, "unix:uid", USER);
    return file;
  }

  @Test
  void filesComeAndGoByTheNamesThatTheyHaveOutside() throws Exception {
    Path volumes = Files.createDirectory(directory.resolve("volumes"));
    Path a = file(volumes, "a");
    Path b = file(volumes, "b");
    ProcessId process = watcher(volumes, true);
    Await.until(() -> last().equals("=="), "it sees none of them");
    var cell = new LiveCell(process);
    assertThat(cell.hasRoot()).isTrue();
    cell.show(List.of(new ReadOnly(a), new ReadWrite(b)));
    Await.until(() -> last().equals("=ab+="), "it reads both and writes one");
    cell.show(List.of(new ReadOnly(a)));
    Await.until(() -> last().equals("=ab+="), "what is there stays");
    cell.hide(List.of(b));
    Await.until(() -> last().equals("=a="), "one is gone, and cannot be made anew");
    assertThat(Files.readString(b)).startsWith("b\n").endsWith("x\n");
    cell.hide(List.of(b, volumes.resolve("never-there")));
    cell.show(List.of(new ReadWrite(b)));
    Await.until(() -> last().equals("=ab+="), "it comes back");
    Path empty = Files.createFile(volumes.resolve("empty"));
    cell.show(List.of(new ReadOnly(empty)));
    cell.show(List.of(new ReadOnly(empty)));
    cell.hide(List.of(empty, b));
    Await.until(() -> last().equals("=a="), "both are gone");
    cell.hide(List.of(a));
    Await.until(() -> last().equals("=="), "all are gone");
  }

  /** Of a volume that was deleted the name may be another's by now. */
  @Test
  void whatIsThereOfAnEarlierFileOfThatNameGivesWay() throws Exception {
    Path volumes = Files.createDirectory(directory.resolve("volumes"));
    Path b = file(volumes, "b");
    ProcessId process = watcher(volumes, true);
    var cell = new LiveCell(process);
    cell.show(List.of(new ReadWrite(b)));
    Await.until(() -> last().equals("=b+="), "it writes to it");
    Files.delete(b);
    Files.writeString(b, "new\n");
    Files.setAttribute(b, "unix:uid", USER);
    cell.show(List.of(new ReadWrite(b)));
    Await.until(() -> content(b).startsWith("new\nx\n"), "it writes to the new one");
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatHasTheHostsRootSeesThemAnyway() throws Exception {
    Path volumes = Files.createDirectory(directory.resolve("volumes"));
    Path a = file(volumes, "a");
    ProcessId process = watcher(volumes, false);
    Await.until(() -> last().startsWith("=a"), "it sees what is there");
    var cell = new LiveCell(process);
    assertThat(cell.hasRoot()).isFalse();
    cell.show(List.of(new ReadOnly(a)));
    cell.hide(List.of(a));
    assertThat(a).exists();
  }

  @Test
  void anEndedProcessTakesNothing() throws Exception {
    Path volumes = Files.createDirectory(directory.resolve("volumes"));
    Path a = file(volumes, "a");
    ProcessId process = watcher(volumes, true);
    Await.until(() -> last().equals("=="), "it runs");
    end();
    Await.until(process::gone, "it has ended");
    assertThatIOException().isThrownBy(() -> new LiveCell(process).show(List.of(new ReadOnly(a))));
  }
}
