package dev.kelvin.cli.run;

import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import java.util.List;
import java.util.Optional;

/**
 * A distribution that images are built of.
 *
 * @param suite the release as its packages call it
 * @param version the release as people number it
 */
public record BuildableDistribution(String name, String suite, String version) {
  /** The first one is what its distribution's name alone means. */
  private static final List<BuildableDistribution> KNOWN =
      List.of(
          new BuildableDistribution("debian", "bookworm", "12"),
          new BuildableDistribution("debian", "trixie", "13"));

  /** What an image of it is called when nobody says otherwise. */
  public String imageName() {
    return name + "-" + version;
  }

  private boolean isCalled(String text) {
    return text.equals(name)
        || text.equals(suite)
        || text.equals(name + ":" + suite)
        || text.equals(name + ":" + version)
        || text.equals(imageName());
  }

  /** The one that {@code text} means: {@code debian}, {@code debian:trixie}, {@code debian-13}. */
  public static Optional<BuildableDistribution> find(String text) {
    return KNOWN.stream().filter(one -> one.isCalled(text)).findFirst();
  }

  /**
   * The one that {@code text} means.
   *
   * @throws dev.kelvin.model.ProblemException not-found when there is none
   */
  public static BuildableDistribution parse(String text) {
    return find(text)
        .orElseThrow(() -> {
          List<String> names = KNOWN.stream().map(one -> one.name + ":" + one.suite).toList();
          String remedy =
              Names.nearest(text, List.of("debian"))
                  .map(one -> "did you mean " + one + "?")
                  .orElse("use one of these, or import an image: kelvin image import FILE");
          return Problem.of(Code.NOT_FOUND, "There is no distribution \"" + text + "\"")
              .because("Kelvin builds images of " + String.join(", ", names))
              .remedy(remedy)
              .asException();
        });
  }
}
