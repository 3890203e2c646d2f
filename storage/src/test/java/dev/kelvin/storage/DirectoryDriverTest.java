package dev.kelvin.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectoryDriverTest extends StorageDriverConformance {
  private final Commands commands = new Commands();
  private final QemuImg qemuImg = new QemuImg(commands, CellConfiner.ofHost());
  @TempDir Path directory;
  private boolean mounted;

  @Override
  StorageDriver open() {
    return new DirectoryDriver(directory.resolve("volumes"), images, qemuImg);
  }

  @Override
  List<String> leftovers() throws IOException {
    try (var files = Files.list(directory.resolve("volumes"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.matches("[a-z0-9-]+\\.qcow2"))
          .toList();
    }
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      commands.run(Command.of("umount", "--lazy", directory.resolve("small").toString()));
    }
  }

  private static boolean root() throws IOException {
    return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
  }

  /** Each volume has an id of its own, and in the end there have been very many. */
  @Test
  void nothingIsKeptOfVolumesThatAreGone() throws Exception {
    for (int i = 0; i < 5; i++) {
      driver.create("vm" + i + "-root", SMALL);
      driver.delete("vm" + i + "-root");
    }
    assertThat(((DirectoryDriver) driver).busy()).isZero();
  }

  @Test
  void namesItsFormatsAndKeepsCopiesOfWritesSmall() throws Exception {
    driver.cloneImage("vm1-root", image, LARGE);
    String info =
        commands
            .run(
                Command.of(
                    "qemu-img", "info", directory.resolve("volumes/vm1-root.qcow2").toString()))
            .stdout();
    assertThat(info)
        .contains("cluster_size: 131072", "extended l2: true", "backing file format: qcow2")
        .contains("lazy refcounts: false");
  }

  @Test
  void removesWhatACrashLeft() throws Exception {
    driver.create("vm1-root", SMALL);
    Path half = directory.resolve("volumes/.new-vm2-root-cafe");
    Files.writeString(half, "half made");
    assertThat(driver.list()).extracting(StoredVolume::id).containsExactly("vm1-root");

    assertThat(open().list()).extracting(StoredVolume::id).containsExactly("vm1-root");
    assertThat(half).doesNotExist();
  }

  @Test
  void aDamagedVolumeIsNamedAndHidesNoOther() throws Exception {
    driver.create("vm1-root", SMALL);
    Files.writeString(directory.resolve("volumes/vm2-root.qcow2"), "overwritten");

    assertThat(driver.list()).extracting(StoredVolume::id).containsExactly("vm1-root");
    assertThat(driver.damaged()).containsExactly("vm2-root");
    assertProblem(Code.HOST_FAILURE, () -> driver.find("vm2-root"));
    driver.delete("vm2-root");
    assertThat(driver.damaged()).isEmpty();
    assertThat(driver.find("vm2-root")).isEmpty();
  }

  @Test
  void aSymbolicLinkIsNoVolume() throws Exception {
    Files.createSymbolicLink(directory.resolve("volumes/vm1-root.qcow2"), image);
    assertThat(driver.find("vm1-root")).isEmpty();
  }

  @Test
  void othersPassThroughTheDirectoryButSeeNothing() throws Exception {
    driver.create("vm1-root", SMALL);
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(directory.resolve("volumes"))))
        .isEqualTo("rwx--x--x");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(directory.resolve("volumes/vm1-root.qcow2"))))
        .isEqualTo("rw-------");
  }

  @Test
  void handsAVolumeToTheUserOfItsVm() throws Exception {
    assumeTrue(root(), "only root can give files away");
    Path file = driver.create("vm1-root", SMALL).path();
    driver.grant("vm1-root", 70001);
    assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(70001);
    assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(70001);
    driver.grant("vm1-root", null);
    assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(0);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void aVolumeInUseIsShownButNotResized() throws Exception {
    Path file = driver.create("vm1-root", SMALL).path();
    try (var _ = holdingOpen(file)) {
      assertThat(driver.find("vm1-root")).isPresent();
      assertProblem(Code.CONFLICT, () -> driver.resize("vm1-root", LARGE));
    }
    assertThat(driver.resize("vm1-root", LARGE).size()).isEqualTo(LARGE);
  }

  /** A program that has a disk open, with QEMU's locks. */
  private static Closeable holdingOpen(Path disk) throws IOException {
    // Without commands of its own qemu-io holds the file open until its input ends.
    Process holder =
        new ProcessBuilder("qemu-io", "-f", "qcow2", disk.toString())
            .redirectErrorStream(true)
            .start();
    Writer input = holder.outputWriter();
    input.write("write 0 512\n");
    input.flush();
    assertThat(holder.inputReader().readLine()).contains("wrote 512/512");
    return () -> holder.destroyForcibly().onExit().join();
  }

  /** A guest that has taken its QEMU over can hold them: it reads the image. */
  @Test
  void locksOfOthersOnTheImageKeepNoVolumeFromGrowing() throws Exception {
    driver.cloneImage("vm1-root", image, null);
    try (var _ = holdingOpen(image)) {
      assertThat(driver.cloneImage("vm2-root", image, null).backing()).isEqualTo(image);
      for (String id : List.of("vm1-root", "vm2-root")) {
        assertThat(driver.resize(id, LARGE).size()).isEqualTo(LARGE);
      }
    }
    assertThat(driver.find("vm1-root").orElseThrow().backing()).isEqualTo(image);
  }

  @Test
  void aFullDiskLeavesNothingHalfMade() throws Exception {
    assumeTrue(root(), "only root can mount a small file system");
    Path small = Files.createDirectory(directory.resolve("small"));
    var mount =
        commands.run(
            Command.of("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small.toString()));
    assumeTrue(mount.ok(), () -> "this host does not let the test mount: " + mount.lastError());
    mounted = true;
    var full = new DirectoryDriver(small.resolve("volumes"), images, qemuImg);
    full.create("vm1-root", SMALL);
    byte[] rest = new byte[1 << 20];
    try (var out = Files.newOutputStream(small.resolve("filler"))) {
      out.write(rest);
    } catch (IOException expected) {
      assertThat(expected).hasMessageContaining("No space left");
    }

    assertProblem(Code.HOST_FAILURE, () -> full.create("vm2-root", LARGE));
    assertProblem(Code.HOST_FAILURE, () -> full.cloneImage("vm3-root", image, null));
    assertProblem(Code.HOST_FAILURE, full::check);

    try (var files = Files.list(small.resolve("volumes"))) {
      assertThat(files)
          .extracting(file -> file.getFileName().toString())
          .containsExactly("vm1-root.qcow2");
    }
    full.delete("vm1-root");
    assertThat(full.list()).isEmpty();
  }

  @Test
  void aDirectoryThatCannotBeUsedIsNamed() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    assertProblem(
        Code.HOST_FAILURE, () -> new DirectoryDriver(file.resolve("volumes"), images, qemuImg));
  }

  /** What the user of a VM can make of its own disk to have somebody else open another file. */
  private void disguise(Path volume, String... options) throws Exception {
    Path made = directory.resolve("made.qcow2");
    var argv = new ArrayList<>(List.of("qemu-img", "create", "-q", "-u", "-f", "qcow2"));
    argv.addAll(List.of(options));
    argv.addAll(List.of(made.toString(), Long.toString(SMALL.bytes())));
    var result = commands.run(Command.of(argv));
    assertThat(result.ok()).as(result.stderr()).isTrue();
    Files.write(volume, Files.readAllBytes(made));
  }

  private void assertRefused(String id) throws Exception {
    driver.create("vm9-root", SMALL);
    assertThat(driver.list()).extracting(StoredVolume::id).containsExactly("vm9-root");
    assertThat(driver.damaged()).containsExactly(id);
    assertProblem(Code.HOST_FAILURE, () -> driver.find(id));
    assertProblem(Code.HOST_FAILURE, () -> driver.resize(id, LARGE));
    driver.grant(id, null);
    driver.delete(id);
  }

  @Test
  void aVolumeWhoseContentIsInAnotherFileIsNotOpened() throws Exception {
    Path secret = Files.writeString(directory.resolve("secret"), "only root's");
    Path volume = driver.create("vm1-root", SMALL).path();
    disguise(volume, "-o", "data_file=" + directory.resolve("data"));
    byte[] bytes = Files.readAllBytes(volume);
    String name = new String(bytes, StandardCharsets.ISO_8859_1);
    String padded =
        (secret + "\0".repeat(100)).substring(0, directory.resolve("data").toString().length());
    Files.write(
        volume,
        name.replace(directory.resolve("data").toString(), padded)
            .getBytes(StandardCharsets.ISO_8859_1));

    assertRefused("vm1-root");
    assertThat(secret).hasContent("only root's");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/passwd",
        "nbd+unix:///x?socket=/run/root.sock",
        "json:{\"driver\":\"file\",\"filename\":\"/etc/passwd\"}",
        "base.qcow2",
        "IMAGES/../base.qcow2",
        "IMAGES/base.qcow2/x",
        "IMAGES/\u0001base.qcow2",
      })
  void aVolumeThatNamesAnotherFileBelowItIsNotOpened(String below) throws Exception {
    Path volume = driver.create("vm1-root", SMALL).path();
    disguise(volume, "-b", below.replace("IMAGES", images.toString()), "-F", "qcow2");
    assertRefused("vm1-root");
  }

  @Test
  void aVolumeThatHasItsImageReadByAnotherDriverIsNotOpened() throws Exception {
    Path volume = driver.create("vm1-root", SMALL).path();
    disguise(volume, "-b", image.toString(), "-F", "raw");
    assertRefused("vm1-root");
  }

  @Test
  void aNameThatIsNoPathHidesNoOtherVolume() throws Exception {
    Path volume = driver.create("vm1-root", SMALL).path();
    disguise(volume, "-b", "/some/where", "-F", "qcow2");
    String bytes = new String(Files.readAllBytes(volume), StandardCharsets.ISO_8859_1);
    Files.write(
        volume, bytes.replace("/some/where", "/some\0where").getBytes(StandardCharsets.ISO_8859_1));
    assertRefused("vm1-root");
  }

  @Test
  void aDiskGrowsAsTheUserThatHasIt() throws Exception {
    assumeTrue(root(), "only root can give files away");
    Path file = driver.cloneImage("vm1-root", image, null).path();
    for (Integer owner : Arrays.asList(70001, null)) {
      driver.grant("vm1-root", owner);
      ByteSize before = driver.find("vm1-root").orElseThrow().size();
      var larger = new ByteSize(2 * before.bytes());
      assertThat(driver.resize("vm1-root", larger).size()).isEqualTo(larger);
      assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(owner == null ? 0 : owner);
    }
    // As root the work would succeed.
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    driver.grant("vm1-root", 70001);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assertProblem(Code.HOST_FAILURE, () -> driver.resize("vm1-root", LARGE));
  }

  @Test
  void growingKeepsTheContent() throws Exception {
    Path file = driver.create("vm1-root", SMALL).path();
    qemuIo(file, "write -P 0x5a 1M 64k");
    driver.resize("vm1-root", LARGE);
    assertThat(qemuIo(file, "read -v -P 0x5a 1M 64k")).doesNotContain("verification failed");
    qemuImg.check(file, "qcow2");
    assertThat(driver.find("vm1-root").orElseThrow().allocated())
        .isGreaterThan(new ByteSize(65536));
  }

  private String qemuIo(Path file, String command) throws InterruptedException {
    var result = commands.run(Command.of("qemu-io", "-f", "qcow2", "-c", command, file.toString()));
    assertThat(result.ok()).as(result.stderr()).isTrue();
    return result.stdout();
  }
}
