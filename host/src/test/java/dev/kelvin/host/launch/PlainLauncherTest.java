package dev.kelvin.host.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.file.Descriptor;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.testkit.Await;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlainLauncherTest {
  private final PlainLauncher launcher = new PlainLauncher(CellSupport::ofHost);
  private final PlainLauncher byJdk =
      new PlainLauncher(CellSupport::ofHost, (_, _) -> {}, Optional.empty());

  @TempDir Path directory;

  @Test
  void startsInASessionOfItsOwnWithoutInput() throws IOException {
    ProcessId process = launch(null, "sh", "-c", "cat; echo done; exec sleep 60");
    try {
      Await.until(() -> output().equals("done\n"), "it has read its empty input");
      assertThat(session(process)).isEqualTo(process.pid());
      assertThat(status(process, "nonewprivs")).isEqualTo("1");
      assertThat(Path.of("/proc/" + process.pid() + "/fd/0").toRealPath()).hasToString("/dev/null");
      assertThat(Files.readString(Path.of("/proc/" + process.pid() + "/oom_score_adj")))
          .isEqualTo("0\n");
    } finally {
      kill(process);
    }
  }

  @Test
  void appendsOutputOfBothStreams() throws IOException {
    Files.writeString(directory.resolve("output"), "before\n");
    ProcessId process = launch(null, "sh", "-c", "echo out; echo err >&2");
    Await.until(() -> !process.alive(), "it has ended");
    Await.until(() -> output().equals("before\nout\nerr\n"), "its output is there");
  }

  @Test
  void anEndedProcessIsReaped() {
    ProcessId process = launch(null, "true");
    Await.until(() -> !Files.exists(Path.of("/proc/" + process.pid())), "nothing of it remains");
    assertThat(process.alive()).isFalse();
  }

  @Test
  void environmentIsClean() {
    launch(null, "env");
    Await.until(() -> output().contains("LC_ALL=C.UTF-8"), "it has written its environment");
    assertThat(output().lines().map(line -> line.substring(0, line.indexOf('='))))
        .containsExactlyInAnyOrder("PATH", "LC_ALL", "HOME", "TMPDIR", Launch.MARK);
  }

  @Test
  void givesAUserOfItsOwn() throws IOException {
    assumeTrue(isRoot(), "only root can give another user");
    ProcessId process = launch(61234, "sleep", "60");
    try {
      Await.until(
          () -> Files.exists(directory) && status(process, "name").equals("sleep"), "it runs");
      assertThat(status(process, "uid")).isEqualTo("61234\t61234\t61234\t61234");
      assertThat(status(process, "gid")).isEqualTo("61234\t61234\t61234\t61234");
      assertThat(status(process, "groups")).isIn("", Long.toString(kvmGroup()));
      assertThat(status(process, "capeff")).isEqualTo("0000000000000000");
      assertThat(status(process, "capprm")).isEqualTo("0000000000000000");
      assertThat(Files.readString(Path.of("/proc/" + process.pid() + "/limits")))
          .containsPattern("Max processes +40 +40 ")
          .containsPattern("Max core file size +1 +1 ");
    } finally {
      kill(process);
    }
  }

  @Test
  void itTellsWhichWallsItLeavesOutAndWhy() {
    Confinement cell = Confinement.ofUser(61_236, 10);
    var lacking = new CellSupport(Map.of(Layer.CAPABILITIES, "why", Layer.NETWORK, "unwanted"));
    assertThat(new PlainLauncher(() -> lacking).missing(cell))
        .isEqualTo(Map.of(Layer.CAPABILITIES, "why"));
    var able = new CellSupport(Map.of());
    assertThat(new PlainLauncher(() -> able).missing(cell)).isEmpty();
    assertThat(new PlainLauncher(() -> able, (_, _) -> {}, Optional.empty()).missing(cell))
        .containsOnlyKeys(Layer.CAPABILITIES)
        .allSatisfy((_, why) -> assertThat(why).contains("C library"));
  }

  /** Else one that was taken over could have all numbers for processes that the host has. */
  @Test
  void aUserOfItsOwnHasOnlySoManyTasks() {
    assumeTrue(isRoot(), "only root can give another user");
    ProcessId process = launch(61235, "sh", "-c", "for i in $(seq 100); do sleep 2 & done");
    try {
      Await.until(() -> output().contains("Cannot fork"), "it is stopped");
    } finally {
      kill(process);
    }
  }

  @Test
  void outlivesADaemonThatIsKilled() throws Exception {
    String classes =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Process daemon =
        new ProcessBuilder(
                java.toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classes,
                LaunchAndHang.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    ProcessId process;
    try (var output = daemon.inputReader()) {
      process = ProcessId.decode(output.readLine());
    } finally {
      daemon.destroyForcibly();
    }
    try {
      assertThat(daemon.waitFor(10, TimeUnit.SECONDS)).isTrue();
      Files.createFile(directory.resolve("go"));
      Await.until(() -> output().equals("up\n"), "it writes on");
      assertThat(process.alive()).isTrue();
    } finally {
      kill(process);
    }
  }

  @Test
  void refusalsTeach() {
    var absent = catchThrowableOfType(ProblemException.class, () -> launch(null, "kelvin-nothing"));
    assertThat(absent.problem().code()).isEqualTo(Code.CAPABILITY_MISSING);
    var nowhere =
        catchThrowableOfType(
            ProblemException.class,
            () ->
                launcher.launch(
                    new Launch(
                        "vm/x",
                        List.of("true"),
                        directory.resolve("no"),
                        directory.resolve("o"),
                        Confinement.none())));
    assertThat(nowhere.problem().code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(nowhere.problem().object()).isEqualTo("vm/x");
  }

  /** Of the daemon's own files, sockets and pipes none is a process's that it starts. */
  @Test
  void handsOverWhatItShallAndNothingElse() throws IOException {
    Path file = Files.writeString(directory.resolve("given"), "what is given\n");
    var manyOfTheDaemons = new ArrayList<Channel>();
    try (Descriptor first = Descriptor.toRead(file);
        Descriptor second = Descriptor.toRead(directory)) {
      for (int i = 0; i < 50; i++) {
        manyOfTheDaemons.add(SocketChannel.open());
      }
      launcher.launch(
          new Launch(
              "vm/test",
              List.of("sh", "-c", "cat <&3; exec ls -l /proc/self/fd"),
              directory,
              directory.resolve("output"),
              Confinement.none(),
              Map.of(),
              List.of(first, second)));
      Await.until(() -> output().contains(" 4 -> "), "it lists what it has");
      assertThat(output()).startsWith("what is given\n");
      assertThat(output().lines().filter(line -> line.contains(" -> ")))
          .hasSize(6) // 5 is of ls itself
          .anyMatch(line -> line.endsWith(" 3 -> " + file))
          .anyMatch(line -> line.endsWith(" 4 -> " + directory))
          .anyMatch(line -> line.contains(" 5 -> /proc/"));
    } finally {
      for (var one : manyOfTheDaemons) {
        one.close();
      }
    }
  }

  @Test
  void twoThatAreInEachOthersPlacesAreHandedOverRight() throws IOException {
    var held = new ArrayList<Descriptor>();
    try {
      // Their numbers here go through those that they get there.
      for (int i = 0; i < 40; i++) {
        Path file = Files.writeString(directory.resolve("f" + i), "file " + i + "\n");
        held.add(Descriptor.toRead(file));
      }
      launcher.launch(
          new Launch(
              "vm/test",
              List.of("bash", "-c", "for i in $(seq 3 42); do cat /proc/$$/fd/$i; done; echo end"),
              directory,
              directory.resolve("output"),
              Confinement.none(),
              Map.of(),
              held.reversed()));
      Await.until(() -> output().endsWith("end\n"), "it has read them");
      assertThat(output().lines().limit(40).toList())
          .isEqualTo(IntStream.range(0, 40).mapToObj(i -> "file " + (39 - i)).toList());
    } finally {
      held.forEach(Descriptor::close);
    }
  }

  @Test
  void aClosedDescriptorIsNotHandedOver() throws IOException {
    Descriptor closed = Descriptor.toRead(directory);
    closed.close();
    var launch =
        new Launch(
            "vm/x",
            List.of("true"),
            directory,
            directory.resolve("o"),
            Confinement.none(),
            Map.of(),
            List.of(closed));
    var refused = catchThrowableOfType(ProblemException.class, () -> launcher.launch(launch));
    assertThat(refused.problem().code()).isEqualTo(Code.HOST_FAILURE);
    var old = catchThrowableOfType(ProblemException.class, () -> byJdk.launch(launch));
    assertThat(old.problem().code()).isEqualTo(Code.CAPABILITY_MISSING);
  }

  @Test
  void anArgumentThatWouldBeCutOffIsRefused() {
    for (PlainLauncher one : List.of(launcher, byJdk)) {
      var refused =
          catchThrowableOfType(
              ProblemException.class,
              () ->
                  one.launch(
                      new Launch(
                          "vm/x",
                          List.of("echo", "a\0b"),
                          directory,
                          directory.resolve("o"),
                          Confinement.none())));
      assertThat(refused.problem().code()).isEqualTo(Code.HOST_FAILURE);
    }
    assertThat(directory.resolve("o")).doesNotExist();
  }

  /** On hosts whose C library is too old the JDK starts them, and they have the same. */
  @Test
  void theJdkStartsThemToo() throws IOException {
    ProcessId process =
        byJdk.launch(
            new Launch(
                "vm/test",
                List.of("sh", "-c", "cat; env; exec sleep 60"),
                directory,
                directory.resolve("output"),
                Confinement.none()));
    try {
      Await.until(() -> output().contains("LC_ALL=C.UTF-8"), "it has written its environment");
      Await.until(() -> status(process, "name").equals("sleep"), "it is the program in the end");
      assertThat(session(process)).isEqualTo(process.pid());
      assertThat(status(process, "nonewprivs")).isEqualTo("1");
    } finally {
      kill(process);
    }
  }

  private ProcessId launch(@Nullable Integer uid, String... argv) {
    return launcher.launch(
        new Launch(
            "vm/test",
            List.of(argv),
            directory,
            directory.resolve("output"),
            uid == null ? Confinement.none() : Confinement.ofUser(uid, 40)));
  }

  private String output() {
    try {
      return Files.readString(directory.resolve("output"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The line of this name in what the kernel tells (proc_pid_status(5)). */
  private static String status(ProcessId process, String key) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
      return lines
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(key + ":"))
          .map(line -> line.substring(key.length() + 1).strip())
          .findAny()
          .orElse("");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Field 6 of what the kernel tells (proc_pid_stat(5)), whose second one ends with a bracket. */
  private static long session(ProcessId process) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[3]);
  }

  private static long kvmGroup() throws IOException {
    Path kvm = Path.of("/dev/kvm");
    return Files.exists(kvm) ? ((Integer) Files.getAttribute(kvm, "unix:gid")).longValue() : 0;
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private static void kill(ProcessId process) {
    ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly);
  }
}
