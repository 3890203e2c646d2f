package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Programs;
import dev.kelvin.image.build.DebianBuilder;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.qemu.testkit.Share;
import dev.kelvin.storage.QemuImg;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Builds of Debian that fail in the middle. They wait for a mirror most of the time, which other
 * tests here use.
 */
@Tag("slow")
class FailedBuildsTest {
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

  private static BuildRecipe recipe(String... packages) {
    return new BuildRecipe("debian", "bookworm", ByteSize.ofGiB(2), List.of(packages), null);
  }

  private Problem failure(BuildRecipe recipe) {
    var problems = new ArrayList<Problem>();
    assertThatThrownBy(() -> builder.build(recipe, workDir, ProgressSink.none()))
        .isInstanceOfSatisfying(ProblemException.class, e -> problems.add(e.problem()));
    return problems.getFirst();
  }

  /** Each takes a minute or more: one in three for a commit. */
  static List<Failure> failures() throws IOException, InterruptedException {
    return Share.of(List.of(Failure.values()), Failure.values().length);
  }

  enum Failure {
    NO_SUCH_PACKAGE,
    INTERRUPTED,
    NO_ROOM
  }

  @ParameterizedTest
  @MethodSource("failures")
  void isToldAndLeavesNothing(Failure failure) throws Exception {
    switch (failure) {
      case NO_SUCH_PACKAGE -> aPackageThatIsNotThereIsNamed();
      case INTERRUPTED -> anInterruptedBuildLeavesNothing();
      case NO_ROOM -> packagesThatDoNotFitAreRefusedWithTheRemedy();
    }
  }

  private void aPackageThatIsNotThereIsNamed() {
    Problem problem = failure(recipe("no-such-package"));
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.object()).isEqualTo("no-such-package");
    assertThat(workDir).isEmptyDirectory();
  }

  private void anInterruptedBuildLeavesNothing() throws Exception {
    Thread self = Thread.currentThread();
    assertThatThrownBy(() ->
            builder.build(
                recipe(),
                workDir,
                progress -> {
                  if (progress.done() >= 20) {
                    self.interrupt();
                  }
                }))
        .isInstanceOf(InterruptedException.class);
    // The exception ends the interruption, as everywhere in Java.
    Thread.interrupted();
    assertThat(workDir).isEmptyDirectory();
    assertThat(commands.run(Commands.Command.of("ps", "-eo", "args")).stdout())
        .doesNotContain(workDir.toString());
  }

  private void packagesThatDoNotFitAreRefusedWithTheRemedy() {
    // The root of 1 GiB has no room for the kernel with all drivers and a compiler.
    var recipe =
        new BuildRecipe(
            "debian",
            "bookworm",
            ByteSize.ofGiB(1),
            List.of("linux-image-amd64", "gcc", "g++", "python3-dev"),
            null);
    Problem problem = failure(recipe);
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.field()).isEqualTo("build.size");
    assertThat(problem.remedy()).contains("larger");
    assertThat(workDir).isEmptyDirectory();
  }
}
