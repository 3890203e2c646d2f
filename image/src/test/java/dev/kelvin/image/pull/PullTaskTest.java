package dev.kelvin.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.image.ImageStore;
import dev.kelvin.image.build.DebianBuilder;
import dev.kelvin.image.catalogue.ImageCatalogue;
import dev.kelvin.image.catalogue.ImageTasks;
import dev.kelvin.image.format.Importer;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.ImageSpec;
import dev.kelvin.model.Image.Origin;
import dev.kelvin.model.Image.PullSource;
import dev.kelvin.model.Image.Verification;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.task.TaskEngine;
import dev.kelvin.storage.QemuImg;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Pulls as durable tasks: from a server to an image, and nothing left when it fails. */
class PullTaskTest {
  private static final String DISK = "/disk.qcow2.xz";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private final Commands commands = new Commands();
  private HostileServer server;
  private Store store;
  private ImageStore files;
  private ImageCatalogue catalogue;
  private TaskEngine engine;

  @BeforeEach
  void open() throws IOException {
    server = HostileServer.start();
    store = SqliteStore.open(directory.resolve("store.db"));
    files = new ImageStore(directory.resolve("images"));
    catalogue = new ImageCatalogue(store, files, Map::of, image -> List.of(), Clock.systemUTC());
    engine = engine();
  }

  /** As a daemon that starts has it. */
  private TaskEngine engine() {
    var qemuImg = new QemuImg(commands, CellConfiner.ofHost());
    var tasks =
        new ImageTasks(
            catalogue,
            files,
            new Importer(qemuImg),
            new DebianBuilder(commands, qemuImg),
            PullBench.puller(directory));
    return new TaskEngine(store, tasks.types(), Clock.systemUTC());
  }

  @AfterEach
  void close() throws IOException {
    engine.close();
    store.close();
    server.close();
  }

  /** Where tasks have their files. */
  private Path work() {
    return directory.resolve("images").resolve("work");
  }

  private byte[] disk(String... options) throws Exception {
    Path raw = Files.write(directory.resolve("disk.raw"), PullBench.noise(1 << 20));
    Path disk = directory.resolve("disk.qcow2");
    var argv = new java.util.ArrayList<>(List.of("qemu-img"));
    if (options.length == 0) {
      argv.addAll(List.of("convert", "-O", "qcow2", raw.toString(), disk.toString()));
    } else {
      argv.addAll(List.of(options));
      argv.addAll(List.of(disk.toString(), "1M"));
    }
    var result = commands.run(Command.of(argv.toArray(String[]::new)));
    assertThat(result.ok()).as(result.stderr()).isTrue();
    return Files.readAllBytes(disk);
  }

  private static byte[] xz(byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new XZOutputStream(bytes, new LZMA2Options(0))) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  private Task begin(String name, PullPlan plan) {
    var metadata = new Metadata(name, "id-" + name, Map.of(), 0, Instant.EPOCH);
    var source = new PullSource(plan.url(), null, plan.url(), true);
    var spec = new ImageSpec(Origin.PULL, null, plan.format(), source);
    return engine.submitExclusive(
        ImageTasks.PULL, new ImageTasks.Pull(metadata, spec, plan), "image/" + name);
  }

  private PullPlan plan(byte[] served) throws Exception {
    return new PullPlan(
        server.url(DISK),
        Format.QCOW2,
        Compression.XZ,
        "sha256:" + PullBench.sha256(served),
        null,
        null,
        List.of(),
        true);
  }

  private void nothingIsLeft(String name) throws IOException {
    assertThat(catalogue.find(name)).isEmpty();
    assertThat(work()).isEmptyDirectory();
    assertThat(directory.resolve("images/blobs")).isEmptyDirectory();
  }

  private Task failed(byte[] served) throws Exception {
    server.serves(DISK, served);
    Task task = engine.await(begin("disk", plan(served)).id(), PATIENCE);
    assertThat(task.state()).isEqualTo(TaskState.FAILED);
    nothingIsLeft("disk");
    return task;
  }

  private static Code code(Task task) {
    return Objects.requireNonNull(task.problem()).code();
  }

  @Test
  void aPublishedDiskBecomesAnImage() throws Exception {
    byte[] packed = xz(disk());
    server.serves(DISK, packed);
    Task task = engine.await(begin("disk", plan(packed)).id(), PATIENCE);
    assertThat(task.state()).as(String.valueOf(task.problem())).isEqualTo(TaskState.SUCCEEDED);
    Image image = catalogue.get("disk");
    assertThat(image.status().virtualSize().bytes()).isEqualTo(1 << 20);
    assertThat(image.status().provenance())
        .isEqualTo(
            new Image.Provenance(
                Verification.CHECKSUM, "sha256:" + PullBench.sha256(packed), null));
    assertThat(work()).isEmptyDirectory();
    Path back = directory.resolve("back.raw");
    var result =
        commands.run(
            Command.of(
                "qemu-img",
                "convert",
                "-f",
                "qcow2",
                "-O",
                "raw",
                catalogue.file("disk", Format.QCOW2).toString(),
                back.toString()));
    assertThat(result.ok()).isTrue();
    assertThat(back).hasBinaryContent(PullBench.noise(1 << 20));
  }

  @Test
  void aPullGoesOnWithTheNextDaemon() throws Exception {
    byte[] packed = xz(disk());
    var count = new AtomicInteger();
    server.on(
        DISK,
        (request, wire) -> {
          int from = (int) request.offset();
          if (count.incrementAndGet() == 1) {
            wire.head(200, "Content-Length: " + packed.length, "ETag: \"v1\"");
            wire.bytes(Arrays.copyOf(packed, 400_000));
            wire.stall();
          }
          wire.head(
              206,
              "Content-Length: " + (packed.length - from),
              "Content-Range: bytes " + from + "-" + (packed.length - 1) + "/" + packed.length);
          wire.bytes(Arrays.copyOfRange(packed, from, packed.length));
        });
    Task begun = begin("disk", plan(packed));
    Path part = work().resolve(begun.id()).resolve("download");
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!(Files.exists(part) && Files.size(part) >= 400_000)) {
      assertThat(System.nanoTime()).as("the first piece comes").isLessThan(deadline);
      Thread.onSpinWait();
    }
    engine.close();
    assertThat(part).exists();
    engine = engine();
    assertThat(engine.resume()).isEmpty();
    Task task = engine.await(begun.id(), PATIENCE);
    assertThat(task.state()).as(String.valueOf(task.problem())).isEqualTo(TaskState.SUCCEEDED);
    assertThat(server.requests(DISK).getLast().offset()).isEqualTo(400_000);
  }

  @Test
  void theSameFileIsNotPulledTwiceAtOnce() throws Exception {
    byte[] packed = xz(disk());
    server.on(DISK, (request, wire) -> wire.stall());
    begin("one", plan(packed));
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (catalogue.find("one").isEmpty()) {
      assertThat(System.nanoTime()).as("the first pull begins").isLessThan(deadline);
      Thread.onSpinWait();
    }
    Task second = engine.await(begin("two", plan(packed)).id(), PATIENCE);
    assertThat(code(second)).isEqualTo(Code.CONFLICT);
    assertThat(Objects.requireNonNull(second.problem()).object()).isEqualTo("image/one");
    assertThat(catalogue.find("two")).isEmpty();
    assertThatExceptionOfType(ProblemException.class).isThrownBy(() -> begin("one", plan(packed)));
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() ->
            catalogue.requireNotPulled(
                new PullSource("x", null, server.url(DISK), false), "another"));
  }

  @Test
  void aCancelledPullLeavesNothing() throws Exception {
    byte[] packed = xz(disk());
    server.on(
        DISK,
        (request, wire) -> {
          wire.head(200, "Content-Length: " + packed.length, "ETag: \"v1\"");
          wire.bytes(Arrays.copyOf(packed, 1000));
          wire.stall();
        });
    Task begun = begin("disk", plan(packed));
    Path part = work().resolve(begun.id()).resolve("download");
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!Files.exists(part)) {
      assertThat(System.nanoTime()).as("the download begins").isLessThan(deadline);
      Thread.onSpinWait();
    }
    engine.cancel(begun.id());
    assertThat(engine.await(begun.id(), PATIENCE).state()).isEqualTo(TaskState.CANCELLED);
    nothingIsLeft("disk");
  }

  @Test
  void aWrongChecksumLeavesNothing() throws Exception {
    byte[] packed = xz(disk());
    PullPlan plan = plan(packed);
    server.serves(DISK, xz(new byte[1000]));
    Task task = engine.await(begin("disk", plan).id(), PATIENCE);
    assertThat(code(task)).isEqualTo(Code.INVALID_ARGUMENT);
    nothingIsLeft("disk");
  }

  @Test
  void whatIsNotThereLeavesNothing() throws Exception {
    Task task = engine.await(begin("disk", plan(new byte[1])).id(), PATIENCE);
    assertThat(code(task)).isEqualTo(Code.NOT_FOUND);
    nothingIsLeft("disk");
  }

  @Test
  void aBombLeavesNothing() throws Exception {
    assertThat(code(failed(xz(new byte[16 << 20])))).isEqualTo(Code.TOO_LARGE);
  }

  @Test
  void whatIsOfAnotherKindLeavesNothing() throws Exception {
    assertThat(code(failed(PullBench.noise(5000)))).isEqualTo(Code.MALFORMED);
    assertThat(code(failed(xz(PullBench.noise(5000))))).isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void aDiskThatLeadsElsewhereIsRefusedLikeAnImportedOne() throws Exception {
    byte[] hostile = disk("create", "-q", "-f", "qcow2", "-F", "raw", "-b", "/etc/passwd", "-u");
    byte[] packed = xz(hostile);
    Task task = failed(packed);
    assertThat(code(task)).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(Objects.requireNonNull(task.problem()).cause()).contains("/etc/passwd");
  }
}
