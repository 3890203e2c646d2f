package dev.kelvin.host.cell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.cell.Confinement.Identity;
import dev.kelvin.host.cell.Confinement.Limits;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.testkit.Attacked;
import dev.kelvin.host.testkit.Attempt;
import dev.kelvin.host.testkit.WallsAlone;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attacks from within: what stops each of them, and that it is an attack at all. */
class CellTest {
  private static final int FILES = 300;
  private static final long LARGE = 4 << 20;

  @TempDir Path directory;

  @BeforeEach
  void onlyRootBuildsCells() throws IOException {
    assumeTrue(Users.isRoot(), "only root builds whole cells");
    assumeTrue(System.getProperty("os.arch").equals("amd64"), "calls have numbers of x86-64");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void eachWallStopsWhatItIsForAlone() throws Exception {
    assertThat(CellSupport.ofHost().missing()).isEmpty();
    assertThat(Attempt.values()).noneMatch(attempt -> attempt.walls().isEmpty());
    try (var attacked = new Attacked(directory, directory.resolve("disk"))) {
      var cell =
          new Confinement(
              List.of(),
              new Identity(Attacked.USER, List.of()),
              false,
              new Limits(512, FILES - 50, LARGE, Limits.NONE),
              EnumSet.allOf(Layer.class));
      var alone =
          new WallsAlone(Attempt::walls, gone -> attacked.from(cell.without(gone), FILES, LARGE));
      assertThat(alone.faults()).isEmpty();
    }
  }
}
