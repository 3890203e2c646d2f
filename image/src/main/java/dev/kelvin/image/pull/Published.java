package dev.kelvin.image.pull;

import dev.kelvin.codec.Documents;
import dev.kelvin.image.web.Urls;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.PullSource;
import dev.kelvin.model.Image.Verification;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.PublishedImage;
import dev.kelvin.model.WireName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The images that publishers offer: those that Kelvin knows, those of the administrator's own file,
 * and any URL. The administrator's file is read anew each time, so that a change counts at once.
 */
public final class Published {
  private static final String HOST_ARCH =
      System.getProperty("os.arch").equals("amd64") ? "x86_64" : System.getProperty("os.arch");

  private final Path own;
  private final Map<String, String> mirrors;

  /**
   * @param own the administrator's file, which need not be there
   * @param mirrors of distributions, by their names
   */
  public Published(Path own, Map<String, String> mirrors) {
    this.own = own;
    this.mirrors = Map.copyOf(mirrors);
  }

  /**
   * What a user asks for.
   *
   * @param from a name of the catalogue, or a URL
   * @param arch of the guests; null for the host's
   * @param format of the disk at a URL; null for what its ending says
   * @param mirror instead of the publisher's server; null for the usual one
   * @param checksum as {@code sha256:…}; null for the publisher's sums
   * @param insecure whether to take a file that nothing vouches for
   */
  public record Wish(
      String from,
      @Nullable String arch,
      @Nullable Format format,
      @Nullable String mirror,
      @Nullable String checksum,
      boolean insecure) {}

  /**
   * What is pulled for a wish.
   *
   * @param image the name for the image, unless the user has one
   */
  public record Found(String image, PullSource source, PullPlan plan) {}

  /**
   * All images that publishers offer.
   *
   * @throws ProblemException when the administrator's file is not good
   */
  public List<PublishedImage> list() {
    return entries(null).stream().map(CatalogueEntry::published).toList();
  }

  private List<CatalogueEntry> entries(@Nullable String mirror) {
    var entries = new ArrayList<CatalogueEntry>();
    for (CatalogueFile.Distribution distribution : distributions()) {
      String base =
          mirror != null
              ? mirror
              : mirrors.getOrDefault(distribution.name(), distribution.mirror());
      entries.addAll(CatalogueEntry.of(distribution, base, HOST_ARCH));
    }
    return entries;
  }

  private Iterable<CatalogueFile.Distribution> distributions() {
    var all = new LinkedHashMap<String, CatalogueFile.Distribution>();
    CatalogueRules.check(builtIn(), "the catalogue of Kelvin")
        .forEach(one -> all.put(one.name(), one));
    if (Files.exists(own)) {
      CatalogueRules.check(read(own), own.toString()).forEach(one -> all.put(one.name(), one));
    }
    return all.values();
  }

  private static CatalogueFile builtIn() {
    try (var in = Published.class.getResourceAsStream("catalogue.yaml")) {
      if (in == null) {
        throw new IllegalStateException("the program was packed without its catalogue");
      }
      return Documents.read(in.readAllBytes(), Documents.Syntax.YAML, CatalogueFile.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CatalogueFile read(Path file) {
    try {
      return Documents.read(Files.readAllBytes(file), Documents.Syntax.YAML, CatalogueFile.class);
    } catch (ProblemException e) {
      Problem found = e.problem();
      throw (found.object() == null ? found.on(file.toString()) : found).asException(e);
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The catalogue cannot be read")
          .on(file.toString())
          .because(e.toString())
          .remedy("let the daemon's user read it, or remove it")
          .asException(e);
    }
  }

  /**
   * Finds what a user asks for.
   *
   * @throws ProblemException not-found, invalid-argument
   */
  public Found find(Wish wish) {
    String checksum = wish.checksum();
    if (checksum != null) {
      Checksum.parse(checksum);
    }
    return Urls.isUrl(wish.from()) ? byUrl(wish) : byName(wish);
  }

  private Found byName(Wish wish) {
    String mirror = wish.mirror();
    if (mirror != null) {
      Urls.check(mirror, "mirror");
    }
    if (wish.format() != null) {
      throw refused("format", "the catalogue says the format of what it names");
    }
    String arch = wish.arch() == null ? HOST_ARCH : wish.arch();
    String name = wish.from().toLowerCase(Locale.ROOT);
    List<CatalogueEntry> all = entries(mirror);
    List<CatalogueEntry> named = all.stream().filter(entry -> entry.isCalled(name)).toList();
    if (named.isEmpty()) {
      throw unknown(wish.from(), all);
    }
    CatalogueEntry entry =
        named.stream()
            .filter(one -> one.published().arch().equals(arch))
            .findFirst()
            .orElseThrow(() -> otherArch(wish.from(), arch, named));
    PullPlan plan = entry.plan(wish.checksum(), wish.insecure());
    var source = new PullSource(entry.published().name(), arch, plan.url(), wish.insecure());
    return new Found(entry.published().image(), source, plan);
  }

  private static ProblemException otherArch(
      String name, String arch, List<CatalogueEntry> entries) {
    List<String> there = entries.stream().map(entry -> entry.published().arch()).toList();
    return Problem.of(Code.NOT_FOUND, "There is no image of " + name + " for " + arch)
        .at("arch")
        .because("its publisher has: " + String.join(", ", there))
        .remedy("choose one of those with --arch")
        .asException();
  }

  private static ProblemException unknown(String name, List<CatalogueEntry> all) {
    List<String> names =
        all.stream().flatMap(entry -> entry.names().stream()).distinct().sorted().toList();
    return Problem.of(Code.NOT_FOUND, "The catalogue has no \"" + name + "\"")
        .at("from")
        .because("no distribution or release has this name")
        .remedy(
            Names.nearest(name, names)
                .map(near -> "did you mean \"" + near + "\"?")
                .orElse("see \"kelvin image catalogue\" for what there is, or give a URL"))
        .asException();
  }

  private static Found byUrl(Wish wish) {
    if (wish.mirror() != null) {
      throw refused("mirror", "a URL names its server itself");
    }
    URI uri = Urls.check(wish.from(), "from");
    boolean vouched = wish.checksum() != null || wish.insecure();
    if (!Urls.isSecure(uri) && !vouched) {
      throw Problem.of(Code.INVALID_ARGUMENT, "Nothing vouches for this file")
          .on(wish.from())
          .at("checksum")
          .because("it comes over plain http, where anyone on the way can change it")
          .remedy("use https, give its --checksum, or take it as it comes with --insecure")
          .asException();
    }
    String file = Urls.fileName(wish.from());
    Compression compression = Compression.of(file);
    String inside = compression.inside(file);
    Format format = wish.format() == null ? byEnding(inside) : wish.format();
    var plan =
        new PullPlan(
            uri.toString(),
            format,
            compression,
            wish.checksum(),
            null,
            null,
            List.of(),
            wish.insecure());
    var source = new PullSource(wish.from(), wish.arch(), uri.toString(), wish.insecure());
    return new Found(CatalogueEntry.label(withoutEnding(inside)), source, plan);
  }

  private static String withoutEnding(String file) {
    int dot = file.lastIndexOf('.');
    return dot > 0 ? file.substring(0, dot) : file;
  }

  private static Format byEnding(String file) {
    String ending = file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    Optional<Format> format = WireName.find(Format.class, ending);
    return format.orElseThrow(() ->
        Problem.of(Code.INVALID_ARGUMENT, "The format of the file is not known")
            .on(file)
            .at("format")
            .because("its ending names none, and content is not guessed at")
            .remedy("name it with --format raw, qcow2, vmdk, vhdx, vdi or iso")
            .asException());
  }

  private static ProblemException refused(String field, String cause) {
    return Problem.of(Code.INVALID_ARGUMENT, "Field " + field + " has no place here")
        .at(field)
        .because(cause)
        .remedy("leave it out")
        .asException();
  }

  /** What vouches for a file of the catalogue. */
  static Verification verification(PullPlan plan) {
    if (!plan.keys().isEmpty()) {
      return Verification.SIGNATURE;
    }
    String proof = plan.sums() == null ? plan.url() : plan.sums();
    if (!Urls.isSecure(URI.create(proof))) {
      return Verification.NONE;
    }
    return plan.sums() == null ? Verification.TRANSPORT : Verification.SUMS;
  }
}
