package dev.kelvin.host.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.model.ProblemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramClosureTest {
  @TempDir Path directory;

  /** Nothing but what is named is needed: the program runs with it as its whole root directory. */
  @Test
  void aProgramIsGivenItsLoaderAndItsLibraries() throws Exception {
    Path program = Programs.require("sleep");
    var closure = ProgramClosure.of(program, new Commands());
    assertThat(ProgramClosure.isKnown(program)).isTrue();
    assertThat(closure.program()).isEqualTo(program);
    assertThat(closure.loader()).isPresent();
    assertThat(closure.loader().orElseThrow()).exists();
    assertThat(closure.programs()).hasSize(2);
    assertThat(closure.directories()).isNotEmpty().allMatch(Files::isDirectory);
    for (Path one : closure.directories()) {
      assertThat(closure.directories().stream().filter(other -> other.startsWith(one))).hasSize(1);
    }
    assertThat(closure.with(List.of(directory)).directories())
        .containsAll(closure.directories())
        .contains(directory);
  }

  @Test
  void aLinkIsKeptAsTheNameThatItIsCalledBy() throws Exception {
    Path link =
        Files.createSymbolicLink(directory.resolve("nap"), Programs.require("sleep").toRealPath());
    assertThat(ProgramClosure.of(link, new Commands()).program()).isEqualTo(link);
  }

  @Test
  void whatIsNoProgramIsTold() throws Exception {
    for (String content : List.of("", "#!/bin/sh\n", "\177ELF", "x".repeat(200))) {
      Path file = Files.writeString(directory.resolve("file"), content);
      assertThat(ProgramClosure.isKnown(file)).isFalse();
      assertThatExceptionOfType(ProblemException.class)
          .isThrownBy(() -> ProgramClosure.of(file, new Commands()))
          .satisfies(e -> assertThat(e.problem().object()).isEqualTo(file.toString()));
    }
  }
}
