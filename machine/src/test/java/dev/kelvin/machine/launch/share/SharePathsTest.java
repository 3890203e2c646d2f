package dev.kelvin.machine.launch.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.host.file.HostPaths;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Share;
import dev.kelvin.model.spec.ShareCache;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which directories guests may be given, links followed. */
class SharePathsTest {
  @TempDir private Path directory;
  private Layout layout;

  @BeforeEach
  void prepare() throws IOException {
    Path own = directory.resolve("kelvin");
    layout = new Layout(own, own.resolve("etc"), own.resolve("var"), own.resolve("run"));
    for (String name : List.of("kelvin/etc", "kelvin/var/vms/a", "user/work", "kelvin-too")) {
      Files.createDirectories(directory.resolve(name));
    }
    Files.createFile(directory.resolve("user/file"));
    Files.createSymbolicLink(directory.resolve("user/to-keys"), directory.resolve("kelvin/etc"));
    Files.createSymbolicLink(directory.resolve("user/to-work"), directory.resolve("user/work"));
  }

  private SharePaths paths() {
    return new SharePaths(layout, HostPaths.any());
  }

  private Problem refusal(String name) {
    String path = directory.resolve(name).toString();
    ProblemException refused =
        catchThrowableOfType(ProblemException.class, () -> paths().hold(path, "spec.x").close());
    assertThat(refused).as("%s is refused", name).isNotNull();
    assertThat(refused.problem().code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.problem().field()).isEqualTo("spec.x");
    return refused.problem();
  }

  /** Also one whose name only begins as that of Kelvin's own. */
  @ParameterizedTest
  @ValueSource(strings = {"user", "user/work", "user/to-work", "user/../user/work", "kelvin-too"})
  void directoriesOfOthersAreGiven(String name) {
    String path = directory.resolve(name).toString();
    assertThatCode(() -> paths().hold(path, "spec.x").close()).doesNotThrowAnyException();
  }

  /** In one of them, one itself, above one, and by a link or dots. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "kelvin/etc",
        "kelvin/var/vms/a",
        "kelvin",
        ".",
        "user/to-keys",
        "user/../kelvin/var/vms"
      })
  void kelvinsOwnAreNot(String name) {
    assertThat(refusal(name).cause()).startsWith("Kelvin keeps its own files in ");
  }

  @Test
  void whatIsNoDirectoryIsNot() {
    assertThat(refusal("user/file").detail()).endsWith("is no directory");
    assertThat(refusal("user/none").remedy()).startsWith("make it on the host");
  }

  /** Links are made from what a directory is called to where it is. */
  @Test
  void ownDirectoriesMayThemselvesBeLinks() throws IOException {
    Path elsewhere = Files.createDirectories(directory.resolve("disk/kelvin"));
    Files.createSymbolicLink(directory.resolve("kelvin/run"), elsewhere);
    assertThat(refusal("disk/kelvin").cause()).endsWith(layout.runtime().toString());
    assertThat(refusal("disk").cause()).endsWith(layout.runtime().toString());
  }

  @Test
  void eachShareIsLookedAtAndNamed() {
    VmSpec spec =
        VmSpec.defaults().toBuilder()
            .shares(List.of(share("a", "user/work"), share("b", "kelvin/var")))
            .build();
    ProblemException refused =
        catchThrowableOfType(ProblemException.class, () -> paths().check(spec));
    assertThat(refused.problem().field()).isEqualTo("spec.shares[1].path");
  }

  private Share share(String name, String path) {
    return new Share(name, directory.resolve(path).toString(), null, false, ShareCache.AUTO);
  }
}
