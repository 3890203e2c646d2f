package dev.kelvin.host.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandsTest {
  private final Commands commands = new Commands();

  @Test
  void tellsExitCodeAndBothStreams() throws Exception {
    var result = commands.run(Command.of("sh", "-c", "echo out; echo err >&2; exit 3"));
    assertThat(result).isEqualTo(new Commands.Result(3, "out\n", "err\n"));
    assertThat(result.ok()).isFalse();
    assertThat(result.lastError()).isEqualTo("err");
  }

  @Test
  void passesInputThroughUnchanged() throws Exception {
    byte[] input = "häß\n".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    var result = commands.run(Command.of("cat").input(input).maxOutputBytes(1 << 20));
    assertThat(result.stdout()).isEqualTo(new String(input, StandardCharsets.UTF_8));
  }

  @Test
  void aProgramMayLeaveItsInputUnread() throws Exception {
    var result = commands.run(Command.of("true").input(new byte[4 << 20]));
    assertThat(result.ok()).isTrue();
  }

  @Test
  void runsWithDirectoryAndEnvironment(@TempDir Path directory) throws Exception {
    var command =
        Command.of("sh", "-c", "pwd; echo $NAME; echo $LC_ALL")
            .directory(directory)
            .environment(Map.of("NAME", "web1"));
    assertThat(commands.run(command).stdout()).isEqualTo(directory + "\nweb1\nC.UTF-8\n");
  }

  @Test
  void streamsLinesOfBothStreamsAndOfProgressBars() throws Exception {
    List<String> lines = Collections.synchronizedList(new ArrayList<>());
    commands.run(
        Command.of("sh", "-c", "printf '10%%\\r20%%\\r\\n'; echo e >&2; printf end"), lines::add);
    assertThat(lines).containsExactlyInAnyOrder("10%", "20%", "e", "end");
  }

  @Test
  void anExceptionOfTheListenerEndsTheProgram() {
    assertThatThrownBy(() ->
            commands.run(
                Command.of("sh", "-c", "echo one; exec sleep 60"),
                line -> {
                  throw new IllegalStateException(line);
                }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("one");
  }

  @Test
  void tooMuchOutputIsAFailure() {
    var thrown = problem(Command.of("cat", "/dev/zero").maxOutputBytes(100_000));
    assertThat(thrown.problem().code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(thrown.problem().cause()).contains("100000 bytes");
  }

  @Test
  void ofStreamedOutputTheLastPartIsKept() throws Exception {
    var result = commands.run(Command.of("seq", "200000").maxOutputBytes(20), line -> {});
    assertThat(result.stdout()).isEqualTo("199998\n199999\n200000\n".substring(1));
  }

  @Test
  void aLateProgramIsEndedWithItsChildren(@TempDir Path directory) throws Exception {
    // The child ignores SIGTERM and leaves the session, so only a kill of the tree ends it.
    Path pid = directory.resolve("pid");
    String script =
        "setsid sh -c 'trap \"\" TERM; echo $$ > " + pid + "; while :; do sleep 1; done' & wait";
    var thrown = problem(Command.of("sh", "-c", script).timeout(Duration.ofMillis(500)));
    assertThat(thrown.problem().code()).isEqualTo(Code.TIMEOUT);
    assertThat(thrown.problem().cause()).contains("0.5 s");
    assertThat(ProcessId.of(Long.parseLong(Files.readString(pid).strip()))).isEmpty();
  }

  @Test
  void interruptionEndsTheWholeTree() throws Exception {
    var seen = new CountDownLatch(1);
    var pids = Collections.synchronizedList(new ArrayList<Long>());
    var thrown = new CompletableFuture<Throwable>();
    var thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                commands.run(
                    Command.of("sh", "-c", "echo $$; (sleep 60 & echo $!; wait); wait"),
                    line -> {
                      pids.add(Long.parseLong(line));
                      if (pids.size() == 2) {
                        seen.countDown();
                      }
                    });
                thrown.completeExceptionally(new AssertionError("it ended"));
              } catch (InterruptedException e) {
                thrown.complete(e);
              }
            });
    assertThat(seen.await(10, TimeUnit.SECONDS)).isTrue();
    thread.interrupt();
    assertThat(thrown.get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    assertThat(pids).allSatisfy(pid -> assertThat(ProcessId.of(pid)).isEmpty());
  }

  @Test
  void whatAProgramLeavesBehindIsEnded() throws Exception {
    // The background process holds stdout open.
    var result = commands.run(Command.of("sh", "-c", "sleep 60 & echo $!"), line -> {});
    assertThat(ProcessId.of(Long.parseLong(result.stdout().strip()))).isEmpty();
  }

  @Test
  void memoryIsLimited() throws Exception {
    var limited = commands.run(Command.of("sh", "-c", "ulimit -v").memoryLimit(ByteSize.ofMiB(64)));
    assertThat(limited.stdout().strip()).isEqualTo("65536");
    // tail must keep what has no line end.
    var hungry =
        Command.of("sh", "-c", "head -c 200000000 /dev/zero | tail -n 1 | wc -c")
            .memoryLimit(ByteSize.ofMiB(64));
    assertThat(commands.run(hungry).stderr()).contains("memory");
  }

  @Test
  void anAbsentProgramHasARemedy() {
    var thrown = problem(Command.of("kelvin-no-such-program"));
    assertThat(thrown.problem().code()).isEqualTo(Code.CAPABILITY_MISSING);
    assertThat(thrown.problem().remedy()).contains("kelvin-no-such-program");
  }

  @Test
  void anAbsentDirectoryIsAFailure() {
    var thrown = problem(Command.of("true").directory(Path.of("/nonexistent")));
    assertThat(thrown.problem().code()).isEqualTo(Code.HOST_FAILURE);
  }

  private ProblemException problem(Command command) {
    return catchThrowableOfType(ProblemException.class, () -> commands.run(command));
  }
}
