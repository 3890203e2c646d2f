package dev.kelvin.image.pull;

import dev.kelvin.image.pull.CatalogueFile.Distribution;
import dev.kelvin.image.pull.CatalogueFile.Release;
import dev.kelvin.image.web.Urls;
import dev.kelvin.model.Compression;
import dev.kelvin.model.PublishedImage;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One image of the catalogue: a release of a distribution for one architecture.
 *
 * @param mirrorsSums URL of the sums that the mirror has, which vouch for nothing where it speaks
 *     plain http; null for none
 */
record CatalogueEntry(PublishedImage published, PullPlan plan, @Nullable String mirrorsSums) {
  private static final int LABEL = 63;

  /**
   * The images of a distribution.
   *
   * @param mirror that they are on
   * @param hostArch whose images are named without it
   */
  static List<CatalogueEntry> of(Distribution distribution, String mirror, String hostArch) {
    var entries = new ArrayList<CatalogueEntry>();
    for (Release release : distribution.releases()) {
      distribution.arch().keySet().stream()
          .sorted(java.util.Comparator.reverseOrder())
          .forEach(arch -> entries.add(entry(distribution, release, mirror, arch, hostArch)));
    }
    return entries;
  }

  private static CatalogueEntry entry(
      Distribution distribution, Release release, String mirror, String arch, String hostArch) {
    var words = new HashMap<String, String>(release.define());
    words.put("version", release.version());
    words.putAll(distribution.arch().getOrDefault(arch, Map.of()));
    String base = slashed(mirror);
    String url = base + fill(distribution.file(), words);
    List<PullPlan.Key> keys = release.keys().isEmpty() ? distribution.keys() : release.keys();
    var plan =
        new PullPlan(
            url,
            distribution.format(),
            Compression.of(url),
            null,
            below(vouchingBase(distribution, base, keys), distribution.sums(), words),
            below(base, distribution.signature(), words),
            keys,
            false);
    String name = distribution.name() + ":" + release.version();
    String tail = arch.equals(hostArch) ? "" : "-" + arch;
    var published =
        new PublishedImage(
            name,
            distribution.title() + " " + release.version(),
            aliases(distribution, release),
            arch,
            distribution.format(),
            distribution.size(),
            url,
            plan.sums(),
            Published.verification(plan),
            label(distribution.name() + "-" + release.version() + tail));
    return new CatalogueEntry(published, plan, below(base, distribution.sums(), words));
  }

  /**
   * Where the sums are read. Those that nobody has signed, on a mirror that speaks plain http,
   * would vouch for nothing: the publisher's own do, over https, and they are small.
   */
  private static String vouchingBase(
      Distribution distribution, String base, List<PullPlan.Key> keys) {
    boolean vouches = !keys.isEmpty() || Urls.isSecure(URI.create(base));
    String own = slashed(distribution.mirror());
    return vouches || !Urls.isSecure(URI.create(own)) ? base : own;
  }

  private static String slashed(String address) {
    return address.replaceAll("/+$", "") + "/";
  }

  private static List<String> aliases(Distribution distribution, Release release) {
    var aliases = new ArrayList<String>();
    if (release.version().equals(distribution.standard())) {
      aliases.add(distribution.name());
    }
    String alias = release.alias();
    if (alias != null) {
      aliases.add(distribution.name() + ":" + alias);
    }
    aliases.add(distribution.name() + "-" + release.version());
    return aliases;
  }

  private static @Nullable String below(
      String base, @Nullable String path, Map<String, String> words) {
    return path == null ? null : base + fill(path, words);
  }

  /** Replaces the words in braces. */
  private static String fill(String path, Map<String, String> words) {
    String filled = path;
    for (var word : words.entrySet()) {
      filled = filled.replace("{" + word.getKey() + "}", word.getValue());
    }
    return filled;
  }

  /** A text as the name of an object. */
  static String label(String text) {
    String plain =
        text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+", "");
    String cut = plain.substring(0, Math.min(LABEL, plain.length())).replaceAll("-+$", "");
    return cut.isEmpty() ? "image" : cut;
  }

  /** Every name that it can be pulled by. */
  List<String> names() {
    return Stream.concat(Stream.of(published.name()), published.aliases().stream()).toList();
  }

  boolean isCalled(String text) {
    return names().contains(text);
  }

  /** The plan of a pull that a user has asked for. */
  PullPlan plan(@Nullable String checksum, boolean insecure) {
    return new PullPlan(
        plan.url(),
        plan.format(),
        plan.compression(),
        checksum,
        // Who takes the file as it comes need not reach the publisher.
        insecure ? mirrorsSums : plan.sums(),
        plan.signature(),
        plan.keys(),
        insecure);
  }
}
