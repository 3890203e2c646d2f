package dev.kelvin.image.pull;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Image.Format;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file of published images: the one that is packed with Kelvin, or {@code catalogue.yaml} in the
 * configuration directory, whose distributions are added and replace those of the same name.
 */
public record CatalogueFile(List<Distribution> distributions) {
  public CatalogueFile {
    distributions = distributions == null ? List.of() : List.copyOf(distributions);
  }

  /**
   * A distribution. In {@code file}, {@code sums} and {@code signature}, which are paths below the
   * mirror, {@code {version}} and what the release and the architecture define are replaced.
   *
   * @param name such as {@code ubuntu}
   * @param title as people write it
   * @param mirror the publisher's own server
   * @param standard the release that the name alone means
   * @param size roughly, of a file; for people
   * @param arch what each architecture defines
   * @param keys of which one signs the sums; none when they are not signed
   */
  public record Distribution(
      String name,
      String title,
      String mirror,
      String standard,
      Format format,
      ByteSize size,
      String file,
      @Nullable String sums,
      @Nullable String signature,
      Map<String, Map<String, String>> arch,
      List<PullPlan.Key> keys,
      List<Release> releases) {
    public Distribution {
      arch = arch == null ? Map.of() : Map.copyOf(arch);
      keys = keys == null ? List.of() : List.copyOf(keys);
      releases = releases == null ? List.of() : List.copyOf(releases);
    }
  }

  /**
   * A release.
   *
   * @param version as people number it
   * @param alias its other name; null for none
   * @param define what is replaced in the paths besides {@code {version}}
   * @param keys of which one signs this release's sums; empty for those of the distribution
   */
  public record Release(
      String version, @Nullable String alias, Map<String, String> define, List<PullPlan.Key> keys) {
    public Release {
      define = define == null ? Map.of() : Map.copyOf(define);
      keys = keys == null ? List.of() : List.copyOf(keys);
    }
  }
}
