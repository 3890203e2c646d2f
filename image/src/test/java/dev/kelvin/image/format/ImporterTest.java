package dev.kelvin.image.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.image.HostileImageTest;
import dev.kelvin.image.ImageStore;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import dev.kelvin.storage.Qcow2Header;
import dev.kelvin.storage.QemuImg;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Receives and converts honest files; {@link HostileImageTest} has the others. */
class ImporterTest {
  private final Commands commands = new Commands();
  private final Importer importer = new Importer(new QemuImg(commands, CellConfiner.ofHost()));
  @TempDir Path directory;
  private byte[] content;
  private Path raw;

  @BeforeEach
  void makeDisk() throws Exception {
    content = new byte[3 << 20];
    byte[] noise = new byte[70_000];
    new Random(11).nextBytes(noise);
    System.arraycopy(noise, 0, content, 500_000, noise.length);
    System.arraycopy(noise, 0, content, content.length - noise.length, noise.length);
    raw = Files.write(directory.resolve("disk.raw"), content);
  }

  private static Problem problem(ThrowingCallable call) {
    var problems = new ArrayList<Problem>();
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ProblemException.class, e -> problems.add(e.problem()));
    return problems.getFirst();
  }

  private void run(String... argv) throws Exception {
    var result = commands.run(Command.of(argv));
    assertThat(result.ok()).as(result.stderr()).isTrue();
  }

  private byte[] contentOf(Path qcow2) throws Exception {
    Path back = directory.resolve("back.raw");
    run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", qcow2.toString(), back.toString());
    return Files.readAllBytes(back);
  }

  @ParameterizedTest
  @CsvSource({
    "RAW, raw, ''",
    "QCOW2, qcow2, ''",
    "QCOW2, qcow2, compat=0.10",
    "QCOW2, qcow2, 'extended_l2=on,cluster_size=128k'",
    "VMDK, vmdk, subformat=monolithicSparse",
    "VMDK, vmdk, subformat=streamOptimized",
    "VHD, vpc, ''",
    "VHD, vpc, subformat=fixed",
    "VHD, vpc, 'subformat=fixed,force_size=on'",
    "VHDX, vhdx, subformat=dynamic",
    "VHDX, vhdx, subformat=fixed",
    "VDI, vdi, ''",
    "VDI, vdi, static=on"
  })
  void convertsEachFormat(Format format, String driver, String options) throws Exception {
    Path file = directory.resolve("disk." + driver);
    List<String> argv = new ArrayList<>(List.of("qemu-img", "convert", "-f", "raw", "-O", driver));
    if (!options.isEmpty()) {
      argv.addAll(List.of("-o", options));
    }
    argv.addAll(List.of(raw.toString(), file + ".in"));
    run(argv.toArray(String[]::new));
    Files.move(Path.of(file + ".in"), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    List<Progress> seen = new ArrayList<>();

    importer.inspect(file, format);
    Path stored = importer.toStorable(file, format, directory, seen::add);

    var header = Qcow2Header.read(stored).orElseThrow();
    assertThat(header.backing()).isNull();
    assertThat(header.version()).isEqualTo(3);
    assertThat(contentOf(stored)).startsWith(content);
    assertThat(seen.getLast().done()).isEqualTo(100);
    var store = new ImageStore(directory.resolve("images"));
    String digest = store.seal(stored, ProgressSink.none());
    assertThat(store.adopt(stored, Format.QCOW2, digest).virtualSize()).isEqualTo(header.size());
  }

  @Test
  void theSameDiskGivesTheSameFile() throws Exception {
    importer.inspect(raw, Format.RAW);
    Path first = importer.toStorable(raw, Format.RAW, directory, ProgressSink.none());
    byte[] bytes = Files.readAllBytes(first);
    assertThat(importer.toStorable(raw, Format.RAW, directory, ProgressSink.none()))
        .hasBinaryContent(bytes);
  }

  @Test
  void anIsoStaysAsItIs() throws Exception {
    Path iso = directory.resolve("cd.iso");
    run("genisoimage", "-quiet", "-o", iso.toString(), raw.toString());
    byte[] bytes = Files.readAllBytes(iso);
    importer.inspect(iso, Format.ISO);
    assertThat(importer.toStorable(iso, Format.ISO, directory, ProgressSink.none()))
        .hasBinaryContent(bytes);
  }

  @Test
  void snapshotsInsideAreLeftBehind() throws Exception {
    Path file = directory.resolve("disk.qcow2");
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw.toString(), file.toString());
    run("qemu-img", "snapshot", "-c", "before", file.toString());
    importer.inspect(file, Format.QCOW2);
    Path stored = importer.toStorable(file, Format.QCOW2, directory, ProgressSink.none());
    assertThat(Qcow2Header.read(stored).orElseThrow().snapshots()).isZero();
    assertThat(contentOf(stored)).isEqualTo(content);
  }

  @Test
  void receivesAFileWithItsHoles() throws Exception {
    Path target = directory.resolve("upload");
    byte[] sparse = new byte[9 << 20];
    sparse[3 << 20] = 1;
    List<Progress> seen = new ArrayList<>();
    importer.receive(new ByteArrayInputStream(sparse), sparse.length, target, seen::add);
    assertThat(target).hasBinaryContent(sparse);
    assertThat(seen.getLast())
        .isEqualTo(new Progress(sparse.length, sparse.length, "bytes", "receiving the file"));
    long blocks =
        Long.parseLong(
            commands.run(Command.of("stat", "--format=%b", target.toString())).stdout().strip());
    assertThat(blocks * 512).isLessThan(3 << 20);
  }

  @Test
  void receivesAFileOfUnknownLength() throws Exception {
    Path target = directory.resolve("upload");
    importer.receive(new ByteArrayInputStream(content), -1, target, ProgressSink.none());
    assertThat(target).hasBinaryContent(content);
  }

  @Test
  void takesNoMoreThanWasAnnounced() throws Exception {
    Path target = directory.resolve("upload");
    importer.receive(new ByteArrayInputStream(content), 1000, target, ProgressSink.none());
    assertThat(target).hasSize(1000);
  }

  @Test
  void anAbortedUploadLeavesNothing() {
    Path target = directory.resolve("upload");
    var shorter = new ByteArrayInputStream(content);
    Problem early =
        problem(() -> importer.receive(shorter, content.length + 1, target, ProgressSink.none()));
    assertThat(early.code()).isEqualTo(Code.MALFORMED);
    assertThat(early.cause()).contains(content.length + " of " + (content.length + 1));
    assertThat(target).doesNotExist();

    InputStream reset =
        new FilterInputStream(new ByteArrayInputStream(content)) {
          @Override
          public int read(byte[] buffer, int offset, int length) throws IOException {
            int count = super.read(buffer, offset, length);
            if (count < 0) {
              throw new IOException("connection reset");
            }
            return count;
          }
        };
    Problem broken = problem(() -> importer.receive(reset, 8 << 20, target, ProgressSink.none()));
    assertThat(broken.code()).isEqualTo(Code.MALFORMED);
    assertThat(broken.cause()).contains("connection reset");
    assertThat(target).doesNotExist();

    Problem empty =
        problem(
            () -> importer.receive(InputStream.nullInputStream(), -1, target, ProgressSink.none()));
    assertThat(empty.code()).isEqualTo(Code.MALFORMED);
    assertThat(empty.detail()).isEqualTo("The file is empty");
    assertThat(empty.remedy()).isEqualTo("download it again");
    assertThat(target).doesNotExist();
  }

  @Test
  void aCancelledUploadLeavesNothing() {
    Path target = directory.resolve("upload");
    assertThatThrownBy(() ->
            importer.receive(
                new ByteArrayInputStream(content),
                content.length,
                target,
                progress -> {
                  throw new IllegalStateException("the task was cancelled");
                }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(target).doesNotExist();
  }

  @Test
  void moreThanTheHostHasRoomForIsRefusedBeforeItComes() {
    Path target = directory.resolve("upload");
    Problem full =
        problem(() ->
            importer.receive(
                new ByteArrayInputStream(content), 1L << 60, target, ProgressSink.none()));
    assertThat(full.code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(full.remedy()).contains("free room");
    assertThat(target).doesNotExist();
  }

  @Test
  void emptyDisksAreNoDisks() throws Exception {
    Path empty = Files.createFile(directory.resolve("empty.raw"));
    assertThat(problem(() -> importer.inspect(empty, Format.RAW)).cause()).contains("0B");
    assertThat(new ByteSize(Files.size(raw)).bytes()).isEqualTo(content.length);
  }
}
