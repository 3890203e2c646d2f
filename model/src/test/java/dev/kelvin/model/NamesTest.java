package dev.kelvin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "0", "web1", "a-b", "a--b"})
  void takesDnsLabels(String name) {
    assertThat(Names.valid(name)).isTrue();
    assertThat(Names.check(name, "metadata.name")).isEqualTo(name);
  }

  @Test
  void takesSixtyThreeCharactersAndNoMore() {
    assertThat(Names.valid("x".repeat(63))).isTrue();
    assertThat(Names.valid("x".repeat(64))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "-a",
        "a-",
        "A",
        "web.1",
        "a_b",
        "..",
        "../etc",
        "/etc/passwd",
        "a/b",
        "a b",
        "a\n",
        "a\0",
        "ä",
        "a,b",
        "%2e",
        "*"
      })
  void refusesTheRestPathsAboveAll(String name) {
    assertThat(Names.valid(name)).isFalse();
    assertThatThrownBy(() -> Names.check(name, "metadata.name"))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(Code.INVALID_ARGUMENT);
              assertThat(e.problem().field()).isEqualTo("metadata.name");
              assertThat(e.problem().remedy()).isNotBlank();
            });
  }

  @Test
  void aHugeNameMakesNoHugeProblem() {
    assertThatThrownBy(() -> Names.check("x".repeat(100_000), "name"))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().detail()).hasSizeLessThan(200));
  }

  @Test
  void idsAreUniqueAndFitForPaths() {
    var random = new SecureRandom();
    var seen = new HashSet<String>();
    for (int i = 0; i < 1000; i++) {
      String id = Names.newId(random);
      assertThat(id).matches("[0-9a-f]{20}");
      assertThat(seen.add(id)).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "memroy, memory",
    "disk, disks",
    "bootindex, bootIndex",
    "q53, q35",
    "wbe1, web1",
  })
  void findsWhatWasMeant(String typed, String meant) {
    assertThat(
            Names.nearest(
                typed, List.of("memory", "disks", "bootIndex", "q35", "web1", "something")))
        .contains(meant);
  }

  @Test
  void suggestsNothingForSomethingElse() {
    assertThat(Names.nearest("zzz", List.of("memory", "disks"))).isEmpty();
    assertThat(Names.nearest("x", List.of())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"'', '', 0", "a, '', 1", "ab, ba, 1", "kitten, sitting, 3", "abc, abc, 0"})
  void countsEdits(String a, String b, int edits) {
    assertThat(Names.distance(a, b)).isEqualTo(edits);
    assertThat(Names.distance(b, a)).isEqualTo(edits);
  }

  @Test
  void suggestsSeveralNamesTheLikeliestFirst() {
    var models = List.of("Skylake-Server", "Skylake-Client", "Skylake-Server-v4", "EPYC", "max");
    assertThat(Names.nearest("skylake-servr", models, 3))
        .containsExactly("Skylake-Server", "Skylake-Server-v4");
    assertThat(Names.nearest("Skylake", models, 2))
        .containsExactly("Skylake-Client", "Skylake-Server");
    assertThat(Names.nearest("epyk", models, 3)).containsExactly("EPYC");
    assertThat(Names.nearest("sparc", models, 3)).isEmpty();
  }
}
