package dev.kelvin.host.cell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.cell.Confinement.Identity;
import dev.kelvin.host.cell.Confinement.Limits;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.testkit.Attacked;
import dev.kelvin.host.testkit.Attempt;
import dev.kelvin.host.testkit.Intruder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attacks from within: what stops each of them, and that it is an attack at all. */
class CellTest {
  private static final int FILES = 300;
  private static final long LARGE = 4 << 20;

  private final Map<Set<Layer>, Map<String, String>> known = new HashMap<>();

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
    var faults = new ArrayList<String>();
    try (var attacked = new Attacked(directory, directory.resolve("disk"))) {
      for (Attempt attempt : Attempt.values()) {
        for (Layer alone : attempt.walls()) {
          Set<Layer> gone = EnumSet.copyOf(attempt.walls());
          gone.remove(alone);
          if (outcome(attacked, gone, attempt).equals(Intruder.DONE)) {
            faults.add(attempt + " is not stopped by " + alone + " alone");
          }
        }
        String open = outcome(attacked, attempt.walls(), attempt);
        if (!open.equals(Intruder.DONE)) {
          faults.add(attempt + " is no attack, as without " + attempt.walls() + ": " + open);
        }
        if (outcome(attacked, Set.of(), attempt).equals(Intruder.DONE)) {
          faults.add(attempt + " is stopped by nothing");
        }
      }
    }
    assertThat(faults).isEmpty();
  }

  private String outcome(Attacked attacked, Set<Layer> gone, Attempt attempt) throws Exception {
    Map<String, String> all = known.get(gone);
    if (all == null) {
      var cell =
          new Confinement(
                  List.of(),
                  new Identity(Attacked.USER, List.of()),
                  false,
                  new Limits(512, FILES - 50, LARGE, Limits.NONE),
                  EnumSet.allOf(Layer.class))
              .without(gone);
      all = attacked.from(cell, FILES, LARGE);
      known.put(Set.copyOf(gone), all);
    }
    return all.getOrDefault(attempt.name(), "nothing was said: " + all);
  }
}
