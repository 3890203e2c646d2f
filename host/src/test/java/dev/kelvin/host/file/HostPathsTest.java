package dev.kelvin.host.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths that documents name lead nowhere out of the allowed roots, whatever links do meanwhile. */
class HostPathsTest {
  @TempDir private Path temporary;
  private Path root = Path.of("");
  private Path secret = Path.of("");

  @BeforeEach
  void files() throws IOException {
    Path top = temporary.toRealPath();
    root = Files.createDirectories(top.resolve("root"));
    Files.createDirectories(root.resolve("a/b"));
    Files.writeString(root.resolve("a/b/kernel"), "open");
    secret = Files.createDirectories(top.resolve("outside")).resolve("kernel");
    Files.writeString(secret, "secret");
  }

  private static String content(HostPaths paths, Path path) throws IOException {
    try (Pinned file = paths.hold(path.toString(), "spec.boot.kernel");
        InputStream in = Channels.newInputStream(file.read())) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Problem refusal(HostPaths paths, Path path) {
    var thrown =
        catchThrowableOfType(ProblemException.class, () -> paths.hold(path.toString(), "spec.x"));
    assertThat(thrown).as(path.toString()).isNotNull();
    assertThat(thrown.problem().code()).isEqualTo(Code.FORBIDDEN);
    assertThat(thrown.problem().field()).isEqualTo("spec.x");
    return thrown.problem();
  }

  private HostPaths limited(boolean byKernel) {
    return HostPaths.beneath(List.of(root), byKernel);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsBeneathARootIsHeld(boolean byKernel) throws IOException {
    assertThat(content(limited(byKernel), root.resolve("a/b/kernel"))).isEqualTo("open");
    try (Pinned held = limited(byKernel).hold(root.toString(), "spec.x")) {
      assertThat(held.kind()).isEqualTo(Pinned.Kind.DIRECTORY);
      assertThat(held.place()).isEqualTo(root);
    }
  }

  @Test
  void withoutAListEveryPathIsAllowed() throws IOException {
    Files.createSymbolicLink(root.resolve("link"), secret);
    assertThat(HostPaths.any().areLimited()).isFalse();
    assertThat(content(HostPaths.any(), root.resolve("link"))).isEqualTo("secret");
  }

  @Test
  void anEmptyListAllowsNone() {
    var none = HostPaths.beneath(List.of());
    assertThat(none.areLimited()).isTrue();
    assertThat(refusal(none, root).cause()).isEqualTo("no path of the host is allowed");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRefusalDoesNotTellWhetherThereIsSomething(boolean byKernel) throws IOException {
    Path absent = secret.resolveSibling("absent");
    Problem there = refusal(limited(byKernel), secret);
    Problem notThere = refusal(limited(byKernel), absent);
    assertThat(there.oneLine().replace(secret.toString(), "X"))
        .isEqualTo(notThere.oneLine().replace(absent.toString(), "X"));
    assertThat(there.cause()).contains(root.toString());
    assertThat(there.remedy())
        .contains("hostPaths: {roots: [" + root + ", " + secret + "]}")
        .contains("kelvin.yaml");

    Path link = Files.createSymbolicLink(root.resolve("there"), secret);
    Path dangling = Files.createSymbolicLink(root.resolve("absent"), absent);
    assertThat(refusal(limited(byKernel), link).oneLine().replace(link.toString(), "X"))
        .isEqualTo(
            refusal(limited(byKernel), dangling).oneLine().replace(dangling.toString(), "X"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nothingLeadsOut(boolean byKernel) throws IOException {
    HostPaths paths = limited(byKernel);
    Files.createSymbolicLink(root.resolve("absolute"), secret.getParent());
    Files.createSymbolicLink(root.resolve("relative"), Path.of("../outside"));
    Files.createSymbolicLink(root.resolve("a/deep"), Path.of("b/../../../outside/kernel"));
    Files.createSymbolicLink(root.resolve("circle"), Path.of("circle"));
    refusal(paths, root.resolve("absolute/kernel"));
    refusal(paths, root.resolve("relative/kernel"));
    refusal(paths, root.resolve("a/deep"));
    refusal(paths, root.resolve("circle"));
    refusal(paths, root.resolve("../outside/kernel"));
    refusal(paths, root.resolve("a/../a/b/kernel"));
    refusal(paths, Path.of("root"));
    // Its name begins like the root's.
    refusal(paths, Path.of(root + "2"));
  }

  @Test
  void magicLinksOfProcLeadNowhere() {
    var proc = HostPaths.beneath(List.of(Path.of("/proc")));
    refusal(proc, Path.of("/proc/self/root/etc/passwd"));
  }

  @Test
  void linksThatStayBeneathAreFollowedByTheKernelOnly() throws IOException {
    Path link = Files.createSymbolicLink(root.resolve("a/current"), Path.of("../a/b/kernel"));
    assertThat(content(limited(true), link)).isEqualTo("open");
    refusal(limited(false), link);
  }

  @Test
  void aWiderRootCounts() throws IOException {
    Path link = Files.createSymbolicLink(root.resolve("a/up"), Path.of("../top"));
    Files.writeString(root.resolve("top"), "above");
    refusal(HostPaths.beneath(List.of(root.resolve("a"))), link);
    assertThat(content(HostPaths.beneath(List.of(root.resolve("a"), root)), link))
        .isEqualTo("above");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRootMayBeALinkOrAFile(boolean byKernel) throws IOException {
    Path link = Files.createSymbolicLink(root.resolveSibling("link"), root);
    Path file = root.resolve("a/b/kernel");
    var paths = HostPaths.beneath(List.of(link, secret), byKernel);
    assertThat(content(paths, link.resolve("a/b/kernel"))).isEqualTo("open");
    assertThat(content(paths, secret)).isEqualTo("secret");
    refusal(paths, file);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsGoneIsToldAsSuch(boolean byKernel) {
    assertThatExceptionOfType(NoSuchFileException.class)
        .isThrownBy(() -> limited(byKernel).hold(root.resolve("a/none").toString(), "spec.x"));
    Path gone = root.resolveSibling("gone");
    assertThatExceptionOfType(NoSuchFileException.class)
        .isThrownBy(() ->
            HostPaths.beneath(List.of(gone), byKernel).hold(gone.resolve("a").toString(), "spec.x"))
        .withMessageContaining(gone.toString());
  }

  @Test
  void whatIsHeldStaysWhatItWasWhenItsDirectoryIsSwapped() throws IOException {
    try (Pinned held = limited(true).hold(root.resolve("a/b/kernel").toString(), "spec.x")) {
      Files.move(root.resolve("a/b"), root.resolve("a/c"));
      Files.createSymbolicLink(root.resolve("a/b"), secret.getParent());
      Path copy = root.resolve("copy");
      held.copyTo(copy);
      assertThat(copy).hasContent("open");
    }
    refusal(limited(true), root.resolve("a/b/kernel"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whoeverSwapsALinkInAllTheTimeGainsNothing(boolean byKernel) throws Exception {
    Path name = root.resolve("a/b");
    Path aside = root.resolve("a/aside");
    Path link = Files.createSymbolicLink(root.resolve("a/link"), secret.getParent());
    var done = new AtomicBoolean();
    Thread swapper =
        Thread.ofPlatform()
            .start(() -> {
              try {
                while (!done.get()) {
                  Files.move(name, aside);
                  Files.move(link, name);
                  Files.move(name, link);
                  Files.move(aside, name, StandardCopyOption.ATOMIC_MOVE);
                }
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    try {
      assertTimeoutPreemptively(
          Duration.ofSeconds(60),
          () -> {
            int opened = 0;
            for (int i = 0; i < 20_000 && (i < 2_000 || opened == 0); i++) {
              opened += attempt(limited(byKernel), name.resolve("kernel")) ? 1 : 0;
            }
            assertThat(opened).isPositive();
          });
    } finally {
      done.set(true);
      swapper.join();
    }
  }

  /** Whether it could be opened. */
  private static boolean attempt(HostPaths paths, Path path) throws IOException {
    try {
      assertThat(content(paths, path)).isEqualTo("open");
      return true;
    } catch (ProblemException e) {
      assertThat(e.problem().code()).isEqualTo(Code.FORBIDDEN);
      return false;
    } catch (NoSuchFileException e) {
      assertThat(e.getMessage()).doesNotContain("secret");
      return false;
    }
  }

  @Test
  void whatIsNoRegularFileIsNotRead() throws IOException {
    try (Pinned directory = limited(true).hold(root.toString(), "spec.x")) {
      assertThatExceptionOfType(HostileFileException.class).isThrownBy(directory::read);
      assertThatExceptionOfType(HostileFileException.class)
          .isThrownBy(() -> directory.copyTo(root.resolve("copy")));
    }
  }

  @Test
  void anotherProcesssViewIsLookedAtWithoutLinks() throws IOException {
    long own = ProcessHandle.current().pid();
    try (Pinned seen = HostPaths.seenBy(own, root.resolve("a/b"))) {
      assertThat(seen.key()).isEqualTo(Pinned.key(root.resolve("a/b")));
    }
    Files.createSymbolicLink(root.resolve("l"), Path.of("a"));
    assertThatExceptionOfType(HostileFileException.class)
        .isThrownBy(() -> HostPaths.seenBy(own, root.resolve("l/b")));
  }
}
