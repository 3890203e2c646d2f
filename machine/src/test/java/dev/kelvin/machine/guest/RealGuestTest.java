package dev.kelvin.machine.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.qemu.testkit.RealAgent;
import dev.kelvin.qmp.AgentClient.ExecResult;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is done in a guest by the real agent, whose guest is this host for once. */
@Timeout(120)
class RealGuestTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir Path directory;
  @TempDir Path guest;

  private RealAgent agent;
  private GuestPrograms programs;
  private GuestFiles files;
  private GuestTrees trees;

  @BeforeEach
  void start() throws Exception {
    agent = RealAgent.start(directory);
    programs = new GuestPrograms("web", agent::client, Duration.ofMillis(500));
    files = new GuestFiles("web", agent::client);
    trees = new GuestTrees("web", agent::client);
  }

  @AfterEach
  void stop() throws Exception {
    if (agent != null) {
      agent.close();
    }
  }

  private static GuestProgram program(Duration timeout, List<String> environment, String... words) {
    return new GuestProgram(List.of(words), environment, new byte[0], timeout);
  }

  private static CountDownLatch wanted() {
    return new CountDownLatch(1);
  }

  private static InputStream content(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static Problem problem(ThrowingCall call) throws Exception {
    try {
      call.run();
    } catch (ProblemException e) {
      return e.problem();
    }
    throw new AssertionError("it was taken");
  }

  private interface ThrowingCall {
    void run() throws Exception;
  }

  private List<String> inGuest() throws IOException {
    try (Stream<Path> all = Files.list(guest)) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void variablesAreAddedToTheAgentsOwn() throws Exception {
    ExecResult result =
        programs.run(program(LONG, List.of("A=1", "LANG=x", "A=two words", "B="), "env"), wanted());
    var lines = new String(result.out(), StandardCharsets.UTF_8).lines().toList();
    assertThat(lines).contains("A=two words", "LANG=x", "B=");
    assertThat(lines).contains("PATH=" + System.getenv("PATH"));
    assertThat(lines.stream().filter(line -> line.startsWith("LANG="))).hasSize(1);
  }

  @Test
  void aProgramThatIsNotThereIsToldAsThat() throws Exception {
    Problem problem =
        problem(() -> programs.run(program(LONG, List.of("A=1"), "/no/such"), wanted()));
    assertThat(problem.code()).isEqualTo(Code.GUEST_AGENT);
    assertThat(problem.cause()).contains("No such file");
    assertThat(problem.remedy()).contains("/no/such");
  }

  /** With what it has started, and what does not heed a polite word. */
  @Test
  void whatRunsTooLongIsEndedAndSaidToBe() throws Exception {
    String script = "trap '' TERM; sleep 7301 & echo $! >" + guest + "/pid; wait; sleep 7302";
    Problem problem =
        problem(() ->
            programs.run(program(Duration.ofSeconds(1), List.of(), "sh", "-c", script), wanted()));
    assertThat(problem.code()).isEqualTo(Code.TIMEOUT);
    assertThat(problem.cause()).contains("after 1 s", "it has been ended in the guest");
    assertThat(problem.remedy()).contains("--timeout");
    long sleeper = Long.parseLong(Files.readString(guest.resolve("pid")).strip());
    Path words = Path.of("/proc/" + sleeper + "/cmdline");
    long end = System.nanoTime() + LONG.toNanos();
    // One that has ended, and that nobody has buried yet, has no words any more.
    while (Files.exists(words) && !read(words).isEmpty() && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(Files.exists(words) ? read(words) : "").isEmpty();
    agent.client().ping(LONG);
  }

  private static String read(Path words) {
    try {
      return Files.readString(words, StandardCharsets.ISO_8859_1);
    } catch (IOException gone) {
      return "";
    }
  }

  @Test
  void whatNobodyWantsAnyMoreIsEnded() throws Exception {
    var unwanted = wanted();
    unwanted.countDown();
    Problem problem =
        problem(() -> programs.run(program(LONG, List.of(), "sleep", "7303"), unwanted));
    assertThat(problem.code()).isEqualTo(Code.CANCELLED);
    assertThat(
            ProcessHandle.allProcesses()
                .filter(one -> one.info().commandLine().orElse("").contains("sleep 7303")))
        .isEmpty();
  }

  @Test
  void aNewFileHasTheModeThatIsAskedFor() throws Exception {
    Path file = guest.resolve("a b'c");
    files.write(file.toString(), 0640, content("hello"));
    assertThat(file).hasContent("hello");
    assertThat(mode(file)).isEqualTo("rw-r-----");
    assertThat(inGuest()).containsExactly("a b'c");
  }

  @Test
  void oneThatIsReplacedKeepsItsModeAndALinkToIt() throws Exception {
    Path file = Files.writeString(guest.resolve("f"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-x--x"));
    Path link = Files.createSymbolicLink(guest.resolve("link"), Path.of("f"));
    files.write(link.toString(), 0600, content("new"));
    assertThat(file).hasContent("new");
    assertThat(mode(file)).isEqualTo("rwxr-x--x");
    assertThat(link).isSymbolicLink();
    assertThat(inGuest()).containsExactly("f", "link");
  }

  @Test
  void anUploadThatBreaksOffLeavesTheFileAsItWas() throws Exception {
    Path file = Files.writeString(guest.resolve("f"), "precious");
    var broken =
        new SequenceInputStream(
            new ByteArrayInputStream(new byte[300_000]),
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw new IOException("the client has gone");
              }

              @Override
              public int read(byte[] target, int offset, int length) throws IOException {
                return read();
              }
            });
    Problem problem = problem(() -> files.write(file.toString(), 0644, broken));
    assertThat(problem.code()).isEqualTo(Code.MALFORMED);
    assertThat(file).hasContent("precious");
    assertThat(inGuest()).containsExactly("f");
  }

  @Test
  void whatTheGuestRefusesIsToldInItsWords() throws Exception {
    Problem nowhere = problem(() -> files.write(guest + "/absent/f", 0644, content("x")));
    assertThat(nowhere.cause()).contains("mktemp", "No such file or directory");
    assertThat(problem(() -> files.write(guest.toString(), 0644, content("x"))).code())
        .isEqualTo(Code.INVALID_ARGUMENT);
    // A device is written to, and not replaced.
    files.write("/dev/null", 0644, content("x"));
    assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
    var out = new ByteArrayOutputStream();
    assertThatThrownBy(() -> files.read(guest + "/absent", out))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("No such file");
  }

  @Test
  void directoriesGoOutAndIn() throws Exception {
    Path source = Files.createDirectories(guest.resolve("src/sub"));
    Files.writeString(source.resolve("x"), "deep");
    Path kept = Files.createDirectories(guest.resolve("old/sub"));
    Files.setPosixFilePermissions(kept, PosixFilePermissions.fromString("rwx------"));
    Files.writeString(kept.resolve("y"), "mine");
    var archive = new ByteArrayOutputStream();
    trees.read(guest.resolve("src").toString(), archive);

    byte[] tar = archive.toByteArray();
    trees.write(guest + "/copy", "src", 0750, new ByteArrayInputStream(tar));
    assertThat(guest.resolve("copy/sub/x")).hasContent("deep");
    assertThat(mode(guest.resolve("copy"))).isEqualTo("rwxr-x---");
    trees.write(guest + "/copy", "src", 0755, new ByteArrayInputStream(tar));
    assertThat(guest.resolve("copy/src/sub/x")).hasContent("deep");
    trees.write(guest + "/old", null, 0755, new ByteArrayInputStream(tar));
    assertThat(kept.resolve("x")).hasContent("deep");
    assertThat(kept.resolve("y")).hasContent("mine");
    assertThat(mode(kept)).as("of a directory that was there").isEqualTo("rwx------");
    assertThat(inGuest()).containsExactly("copy", "old", "src");

    Problem broken =
        problem(() -> trees.write(guest + "/cut", "src", 0755, content("no archive".repeat(99))));
    assertThat(broken.cause()).contains("tar in the guest");
    assertThat(inGuest()).as("nothing is left of it").containsExactly("copy", "old", "src");
    Problem file = problem(() -> trees.write(guest + "/copy/sub/x", null, 0755, content("")));
    assertThat(file.cause()).contains("no directory");
    Problem absent = problem(() -> trees.read(guest + "/absent", new ByteArrayOutputStream()));
    assertThat(absent.field()).isEqualTo("path");
  }
}
