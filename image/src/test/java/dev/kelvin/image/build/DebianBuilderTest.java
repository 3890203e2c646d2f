package dev.kelvin.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Programs;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.storage.QemuImg;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Builds that end before they have begun; the others are tests of the whole product. */
class DebianBuilderTest {
  private final Commands commands = new Commands();
  private final DebianBuilder builder =
      new DebianBuilder(commands, new QemuImg(commands, CellConfiner.ofHost()));
  @TempDir Path directory;
  private Path workDir;

  @BeforeEach
  void needTools() {
    workDir = directory.resolve("work");
    assumeTrue(Programs.find("mmdebstrap").isPresent(), "this host has no mmdebstrap");
  }

  private static BuildRecipe recipe(@Nullable String mirror, String... packages) {
    return new BuildRecipe("debian", "bookworm", ByteSize.ofGiB(2), List.of(packages), mirror);
  }

  private Problem failure(BuildRecipe recipe) {
    var problems = new ArrayList<Problem>();
    assertThatThrownBy(() -> builder.build(recipe, workDir, ProgressSink.none()))
        .isInstanceOfSatisfying(ProblemException.class, e -> problems.add(e.problem()));
    return problems.getFirst();
  }

  @Test
  void aMirrorThatCannotBeReachedIsNamed() {
    Problem problem = failure(recipe("http://127.0.0.1:9/debian"));
    assertThat(problem.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(problem.cause()).contains("127.0.0.1");
    assertThat(workDir).isEmptyDirectory();
  }

  @Test
  void anImpossibleRecipeStartsNothing() {
    assertThat(failure(recipe(null, "Not a package")).code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(workDir).doesNotExist();
  }

  @Test
  void whatACrashLeftIsRemovedFirst() throws Exception {
    Files.createDirectories(workDir.resolve("tree/usr/bin"));
    Files.writeString(workDir.resolve("disk.raw"), "half made");
    builder.discard(workDir);
    builder.discard(workDir);
    assertThat(workDir).isEmptyDirectory();
  }
}
