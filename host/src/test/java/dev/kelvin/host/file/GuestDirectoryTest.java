package dev.kelvin.host.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A directory in which somebody has put whatever may do harm. */
@Timeout(30)
class GuestDirectoryTest {
  private static final int LIMIT = 64 << 10;

  @TempDir Path directory;

  private Path hostile;
  private Path outside;

  @BeforeEach
  void make() throws IOException {
    hostile = Files.createDirectory(directory.resolve("hostile"));
    outside = Files.createDirectory(directory.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "secret");
    Files.setPosixFilePermissions(outside, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void pipe(String name) throws Exception {
    Process made = new ProcessBuilder("mkfifo", hostile.resolve(name).toString()).start();
    assertThat(made.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(made.exitValue()).isZero();
  }

  private void refused(String name, String why) throws IOException {
    try (var in = GuestDirectory.open(hostile)) {
      assertThatThrownBy(() -> in.read(name, LIMIT))
          .isInstanceOf(HostileFileException.class)
          .hasMessageContaining(why);
    }
  }

  @Test
  void readsARegularFile() throws Exception {
    Files.writeString(hostile.resolve("key"), "abc");
    try (var in = GuestDirectory.open(hostile)) {
      assertThat(in.read("key", LIMIT)).isEqualTo("abc".getBytes(UTF_8));
      assertThatThrownBy(() -> in.read("none", LIMIT)).isInstanceOf(NoSuchFileException.class);
    }
  }

  @Test
  void refusesAllElseAndWaitsForNothing() throws Exception {
    pipe("pipe");
    refused("pipe", "is a pipe and not a regular file");
    Files.createSymbolicLink(hostile.resolve("link"), outside.resolve("secret"));
    refused("link", "is a symbolic link");
    Files.createLink(hostile.resolve("hard"), outside.resolve("secret"));
    refused("hard", "has 2 names");
    Files.createDirectory(hostile.resolve("directory"));
    refused("directory", "is a directory");
    try (var giant = new RandomAccessFile(hostile.resolve("giant").toFile(), "rw")) {
      giant.setLength(1L << 30);
    }
    refused("giant", "more than " + LIMIT);
    try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(hostile.resolve("socket")));
      refused("socket", "is a socket");
    }
  }

  @Test
  void aDirectoryThatIsALinkIsNotOpenedAndItsTargetKeepsItsMode() throws Exception {
    Files.createSymbolicLink(hostile.resolve("tpm"), outside);
    try (var in = GuestDirectory.open(hostile)) {
      assertThatThrownBy(() -> in.makeDirectory("tpm", -1))
          .isInstanceOf(HostileFileException.class);
    }
    assertThatThrownBy(() -> GuestDirectory.open(hostile.resolve("tpm")))
        .isInstanceOf(HostileFileException.class);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(outside)))
        .isEqualTo("rwxr-xr-x");
  }

  @Test
  void makesDirectoriesForTheirUserAlone() throws Exception {
    Files.setPosixFilePermissions(hostile, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (var made = GuestDirectory.make(hostile, -1);
        var inner = made.makeDirectory("tpm", -1)) {
      assertThat(inner.has("x")).isFalse();
    }
    for (Path one : new Path[] {hostile, hostile.resolve("tpm")}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void aFinishedFileTakesThePlaceOfWhateverIsThere() throws Exception {
    Files.createSymbolicLink(hostile.resolve("link"), outside.resolve("secret"));
    Files.createDirectories(hostile.resolve("directory/more"));
    pipe("pipe");
    try (var in = GuestDirectory.open(hostile)) {
      for (String name : new String[] {"link", "directory", "pipe", "none"}) {
        Path finished = Files.writeString(directory.resolve("finished"), "new");
        in.take(finished, name);
        assertThat(in.read(name, LIMIT)).isEqualTo("new".getBytes(UTF_8));
      }
    }
    assertThat(outside.resolve("secret")).hasContent("secret");
  }

  @Test
  void removesATreeAndNothingThatLinksLeadTo() throws Exception {
    Files.createSymbolicLink(hostile.resolve("link"), outside);
    Files.createDirectories(hostile.resolve("a/b"));
    Files.createSymbolicLink(hostile.resolve("a/b/link"), outside);
    pipe("a/b/pipe");
    GuestDirectory.deleteAll(hostile);
    assertThat(hostile).doesNotExist();
    assertThat(outside.resolve("secret")).hasContent("secret");
    GuestDirectory.deleteAll(hostile);
    GuestDirectory.deleteAll(hostile.resolve("never/was"));
  }

  @Test
  void removesATreeOfAnyDepth() throws Exception {
    // Deeper than a path may be long.
    Process made =
        new ProcessBuilder(
                "sh",
                "-c",
                "d=d; while [ ${#d} -lt 200 ]; do d=d$d; done; i=0;"
                    + " while [ $i -lt 200 ]; do mkdir $d && cd $d || exit 1; i=$((i+1)); done")
            .directory(hostile.toFile())
            .start();
    assertThat(made.waitFor(20, TimeUnit.SECONDS)).isTrue();
    GuestDirectory.deleteAll(hostile);
    assertThat(hostile).doesNotExist();
  }

  @Test
  void directoriesThatAreSwappedForLinksMeanwhileLeadNowhere() throws Exception {
    var done = new AtomicBoolean();
    Thread swapper =
        Thread.ofPlatform()
            .start(() -> {
              Path real = hostile.resolve("a");
              while (!done.get()) {
                try {
                  Files.createDirectory(real);
                  Files.writeString(real.resolve("secret"), "x");
                  Files.move(real, hostile.resolve("b"));
                  Files.createSymbolicLink(real, outside);
                } catch (IOException e) {
                  Thread.onSpinWait(); // it was removed at that moment
                }
              }
            });
    try {
      for (int i = 0; i < 300; i++) {
        try (var in = GuestDirectory.open(hostile)) {
          in.delete("a");
          in.delete("b");
        } catch (IOException e) {
          Thread.onSpinWait(); // something new came in between
        }
      }
    } finally {
      done.set(true);
      swapper.join();
    }
    assertThat(outside.resolve("secret")).hasContent("secret");
  }
}
