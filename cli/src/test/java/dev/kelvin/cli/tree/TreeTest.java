package dev.kelvin.cli.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.cli.tree.TarEntry.Kind;
import dev.kelvin.model.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Directories on their way into guests, and what guests send as one. */
class TreeTest {
  @TempDir Path directory;

  private final List<String> leftOut = new ArrayList<>();

  /** An archive, entry by entry. */
  private static final class Archive {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Archive() {
      with(new TarEntry("./", Kind.DIRECTORY, 0755, 0, ""), "");
    }

    Archive with(TarEntry entry, String content) {
      bytes.writeBytes(TarHeader.of(entry, Instant.EPOCH));
      byte[] data = content.getBytes(StandardCharsets.UTF_8);
      bytes.writeBytes(data);
      bytes.writeBytes(new byte[TarHeader.padding(data.length)]);
      return this;
    }

    Archive file(String name, String content) {
      return with(new TarEntry(name, Kind.FILE, 0644, content.length(), ""), content);
    }

    Archive link(String name, String target) {
      return with(new TarEntry(name, Kind.LINK, 0777, 0, target), "");
    }

    InputStream end() {
      bytes.writeBytes(new byte[1024]);
      return new ByteArrayInputStream(bytes.toByteArray());
    }
  }

  private void unpack(InputStream archive) throws IOException {
    new UnpackedTree(leftOut::add).unpack(archive, Path.of("/srv/copy"), directory);
  }

  private List<String> found(Path where) throws IOException {
    try (Stream<Path> all = Files.walk(where)) {
      return all.map(file -> where.relativize(file).toString()).sorted().toList();
    }
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(
        Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS));
  }

  private static void run(Path where, String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).directory(where.toFile()).inheritIO().start();
    assertThat(process.waitFor()).isZero();
  }

  private Path tree() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree"));
    Path deep = Files.createDirectories(tree.resolve("d".repeat(70) + "/" + "e".repeat(70)));
    Files.writeString(deep.resolve("f".repeat(70)), "deep");
    Files.writeString(tree.resolve("run"), "x".repeat(1000));
    Files.setPosixFilePermissions(
        tree.resolve("run"), PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.writeString(tree.resolve("ä"), "");
    Files.createSymbolicLink(tree.resolve("link"), Path.of("run"));
    Files.createSymbolicLink(deep.resolve("up"), Path.of("../../run"));
    return tree;
  }

  @ParameterizedTest
  @ValueSource(strings = {"tar", "busybox tar"})
  void otherProgramsUnpackWhatIsPacked(String program) throws Exception {
    Assumptions.assumeTrue(
        program.equals("tar") || Files.exists(Path.of("/bin/busybox")), "busybox is missing");
    Path tree = tree();
    run(tree, "mkfifo", "pipe");
    Path archive = directory.resolve("a.tar");
    try (var packed = new PackedTree(tree, leftOut::add)) {
      Files.copy(packed, archive);
    }
    assertThat(leftOut).singleElement().asString().contains("pipe");
    Files.delete(tree.resolve("pipe"));
    Path other = Files.createDirectories(directory.resolve("other"));
    var command = new ArrayList<>(List.of(program.split(" ", -1)));
    command.addAll(List.of("-x", "-p", "-f", archive.toString()));
    run(other, command.toArray(String[]::new));
    assertThat(found(other)).isEqualTo(found(tree));
    assertThat(other.resolve("run")).hasContent("x".repeat(1000));
    assertThat(mode(other.resolve("run"))).isEqualTo("rwxr-xr-x");
    assertThat(other.resolve("link")).isSymbolicLink();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tar --format=gnu", "tar --format=pax", "tar --format=ustar", "busybox tar"})
  void whatOtherProgramsPackIsUnpacked(String program) throws Exception {
    Assumptions.assumeTrue(
        program.startsWith("tar") || Files.exists(Path.of("/bin/busybox")), "busybox is missing");
    Path tree = tree();
    Files.createLink(tree.resolve("same"), tree.resolve("run"));
    Path archive = directory.resolve("a.tar");
    var command = new ArrayList<>(List.of(program.split(" ", -1)));
    command.addAll(List.of("-c", "-f", archive.toString(), "-C", tree.toString(), "."));
    run(directory, command.toArray(String[]::new));
    try (InputStream in = Files.newInputStream(archive)) {
      unpack(in);
    }
    Path copy = directory.resolve("copy");
    assertThat(found(copy)).isEqualTo(found(tree));
    assertThat(copy.resolve("run")).hasContent("x".repeat(1000));
    assertThat(mode(copy.resolve("run"))).isEqualTo("rwxr-xr-x");
    assertThat(Files.isSameFile(copy.resolve("same"), copy.resolve("run"))).isTrue();
    assertThat(copy.resolve("link")).hasContent("x".repeat(1000));
    assertThat(leftOut).isEmpty();
  }

  @Test
  void aSingleFileIsOne() throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(TarHeader.of(new TarEntry("./f", Kind.FILE, 0644, 2, ""), Instant.EPOCH));
    bytes.writeBytes("hi".getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes(new byte[510 + 1024]);
    unpack(new ByteArrayInputStream(bytes.toByteArray()));
    assertThat(directory.resolve("copy")).hasContent("hi");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "/tmp/x", "a/../../x", "..", "a/.."})
  void namesThatLeadOutAreRefused(String name) {
    assertThatThrownBy(() -> unpack(new Archive().file(name, "x").end()))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("is not copied");
    assertThat(directory.resolve("x")).doesNotExist();
    assertThat(Path.of("/tmp/x")).doesNotExist();
  }

  /** Neither one of the archive nor one that was there before. */
  @Test
  void noLinkIsFollowedToAFile() throws IOException {
    Path outside = Files.createDirectories(directory.resolve("outside"));
    unpack(new Archive().link("./a", "b").link("./b", "../outside").end());
    assertThat(leftOut).singleElement().asString().contains("./b", "leads out");
    leftOut.clear();
    Files.createSymbolicLink(directory.resolve("copy/out"), outside);
    assertThatThrownBy(() -> unpack(new Archive().file("./out/x", "x").end()))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("in the way");
    assertThat(outside).isEmptyDirectory();
    // A file takes the place of the link, and not of what it leads to.
    Path kept = Files.writeString(outside.resolve("kept"), "kept");
    Files.createSymbolicLink(directory.resolve("copy/f"), kept);
    unpack(new Archive().file("./f", "new").end());
    assertThat(kept).hasContent("kept");
    assertThat(directory.resolve("copy/f")).hasContent("new").isRegularFile();
  }

  /** Links come last, so that the file was written to a directory, wherever the link leads. */
  @Test
  void whatIsALinkAndADirectoryIsRefused() {
    assertThatThrownBy(() -> unpack(new Archive().link("./d", ".").file("./d/x", "x").end()))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("in the way");
    assertThat(directory.resolve("copy/d/x")).hasContent("x");
    assertThat(directory.resolve("copy/x")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "0, a, true",
    "0, a/b, true",
    "0, ., true",
    "1, ../a, true",
    "2, ../.././a, true",
    "0, ../a, false",
    "1, ../../a, false",
    "1, /etc, false",
    "1, '', false",
    "3, a/../b, false",
    "3, ../a/../b, false",
  })
  void linksMayLeadToWhatIsWithin(int depth, String target, boolean taken) {
    assertThat(UnpackedTree.leadsWithin(depth, target)).isEqualTo(taken);
  }

  @Test
  void devicesPipesAndStrangeLinksAreLeftOut() throws IOException {
    unpack(
        new Archive()
            .with(new TarEntry("./dev", Kind.DEVICE, 0666, 0, ""), "")
            .with(new TarEntry("./pipe", Kind.PIPE, 0666, 0, ""), "")
            .with(new TarEntry("./holes", Kind.UNKNOWN, 0666, 0, ""), "")
            .with(new TarEntry("./passwd", Kind.HARD_LINK, 0666, 0, "etc/passwd"), "")
            .link("./abs\u001b[31m", "/etc/passwd")
            .with(new TarEntry("./suid", Kind.FILE, 06777, 0, ""), "")
            .end());
    assertThat(leftOut).hasSize(5).noneMatch(one -> one.contains("\u001b"));
    assertThat(found(directory.resolve("copy"))).containsExactly("", "suid");
    assertThat(Files.getAttribute(directory.resolve("copy/suid"), "unix:mode")).isEqualTo(0100755);
  }

  @Test
  void anArchiveThatIsCutOffOrNoneIsAFault() throws IOException {
    byte[] whole = new Archive().file("./f", "hello").end().readAllBytes();
    Path old = Files.createDirectories(directory.resolve("copy"));
    Files.writeString(old.resolve("f"), "old");
    assertThatThrownBy(() -> unpack(new ByteArrayInputStream(whole, 0, 1026)))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("ends in the middle");
    assertThat(found(old)).containsExactly("", "f");
    assertThat(old.resolve("f")).hasContent("old");
    assertThatThrownBy(() -> unpack(new ByteArrayInputStream(new byte[512 * 2 + 7])))
        .isInstanceOf(ProblemException.class);
    byte[] noise = "no archive at all ".repeat(100).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> unpack(new ByteArrayInputStream(noise)))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("no archive of tar");
  }

  @Test
  void largeFilesHaveTheirSizeInBinary() throws IOException {
    long size = 20L << 30;
    byte[] header = TarHeader.of(new TarEntry("./big", Kind.FILE, 0600, size, ""), Instant.EPOCH);
    var entry = new TarReader(new ByteArrayInputStream(header)).next();
    assertThat(entry).isEqualTo(new TarEntry("./big", Kind.FILE, 0600, size, ""));
  }

  /** Their content in the archive is a map of the holes and what is between them. */
  @Test
  void filesWithHolesAreLeftOutInEachForm() throws Exception {
    Path tree = Files.createDirectories(directory.resolve("tree"));
    run(tree, "truncate", "-s", "8M", "holes");
    Files.writeString(tree.resolve("whole"), "content");
    run(directory, "tar", "-c", "--sparse", "--format=posix", "-f", "a.tar", "-C", "tree", ".");
    Path target = Files.createDirectories(directory.resolve("target"));
    try (var archive = Files.newInputStream(directory.resolve("a.tar"))) {
      new UnpackedTree(leftOut::add).unpack(archive, Path.of("/srv/copy"), target);
    }
    assertThat(leftOut).singleElement().asString().contains("holes");
    assertThat(target.resolve("copy/whole")).hasContent("content");
    assertThat(target.resolve("copy/holes")).doesNotExist();
  }

  /** Two such names would become one. */
  @Test
  void aNameThatIsNotUtf8IsLeftOut() throws Exception {
    Path tree = Files.createDirectories(directory.resolve("tree"));
    run(tree, "sh", "-c", "printf x > \"$(printf 'a\\350')\"; ln -s \"$(printf 'b\\351')\" link");
    Files.writeString(tree.resolve("good"), "content");
    try (var packed = new PackedTree(tree, leftOut::add)) {
      packed.transferTo(OutputStream.nullOutputStream());
    }
    assertThat(leftOut).hasSize(2).allSatisfy(what -> assertThat(what).contains("not UTF-8"));
  }
}
