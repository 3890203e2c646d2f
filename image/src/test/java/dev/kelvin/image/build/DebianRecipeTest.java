package dev.kelvin.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Problem.Violation;
import dev.kelvin.model.ProblemException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DebianRecipeTest {
  private static BuildRecipe recipe(
      String distribution, String suite, long mib, @Nullable String mirror, String... packages) {
    return new BuildRecipe(distribution, suite, ByteSize.ofMiB(mib), List.of(packages), mirror);
  }

  @Test
  void everyFaultIsNamedAtOnce() {
    var thrown =
        catchThrowableOfType(
            ProblemException.class,
            () ->
                DebianRecipe.of(
                    recipe("gentoo", "sarge", 5, "ftp://x y", "nginx", "--option", "a;b", "../x")));
    Problem problem = thrown.problem();
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.violations())
        .extracting(Violation::field)
        .containsExactly(
            "build.distribution",
            "build.suite",
            "build.size",
            "build.packages[1]",
            "build.packages[2]",
            "build.packages[3]",
            "build.mirror");
  }

  @Test
  void sizesAreWholeMebibytes() {
    var odd = new BuildRecipe("debian", "bookworm", new ByteSize((2L << 30) + 1), List.of(), null);
    assertThat(DebianRecipe.of(odd).size()).isEqualTo(ByteSize.ofMiB(2049));
  }

  @Test
  void anotherKernelReplacesTheSmallOne() {
    assertThat(DebianRecipe.of(recipe("debian", "bookworm", 2048, null)).packages())
        .contains("linux-image-cloud-amd64", "cloud-init", "qemu-guest-agent")
        .isSorted();
    assertThat(
            DebianRecipe.of(recipe("debian", "bookworm", 2048, null, "linux-image-amd64", "nano"))
                .packages())
        .contains("linux-image-amd64")
        .doesNotContain("linux-image-cloud-amd64")
        .doesNotHaveDuplicates();
  }

  @Test
  void sourcesOfTheHostAreUsedWhenTheyAreDebians() {
    String targets =
        """
        http://mirror.example/debian/ bookworm main Debian
        http://mirror.example/debian/ bookworm contrib Debian
        http://mirror.example/debian/ bookworm-updates main Debian
        http://mirror.example/debian-security/ bookworm-security main Debian
        http://mirror.example/debian/ bookworm-backports main Debian
        https://packages.example/php/ bookworm main deb.sury.org
        https://download.example/linux/debian/ bookworm stable Docker
        """;
    assertThat(AptSources.ofTargets("bookworm", targets))
        .containsExactly(
            "deb http://mirror.example/debian bookworm main",
            "deb http://mirror.example/debian bookworm-updates main",
            "deb http://mirror.example/debian-security bookworm-security main");
    assertThat(AptSources.ofTargets("trixie", targets)).isEmpty();
  }

  @Test
  void sourcesWhoseListsWereNeverFetchedAreKnownByTheirAddress() {
    String targets =
        """
        http://a.example/debian/ bookworm main $(ORIGIN)
        http://a.example/apt/ bookworm main $(ORIGIN)
        """;
    assertThat(AptSources.ofTargets("bookworm", targets))
        .containsExactly("deb http://a.example/debian bookworm main");
  }

  @Test
  void aMirrorHasItsSecurityArchiveBesideIt() {
    assertThat(AptSources.ofMirror("bookworm", "http://m.example/debian/"))
        .contains("deb http://m.example/debian-security bookworm-security main");
    assertThat(AptSources.ofMirror("bookworm", "http://m.example/mirror"))
        .contains("deb http://deb.debian.org/debian-security bookworm-security main");
  }

  @Test
  void proxiesOfTheHostAreUsed() {
    String dump =
        """
        APT::Architecture "amd64";
        Acquire::http::Proxy "http://proxy.example:3128";
        Acquire::https::Proxy::deb.example "DIRECT";
        Acquire::http::Pipeline-Depth "5";
        Acquire::Check-Valid-Until "false";
        Dir::Etc "/etc/apt";
        """;
    assertThat(AptSources.options(dump))
        .containsExactly(
            "Acquire::http::Proxy \"http://proxy.example:3128\"",
            "Acquire::https::Proxy::deb.example \"DIRECT\"",
            "Acquire::Check-Valid-Until \"false\"");
  }

  private static Problem explain(String stderr) {
    return Bootstrap.explain(
            DebianRecipe.of(recipe("debian", "bookworm", 2048, null, "nginxx")),
            new Result(1, "", stderr))
        .problem();
  }

  @Test
  void failuresTeach() {
    Problem absent = explain("I: x\nE: Unable to locate package nginxx\nE: setup failed: E: apt");
    assertThat(absent.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(absent.object()).isEqualTo("nginxx");

    Problem mirror =
        explain(
            "Err:1 http://m bookworm InRelease\nE: Failed to fetch http://m/x  Could not connect");
    assertThat(mirror.code()).isEqualTo(Code.UNAVAILABLE);

    Problem user = explain("E: no entry in /etc/subuid for eva");
    assertThat(user.code()).isEqualTo(Code.CAPABILITY_MISSING);
    assertThat(user.remedy()).contains("--add-subuids");

    Problem other = explain("E: something else");
    assertThat(other.code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(other.cause()).isEqualTo("E: something else");
  }
}
