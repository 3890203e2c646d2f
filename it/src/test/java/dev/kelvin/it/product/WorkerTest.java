package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.PullRequest;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** The processes that make checksums for a daemon: they come and go with what they are for. */
class WorkerTest extends OnOneDaemon {
  private static final String IMAGE = "worked-on";

  private static Task begin() throws IOException {
    byte[] raw = new byte[16 << 20];
    new Random(1).nextBytes(raw);
    try (var in = new ByteArrayInputStream(raw)) {
      return daemon.client().images().importFile(IMAGE, Format.RAW, Map.of(), in, raw.length);
    }
  }

  /** A worker of this daemon; it runs Java, unlike what becomes one. */
  private static Optional<ProcessHandle> worker(long parent) {
    return ProcessHandle.allProcesses()
        .filter(one -> one.parent().filter(p -> p.pid() == parent).isPresent())
        .filter(WorkerTest::isWorker)
        .findAny();
  }

  private static boolean isWorker(ProcessHandle one) {
    String arguments = TestDaemon.arguments(one);
    return arguments.contains("bulk.WorkerMain") && !arguments.contains("/setpriv");
  }

  private static ProcessHandle awaitWorker() {
    Await.until("a worker works", Duration.ofMinutes(1), () -> worker(daemon.pid()).isPresent());
    return worker(daemon.pid()).orElseThrow();
  }

  @Test
  void anImportHasAWorkerWhichIsGoneThen() throws Exception {
    Task begun = begin();
    ProcessHandle worker = awaitWorker();
    daemon.done(begun);
    assertThat(worker.isAlive()).isFalse();
    assertThat(worker(daemon.pid())).isEmpty();
    assertThat(daemon.client().images().get(IMAGE).status().phase()).isEqualTo(ImagePhase.READY);
  }

  @Test
  void aPackedFileIsUnpackedAndWhatIsDoubtfulIsTold() throws Exception {
    var inner = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(inner)) {
      gzip.write(new byte[3 << 20]);
    }
    var outer = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(outer)) {
      gzip.write(inner.toByteArray());
    }
    assertThat(unpacked("packed", inner.toByteArray()).virtualSize()).isEqualTo(ByteSize.ofMiB(3));
    var doubtful = unpacked("twice", outer.toByteArray());
    assertThat(doubtful.warnings()).singleElement().asString().contains("packed with gzip");
  }

  private static Image.ImageStatus unpacked(String name, byte[] packed) throws IOException {
    try (var in = new ByteArrayInputStream(packed)) {
      daemon.done(
          daemon
              .client()
              .images()
              .importFile(name, Format.RAW, Compression.GZIP, Map.of(), in, packed.length));
    }
    return daemon.client().images().get(name).status();
  }

  @Test
  void oneThatIsKilledIsMadeUpForAndTheSecondIsAProblem() throws Exception {
    Task begun = begin();
    awaitWorker().destroyForcibly();
    Task ended = daemon.ended(begun);
    assertThat(ended.state()).as(String.valueOf(ended.problem())).isEqualTo(TaskState.SUCCEEDED);
    daemon.done(daemon.client().images().delete(IMAGE));

    Task again = begin();
    Await.until(
        "each worker is killed until the import gives up",
        Duration.ofMinutes(2),
        () -> {
          worker(daemon.pid()).ifPresent(ProcessHandle::destroyForcibly);
          return daemon.client().task(again.id()).state().ended();
        });
    Task failed = daemon.client().task(again.id());
    assertThat(failed.state()).isEqualTo(TaskState.FAILED);
    var problem = Objects.requireNonNull(failed.problem());
    assertThat(problem.code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(problem.cause()).contains("signal 9");
    awaitNothingLeft();
  }

  /** The daemon examines the host in the background, for which it runs programs, too. */
  private void awaitNothingLeft() {
    Await.until("nothing is left", Duration.ofSeconds(30), () -> daemon.leftovers().isEmpty());
  }

  @Test
  void aCancelledImportEndsItsWorker() throws Exception {
    Task begun = begin();
    ProcessHandle worker = awaitWorker();
    daemon.client().cancelTask(begun.id());
    assertThat(daemon.ended(begun).state()).isEqualTo(TaskState.CANCELLED);
    assertThat(worker.isAlive()).isFalse();
    awaitNothingLeft();
  }

  @Test
  void aPullHasAWorkerWhichEndsWithItAndIsNotToldInItsArguments() throws Exception {
    // It takes connections and never says a word.
    try (var silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:" + silent.getLocalPort() + "/disk.raw?key=sesame";
      var request =
          new PullRequest(
              IMAGE, new PullRequest.Pull(url, null, Format.RAW, null, null, true, null), Map.of());
      Task begun = daemon.client().images().pull(request);
      ProcessHandle worker = awaitWorker();
      assertThat(TestDaemon.arguments(worker)).doesNotContain("sesame");
      daemon.client().cancelTask(begun.id());
      assertThat(daemon.ended(begun).state()).isEqualTo(TaskState.CANCELLED);
      assertThat(worker.isAlive()).isFalse();
      awaitNothingLeft();
    }
  }

  @Test
  void itEndsWithADaemonThatIsKilledAndTheNextGoesOn() throws Exception {
    Task begun = begin();
    ProcessHandle worker = awaitWorker();
    // It would be done before the daemon is dead.
    new ProcessBuilder("kill", "-STOP", Long.toString(worker.pid())).start().waitFor();
    daemon.kill();
    Await.until("the worker ends", Duration.ofSeconds(10), () -> !worker.isAlive());
    daemon.restart();
    daemon.done(begun);
    assertThat(daemon.client().images().get(IMAGE).status().phase()).isEqualTo(ImagePhase.READY);
  }
}
