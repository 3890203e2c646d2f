package dev.kelvin.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.Compression;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Names;
import dev.kelvin.model.ProblemException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What distributions and images of files are called. */
class NamesTest {
  @ParameterizedTest
  @CsvSource({
    "debian,debian-12", "debian:bookworm,debian-12", "debian:12,debian-12", "debian-12,debian-12",
    "bookworm,debian-12", "trixie,debian-13", "debian:trixie,debian-13", "debian-13,debian-13"
  })
  void distributionsHaveSeveralNames(String text, String image) {
    assertThat(BuildableDistribution.parse(text).imageName()).isEqualTo(image);
  }

  @Test
  void anUnknownDistributionIsRefused() {
    assertThatThrownBy(() -> BuildableDistribution.parse("debain"))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem().remedy()).isEqualTo("did you mean debian?"));
  }

  @ParameterizedTest
  @CsvSource({
    "disk.qcow2,disk", "My Server (2).QCOW2,my-server-2",
        "debian-12.5.0-amd64-netinst.iso,debian-12-5-0-amd64-netinst",
    ".qcow2,qcow2", "---.raw,image", "ünï.raw,n"
  })
  void imagesAreNamedByTheirFiles(String file, String name) {
    var image = new ImageFile(Path.of("/x", file), Format.RAW, Compression.NONE, 1);
    assertThat(image.baseName()).isEqualTo(name);
    assertThat(Names.valid(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {49, 50, 51, 200})
  void longNamesAreCut(int length) {
    var image =
        new ImageFile(Path.of("a".repeat(length - 1) + "-b.raw"), Format.RAW, Compression.NONE, 1);
    assertThat(Names.valid(image.baseName() + "-0123abcd-1")).isTrue();
  }
}
