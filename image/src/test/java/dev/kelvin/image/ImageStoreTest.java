package dev.kelvin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.storage.QemuImg;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageStoreTest {
  private final QemuImg qemuImg = new QemuImg(new Commands(), CellConfiner.ofHost());
  @TempDir Path directory;
  private ImageStore store;

  @BeforeEach
  void open() {
    store = new ImageStore(directory.resolve("images"));
  }

  private Path disk(String task, long mib) throws Exception {
    Path file = store.workDir(task).resolve("disk.qcow2");
    qemuImg.create(file, QemuImg.Target.of("qcow2"), ByteSize.ofMiB(mib), null);
    return file;
  }

  private Stored adopt(Path file, Format format) throws InterruptedException {
    return store.adopt(file, format, store.seal(file, ProgressSink.none()));
  }

  private List<String> blobs() throws Exception {
    try (var files = Files.list(directory.resolve("images/blobs"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void filesAreNamedByTheirContentAndReadOnly() throws Exception {
    Path file = disk("t1", 16);
    long length = Files.size(file);
    Stored stored = adopt(file, Format.QCOW2);

    Path path = store.path(stored.digest(), Format.QCOW2);
    assertThat(stored.virtualSize()).isEqualTo(ByteSize.ofMiB(16));
    assertThat(stored.fileSize().bytes()).isEqualTo(length);
    assertThat(path).isRegularFile().hasDigest("SHA-256", stored.digest());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("r--r--r--");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path.getParent())))
        .isEqualTo("rwx--x--x");
    assertThat(store.digests()).containsExactly(stored.digest());
  }

  @Test
  void theSameContentIsKeptOnce() throws Exception {
    Stored first = adopt(disk("t1", 16), Format.QCOW2);
    Path again = disk("t2", 16);
    assertThat(adopt(again, Format.QCOW2)).isEqualTo(first);
    assertThat(blobs()).hasSize(1);
    assertThat(adopt(disk("t3", 17), Format.QCOW2)).isNotEqualTo(first);
    assertThat(blobs()).hasSize(2);
  }

  @Test
  void twoWhoBringTheSameFileAtOnceFindOne() throws Exception {
    List<Path> files = List.of(disk("t1", 16), disk("t2", 16), disk("t3", 16));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Stored>> calls =
          files.stream().<Callable<Stored>>map(f -> () -> adopt(f, Format.QCOW2)).toList();
      for (var future : threads.invokeAll(calls)) {
        assertThat(future.get().virtualSize()).isEqualTo(ByteSize.ofMiB(16));
      }
    }
    assertThat(blobs()).hasSize(1);
  }

  @Test
  void anIsoHasTheSizeOfItsFile() throws Exception {
    Path file = Files.write(store.workDir("t1").resolve("a.iso"), new byte[4096]);
    Stored stored = adopt(file, Format.ISO);
    assertThat(stored.virtualSize()).isEqualTo(new ByteSize(4096));
    assertThat(blobs()).containsExactly(stored.digest() + ".iso");
  }

  @Test
  void aDiskThatDependsOnAnotherIsNoImage() throws Exception {
    Path base = disk("t1", 16);
    Path top = base.resolveSibling("top.qcow2");
    qemuImg.create(top, QemuImg.Target.of("qcow2"), null, base);
    assertThatThrownBy(() -> adopt(top, Format.QCOW2)).isInstanceOf(ProblemException.class);
    assertThat(blobs()).isEmpty();
  }

  @Test
  void deletesAndDeletesAgain() throws Exception {
    Stored stored = adopt(disk("t1", 16), Format.QCOW2);
    store.delete(stored.digest(), Format.QCOW2);
    store.delete(stored.digest(), Format.QCOW2);
    assertThat(store.digests()).isEmpty();
    assertThat(blobs()).isEmpty();
  }

  @Test
  void workOfTasksThatAreNoMoreIsRemoved() throws Exception {
    Path live = disk("live", 16);
    Path dead = disk("dead", 16);
    Path tree = Files.createDirectories(dead.resolveSibling("tree").resolve("usr/bin"));
    Files.createSymbolicLink(tree.resolve("link"), live);

    new ImageStore(directory.resolve("images")).cleanWork(Set.of("live"));

    assertThat(live).exists();
    assertThat(dead.getParent()).doesNotExist();
  }

  @Test
  void idsCannotLeadElsewhere() {
    for (String bad : List.of("", "..", "a/b", "../x", ".hidden")) {
      assertThatThrownBy(() -> store.workDir(bad)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.path(bad, Format.ISO))
          .isInstanceOf(IllegalArgumentException.class);
    }
    String digest = HexFormat.of().formatHex(new byte[32]);
    assertThatThrownBy(() -> store.path(digest, Format.VMDK))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
