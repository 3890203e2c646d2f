package dev.kelvin.image.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.SetprivConfiner;
import dev.kelvin.host.program.WorkerProcess.Limits;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By processes: as the suite wants it, and with workers that have gone over to somebody else. */
class WorkersTest extends BulkWorkSuite {
  private static final Limits LIMITS =
      new Limits(ByteSize.ofGiB(2), 4096, 50, 20, Duration.ofSeconds(10), Duration.ofSeconds(60));

  private static final String DIGEST = "0123456789abcdef".repeat(4);

  @TempDir private Path directory;

  @Override
  BulkWork bulk() {
    try {
      return Workers.ofProcess(CellConfiner.ofHost());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A worker that is a shell script, with {@code $say} for its mouth. */
  private String digest(String script, Limits limits, ProgressSink progress)
      throws IOException, InterruptedException {
    Path file = directory.resolve("disk.qcow2");
    Files.writeString(file, "content");
    var program = new WorkerProgram(List.of("sh", "-c", script), false);
    return new Workers(program, new SetprivConfiner(), limits).digest(file, Sha.SHA256, progress);
  }

  private String digest(String script) throws IOException, InterruptedException {
    return digest(script, LIMITS, ProgressSink.none());
  }

  private Problem problem(String script) {
    return problem(script, LIMITS);
  }

  private Problem problem(String script, Limits limits) {
    return assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> digest(script, limits, ProgressSink.none()))
        .actual()
        .problem();
  }

  private static String done(String result) {
    return "echo '{\"done\":{\"result\":\"" + result + "\"}}' >&2; ";
  }

  @Test
  void aWorkerThatSaysAChecksumIsBelievedThatMuch() throws Exception {
    assertThat(digest(done(DIGEST))).isEqualTo(DIGEST);
    for (String other :
        List.of("", "../../etc/passwd", DIGEST.toUpperCase(Locale.ROOT), DIGEST + "0")) {
      Problem problem = problem(done(other));
      assertThat(problem.code()).isEqualTo(Code.HOST_FAILURE);
      assertThat(problem.detail()).contains("no sense");
    }
  }

  @Test
  void oneThatEndsWithoutAResultIsAProblem() {
    Problem problem = problem("echo 'out of memory' >&2; exit 3");
    assertThat(problem.code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(problem.object()).isEqualTo("disk.qcow2");
    assertThat(problem.cause()).isEqualTo("its exit code is 3: out of memory");
    assertThat(problem.remedy()).contains("try again");
    assertThat(problem("exit 0").cause()).isEqualTo("its exit code is 0");
  }

  @Test
  void oneThatIsKilledIsStartedOnceMore() throws Exception {
    Path mark = directory.resolve("mark");
    // A worker that makes a checksum may write no file.
    String once = "mkdir '%s' && kill -9 $$; ".formatted(mark);
    assertThat(digest(once + done(DIGEST))).isEqualTo(DIGEST);
    Path tries = directory.resolve("tries");
    Files.createDirectory(tries);
    assertThat(problem("mkdir '" + tries + "/'$$; kill -9 $$").cause()).isEqualTo("signal 9");
    try (var made = Files.list(tries)) {
      assertThat(made).hasSize(2);
    }
  }

  @Test
  void aFileThatItShallNotWriteIsNotWritten() {
    Path other = directory.resolve("other");
    assertThat(problem("echo content >'" + other + "'").cause()).startsWith("signal 25");
    assertThat(other).isEmptyFile();
  }

  @Test
  void garbageIsAProblem() {
    assertThat(problem("head -c 3000 /dev/urandom >&2").code()).isEqualTo(Code.HOST_FAILURE);
    for (String line :
        List.of(
            "{",
            "{}",
            "{\"progress\":{\"read\":-1}}",
            "{\"progress\":{\"read\":1},\"done\":{\"result\":\"\"}}",
            "{\"done\":{}}",
            "{\"failed\":{}}",
            "{\"other\":1}",
            "{\"progress\":{\"read\":1e999}}",
            "{".repeat(2000))) {
      Problem problem = problem("echo '" + line + "' >&2; sleep 60");
      assertThat(problem.detail()).as(line).contains("no sense");
    }
    assertThat(problem(done(DIGEST) + done(DIGEST)).cause()).contains("goes on after its end");
  }

  @Test
  void aLineWithoutEndIsNotHeardToItsEnd() {
    Problem problem = problem("yes a | tr -d '\\n' >&2");
    assertThat(problem.detail()).isEqualTo("A worker says more than it should");
    assertThat(problem.cause()).contains("4096 bytes");
  }

  @Test
  void aFloodOfProgressIsDammed() {
    Problem problem = problem("yes '{\"progress\":{\"read\":1}}' >&2");
    assertThat(problem.cause()).contains("lines within");
  }

  @Test
  void oneThatHangsIsEnded() {
    var short1 =
        new Limits(ByteSize.ofGiB(2), 4096, 50, 20, Duration.ofSeconds(1), Duration.ofSeconds(60));
    assertThat(problem("trap '' TERM; while :; do sleep 1; done", short1).code())
        .isEqualTo(Code.TIMEOUT);
    var short2 =
        new Limits(ByteSize.ofGiB(2), 4096, 50, 20, Duration.ofSeconds(60), Duration.ofSeconds(2));
    assertThat(problem("while echo >&2; do sleep 0.2; done", short2).code())
        .isEqualTo(Code.TIMEOUT);
  }

  @Test
  void whatItSaysOfItsProblemIsBounded() {
    String said =
        "{\"failed\":{\"problem\":{\"code\":\"forbidden\",\"detail\":\"%s\",\"object\":\"vm/other\"}}}"
            .formatted("a\\u001b[31m" + "b".repeat(2000));
    Problem problem = problem("echo '" + said.replace("\\", "\\\\") + "' >&2");
    assertThat(problem.code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(problem.object()).isEqualTo("disk.qcow2");
    assertThat(problem.detail()).startsWith("a [31mb").hasSizeLessThan(600);
    assertThat(problem.remedy()).isNotBlank();
  }

  @Test
  void progressIsNeverMoreThanThereIs() throws Exception {
    var seen = new ArrayList<Progress>();
    digest("echo '{\"progress\":{\"read\":99999}}' >&2; " + done(DIGEST), LIMITS, seen::add);
    assertThat(seen).containsExactly(new Progress(7, 7, "bytes", "making the checksum"));
  }

  @Test
  void whoeverIsInterruptedLeavesNoWorker() throws Exception {
    var pid = new CompletableFuture<Long>();
    Path file = Files.createDirectory(directory.resolve("pid"));
    var ended = new CompletableFuture<Throwable>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                digest(
                    "mkdir '" + file + "/'$$; echo '{\"progress\":{\"read\":1}}' >&2; sleep 600",
                    LIMITS,
                    now -> pid.complete(read(file)));
              } catch (IOException | InterruptedException | RuntimeException e) {
                pid.completeExceptionally(e);
                ended.complete(e);
              }
            });
    long worker = pid.get(30, TimeUnit.SECONDS);
    thread.interrupt();
    assertThat(ended.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    assertThat(Path.of("/proc", Long.toString(worker))).doesNotExist();
  }

  /** The name of the only one in a directory. */
  private static long read(Path directory) {
    try (var files = Files.list(directory)) {
      return Long.parseLong(files.findFirst().orElseThrow().getFileName().toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
