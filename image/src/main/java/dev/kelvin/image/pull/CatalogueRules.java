package dev.kelvin.image.pull;

import dev.kelvin.image.pull.CatalogueFile.Distribution;
import dev.kelvin.image.pull.CatalogueFile.Release;
import dev.kelvin.image.web.Urls;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a catalogue must fulfil, so that a fault shows when it is read and not in a pull. */
final class CatalogueRules {
  private static final Pattern ARCH = Pattern.compile("[a-z0-9_]{1,20}");
  private static final Pattern VERSION = Pattern.compile("[a-z0-9][a-z0-9._-]{0,30}");
  private static final Pattern WORD = Pattern.compile("\\{([^{}]*)}");
  private static final Pattern FINGERPRINT = Pattern.compile("[0-9A-Fa-f]{40}");

  private CatalogueRules() {}

  /**
   * The distributions of a catalogue that is good.
   *
   * @throws ProblemException invalid-argument that names the field
   */
  @SuppressWarnings("ConstantValue") // a reader leaves null in what was left out
  static List<Distribution> check(CatalogueFile file, String where) {
    for (int i = 0; i < file.distributions().size(); i++) {
      new Place(where, "distributions[" + i + "]").check(file.distributions().get(i));
    }
    return file.distributions();
  }

  /** Where in which file something is. */
  private record Place(String file, String field) {
    void check(Distribution one) {
      require(one.name() != null && Names.valid(one.name()), "name", "a name such as ubuntu");
      require(one.title() != null && !one.title().isBlank(), "title", "a title");
      require(one.mirror() != null, "mirror", "a URL");
      Urls.check(one.mirror(), file + ": " + field + ".mirror");
      require(one.format() != null, "format", "raw, qcow2, vmdk, vhdx, vdi or iso");
      require(one.size() != null, "size", "a size such as 400MiB");
      require(one.file() != null && !one.file().isBlank(), "file", "a path below the mirror");
      require(!one.arch().isEmpty(), "arch", "at least one architecture");
      one.arch()
          .keySet()
          .forEach(arch -> require(ARCH.matcher(arch).matches(), "arch", "names such as x86_64"));
      require(!one.releases().isEmpty(), "releases", "at least one release");
      require(
          one.releases().stream().anyMatch(release -> release.version().equals(one.standard())),
          "standard",
          "the version of one of the releases");
      require(one.signature() == null || one.sums() != null, "sums", "what the signature signs");
      boolean keys =
          !one.keys().isEmpty() || one.releases().stream().anyMatch(r -> !r.keys().isEmpty());
      require(one.signature() == null || keys, "keys", "the key that signs");
      require(!keys || one.sums() != null, "sums", "the sums that the keys sign");
      keys(one.keys(), "keys");
      var versions = new HashSet<String>();
      for (int i = 0; i < one.releases().size(); i++) {
        Release release = one.releases().get(i);
        String at = "releases[" + i + "]";
        require(
            release.version() != null && VERSION.matcher(release.version()).matches(),
            at + ".version",
            "a version such as 24.04");
        require(versions.add(release.version()), at + ".version", "a version only once");
        keys(release.keys(), at + ".keys");
        for (Map<String, String> arch : one.arch().values()) {
          words(one.file(), release, arch, "file");
          words(one.sums(), release, arch, "sums");
          words(one.signature(), release, arch, "signature");
        }
      }
    }

    private void keys(List<PullPlan.Key> keys, String at) {
      for (PullPlan.Key key : keys) {
        require(
            key.fingerprint() != null && FINGERPRINT.matcher(key.fingerprint()).matches(),
            at,
            "a fingerprint of 40 hexadecimal digits in each");
        String url = key.url();
        if (url != null) {
          Urls.check(url, file + ": " + field + "." + at);
        }
      }
    }

    /** A word that nobody defines would go out to a server. */
    private void words(
        @Nullable String path, Release release, Map<String, String> arch, String at) {
      Matcher word = WORD.matcher(path == null ? "" : path);
      while (word.find()) {
        String name = word.group(1);
        require(
            name.equals("version") || release.define().containsKey(name) || arch.containsKey(name),
            at,
            "no {" + name + "}, which release " + release.version() + " does not define");
      }
    }

    private void require(boolean good, String at, String wanted) {
      if (!good) {
        throw Problem.of(Code.INVALID_ARGUMENT, "The catalogue of images is not good")
            .on(file)
            .at(field + "." + at)
            .because("it wants " + wanted)
            .remedy(
                "mend it there; \"kelvin explain catalogue.distributions\" tells how it is written")
            .asException();
      }
    }
  }
}
