package dev.kelvin.host.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Confiner;
import dev.kelvin.host.program.Distrusted;
import dev.kelvin.host.program.WorkerProcess;
import dev.kelvin.host.program.WorkerProcess.Job;
import dev.kelvin.host.program.WorkerProcess.Limits;
import dev.kelvin.host.program.WorkerProcess.OfFiles;
import dev.kelvin.host.testkit.Attacked;
import dev.kelvin.host.testkit.Attempt;
import dev.kelvin.host.testkit.Await;
import dev.kelvin.host.testkit.Intruder;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
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
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a program in a cell that ends with the daemon has, and what it does not reach. Its shell is
 * alone there: only what that does itself can be done.
 */
class CellConfinerTest {
  private static final String CAT = "while read -r line; do echo \"$line\"; done";
  private static final String ONLY_ROOT = "only root builds whole cells";

  /** What an ordinary user's daemon can build. */
  private static final Set<Layer> FEW =
      EnumSet.of(Layer.LANDLOCK, Layer.SECCOMP, Layer.NO_NEW_PRIVILEGES, Layer.LIMITS);

  /** Which walls the host of a test is said to have. */
  enum Host {
    WHOLE,
    FEW_WALLS,
    NO_WALLS;

    Set<Layer> layers() {
      return switch (this) {
        case WHOLE -> EnumSet.allOf(Layer.class);
        case FEW_WALLS -> FEW;
        case NO_WALLS -> EnumSet.of(Layer.USER, Layer.CAPABILITIES);
      };
    }
  }

  @TempDir private Path directory;
  private final CellSupport support = CellSupport.ofHost();
  private final List<String> said = new ArrayList<>();

  @BeforeEach
  void everybodyMayPass() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Confiner confiner(Host host) {
    var missing = new EnumMap<Layer, String>(Layer.class);
    missing.putAll(support.missing());
    for (Layer layer : EnumSet.complementOf(EnumSet.copyOf(host.layers()))) {
      missing.put(layer, "the test has none");
    }
    return new CellConfiner(() -> new CellSupport(missing));
  }

  private Confiner confiner() {
    return confiner(Host.WHOLE);
  }

  private int work(Confiner confiner, String script, Path input, Path output)
      throws InterruptedException {
    var shell = List.of("sh", "-c", script);
    var files = new OfFiles(input, output);
    var job = new Job("worker", shell, files, new ByteSize(100), true, List.of(), false);
    return new WorkerProcess(confiner, Limits.usual()).run(job, said::add, () -> {});
  }

  @Test
  void whatItIsToldComesThroughAPipe() throws Exception {
    String told = "secret \u20ac" + "x".repeat(60_000);
    var heard = new Heard();
    var job =
        new Job(
            "worker", List.of("cat"), heard.told(told), new ByteSize(0), true, List.of(), false);
    int code = new WorkerProcess(confiner(), Limits.usual()).run(job, said::add, () -> {});
    assertThat(said).isEmpty();
    assertThat(code).isZero();
    assertThat(heard.text()).isEqualTo(told);
  }

  @Test
  void whatAPipeDoesNotHoldIsRefused() {
    var files = new Distrusted.Files(null, null, null, List.of(), List.of(), "x".repeat(65_537));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> confiner().start(shell("exit 0", files)))
        .withMessageContaining("65537");
  }

  private static Distrusted shell(String script, Distrusted.Files files) {
    return new Distrusted(
        "shell",
        List.of("sh", "-c", script),
        Map.of("WORD", "a word"),
        files,
        new Distrusted.Limits(ByteSize.ofGiB(1), ByteSize.ofMiB(1), 64),
        Distrusted.NOBODY,
        false,
        false);
  }

  @ParameterizedTest
  @EnumSource
  void itHasItsFilesAndSaysWhatItWants(Host host) throws Exception {
    Path input = Files.writeString(directory.resolve("in"), "content\n");
    Path output = Files.writeString(directory.resolve("out"), "of before, which was longer");
    String script = CAT + "; echo one >&2; printf two >&2; exit 7";
    assertThat(work(confiner(host), script, input, output)).isEqualTo(7);
    assertThat(output).hasContent("content\n");
    assertThat(said).containsExactly("one", "two");
  }

  @ParameterizedTest
  @EnumSource
  void aFileThatItOpensByADescriptorsNameIsItsOwn(Host host) throws Exception {
    Path read = Files.writeString(directory.resolve("read"), "content\n");
    Path written = Files.createFile(directory.resolve("written"));
    for (Path file : List.of(read, written)) {
      if (Users.isRoot()) {
        Files.setAttribute(file, "unix:uid", Distrusted.NOBODY);
      }
    }
    var files = new Distrusted.Files(read, null, written, List.of(read), List.of(written));
    String script =
        "read -r line </proc/self/fd/0; echo \"$line\" >/proc/self/fd/3; echo \"$WORD\"";
    var result = new Commands().run(shell(script, files), confiner(host), TIME, null);
    assertThat(result.stderr()).isEmpty();
    assertThat(result.stdout()).isEqualTo("a word\n");
    assertThat(written).hasContent("content\n");
  }

  private static final Duration TIME = Duration.ofSeconds(20);

  @Test
  void itIsConfined() throws Exception {
    assumeTrue(Users.isRoot(), ONLY_ROOT);
    String script =
        CAT
            + " </proc/self/status >&2; ulimit -v >&2; ulimit -n >&2; echo $$ >&2; "
            + "until read -r score </proc/self/oom_score_adj; [ $score = 500 ]; do :; done; "
            + "echo $score >&2; read -r never";
    assertThat(work(confiner(), script, Path.of("/dev/null"), directory.resolve("out"))).isOne();
    assertThat(said)
        .contains("NoNewPrivs:\t1", "Seccomp:\t2", "CapBnd:\t0000000000000000")
        .contains("CapEff:\t0000000000000000", "CapPrm:\t0000000000000000")
        .contains("Uid:\t65534\t65534\t65534\t65534", "Groups:")
        .containsSequence("2097152", "256", "1", "500");
  }

  @Test
  void itWritesNoMoreThanItMay() throws Exception {
    assumeTrue(Users.isRoot(), ONLY_ROOT);
    Path output = directory.resolve("out");
    String script = "for i in 1 2 3 4 5 6; do echo 0123456789012345678901234567890 || exit 9; done";
    // The first process of a namespace gets an error instead of the signal.
    assertThat(work(confiner(), script, Path.of("/dev/null"), output)).isEqualTo(9);
    assertThat(output).hasSize(100);
  }

  @Test
  void whatIsLateIsEndedAtOnce() {
    var nothing = new Distrusted.Files(null, null, null, List.of(), List.of());
    long begin = System.nanoTime();
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() ->
            new Commands()
                .run(
                    shell("trap '' TERM; while :; do :; done", nothing),
                    confiner(),
                    Duration.ofMillis(300),
                    null))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.TIMEOUT));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
  }

  @Test
  void whatCannotBeStartedLeavesNothingOpen() throws Exception {
    var missing = directory.resolve("missing");
    var none = new Distrusted.Files(missing, null, null, List.of(), List.of());
    var confiner = confiner();
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> new Commands().run(shell("exit", none), confiner, TIME, null));
    assumeTrue(Users.isRoot(), ONLY_ROOT);
    // The cell cannot be built, when all is open.
    var unseen = new Distrusted.Files(null, null, null, List.of(missing), List.of());
    long before = open();
    for (int i = 0; i < 20; i++) {
      assertThatExceptionOfType(ProblemException.class)
          .isThrownBy(() -> new Commands().run(shell("exit", unseen), confiner, TIME, null))
          .satisfies(e -> assertThat(e.problem().cause()).contains("missing"));
    }
    assertThat(open()).isLessThan(before + 15);
  }

  private static long open() throws Exception {
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    }
  }

  /** An ordinary user's daemon has sockets of its own, and its session's: one is all it takes. */
  @Test
  void aFilterIsEnoughToKeepItFromSocketsOfTheHost() throws Exception {
    assumeTrue(Users.isRoot(), ONLY_ROOT);
    assumeTrue(System.getProperty("os.arch").equals("amd64"), "calls have numbers of x86-64");
    String attempt = Attempt.CONNECT_TO_A_SOCKET_OF_THE_DAEMON.name();
    var missing = new EnumMap<Layer, String>(Layer.class);
    for (Layer layer : Layer.values()) {
      missing.put(layer, "the test has none");
    }
    try (var attacked = new Attacked(directory, directory.resolve("disk"))) {
      var none = new CellConfiner(() -> new CellSupport(missing));
      assertThat(attacked.by(none, false)).containsEntry(attempt, Intruder.DONE);
      var rest = new EnumMap<Layer, String>(missing);
      rest.remove(Layer.SECCOMP);
      rest.remove(Layer.NO_NEW_PRIVILEGES);
      var filtered = new CellConfiner(() -> new CellSupport(rest));
      assertThat(attacked.by(filtered, true).get(attempt)).isNotNull().isNotEqualTo(Intruder.DONE);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nothingOfTheHostIsReached(boolean network) throws Exception {
    assumeTrue(Users.isRoot(), ONLY_ROOT);
    assumeTrue(System.getProperty("os.arch").equals("amd64"), "calls have numbers of x86-64");
    try (var attacked = new Attacked(directory, directory.resolve("disk"))) {
      Map<String, String> outcomes = attacked.by(confiner(), network);
      Set<Attempt> open =
          network
              ? EnumSet.of(
                  Attempt.CONNECT_BY_TCP, Attempt.SEND_BY_UDP, Attempt.OPEN_A_SOCKET_OF_THE_KERNELS)
              : Set.of();
      assertThat(Attacked.done(outcomes))
          .as("%s", outcomes)
          .containsExactlyElementsOf(new TreeSet<>(open));
    }
  }

  @Test
  void itEndsWithItsDaemon() throws Exception {
    Process daemon =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                WorkAndHang.class.getName(),
                "cell",
                "sh",
                "-c",
                "trap '' TERM HUP; echo up >&2; while :; do :; done")
            .redirectErrorStream(true)
            .start();
    List<ProcessId> workers;
    try (var output = daemon.inputReader()) {
      assertThat(output.readLine()).isEqualTo("up");
      workers = daemon.children().flatMap(one -> ProcessId.of(one.pid()).stream()).toList();
    } finally {
      daemon.destroyForcibly();
    }
    assertThat(workers).hasSize(1);
    assertThat(daemon.waitFor(10, TimeUnit.SECONDS)).isTrue();
    Await.until(workers.getFirst()::gone, "the worker has ended");
  }
}
