package dev.kelvin.codec;

import dev.kelvin.model.Problem.Violation;
import dev.kelvin.model.spec.CloudInit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * What cloud-init would make of the whole documents that a user gives it. What it does not know it
 * passes over with a line in a log of the guest, and the guest is ready as if nothing was wrong.
 */
public final class SeedDocuments {
  private static final String USER_DATA = "spec.cloudInit.userData";
  private static final String NETWORK = "spec.cloudInit.networkConfig";
  private static final String CONFIG = "#cloud-config";
  private static final String ARCHIVE = "#cloud-config-archive";
  private static final String TEMPLATE = "## template: jinja";

  /** How parts begin, as cloud-init's {@code INCLUSION_TYPES_MAP} has them. */
  private static final List<String> HEADERS =
      List.of(
          ARCHIVE,
          "#cloud-config-jsonp",
          CONFIG,
          "#cloud-boothook",
          "#include",
          "#part-handler",
          "#upstart-job",
          "#!",
          // cloudbase-init reads these, in Windows.
          "#ps1",
          "rem cmd",
          TEMPLATE);

  /** Where cloud-init looks for the mark of a MIME message. */
  private static final int MIME_HEAD = 4096;

  /** Few VMs have such documents; the parser is loaded with the first. */
  private static final class Yaml {
    static final ObjectMapper MAPPER =
        new YAMLMapper(
            YAMLFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(200).build())
                .build());
  }

  private SeedDocuments() {}

  /** What is wrong with the documents, if there are any; empty when nothing is. */
  public static List<Violation> check(@Nullable CloudInit config) {
    if (config == null) {
      return List.of();
    }
    var found = new ArrayList<Violation>();
    if (config.userData() != null && !config.userData().isBlank()) {
      userData(config.userData()).ifPresent(found::add);
    }
    if (config.networkConfig() != null && !config.networkConfig().isBlank()) {
      network(config.networkConfig()).ifPresent(found::add);
    }
    return List.copyOf(found);
  }

  /**
   * What is wrong with user data; empty when cloud-init reads it.
   *
   * @param text without a byte order mark
   */
  public static Optional<Violation> userData(String text) {
    String start = text.stripLeading();
    String lower = start.substring(0, Math.min(MIME_HEAD, start.length())).toLowerCase(Locale.ROOT);
    if (lower.contains("mime-version:")) {
      return Optional.empty();
    }
    Optional<String> header = HEADERS.stream().filter(lower::startsWith).findFirst();
    if (header.isEmpty()) {
      return Optional.of(headless(text, start, lower));
    }
    return switch (header.get()) {
      case CONFIG -> yaml(text, USER_DATA, JsonToken.START_OBJECT, "a mapping (name: value)");
      case ARCHIVE -> yaml(text, USER_DATA, JsonToken.START_ARRAY, "a list");
      case TEMPLATE -> template(start);
      default -> Optional.empty();
    };
  }

  /** What a template makes is known in the guest alone; that it has a header is known here. */
  private static Optional<Violation> template(String text) {
    String rest = text.substring(text.indexOf('\n') + 1).stripLeading().toLowerCase(Locale.ROOT);
    boolean headed =
        text.indexOf('\n') >= 0
            && HEADERS.stream()
                .anyMatch(header -> !header.equals(TEMPLATE) && rest.startsWith(header));
    return headed
        ? Optional.empty()
        : Optional.of(
            new Violation(
                USER_DATA,
                "after \"" + TEMPLATE + "\" it does not say what it is a template of",
                "write this line below that one: " + CONFIG));
  }

  private static Violation headless(String text, String start, String lower) {
    String passed = "cloud-init passes over it: its first line does not say what it is";
    if (lower.startsWith("h4si")) {
      return new Violation(
          USER_DATA, "it is gzip in base64", "write it as text, or give it as a file: --user-data");
    }
    if (lower.startsWith("content-type:")) {
      return new Violation(USER_DATA, passed, "write this line above it: MIME-Version: 1.0");
    }
    List<String> lines = text.lines().map(String::strip).toList();
    int line = lines.indexOf(CONFIG);
    if (line > 0) {
      return new Violation(
          USER_DATA,
          passed + "; " + CONFIG + " is in line " + (line + 1),
          "write " + CONFIG + " as the first line");
    }
    String first = start.lines().findFirst().orElse("");
    boolean mistyped = first.matches("#\\s*(?i:cloud)[ _-]?(?i:config)\\s*");
    boolean config = mistyped || first.equals("---") || first.matches("[A-Za-z_-]+:( .*)?");
    return new Violation(
        USER_DATA,
        passed,
        config
            ? mistyped
                ? "write " + CONFIG + " as the first line, exactly so"
                : "write this line above it: " + CONFIG
            : "begin it with "
                + CONFIG
                + ", with #! for a script, #include, "
                + ARCHIVE
                + ", #cloud-boothook, #part-handler, "
                + TEMPLATE
                + ", or MIME-Version: for a message of several parts");
  }

  private static Optional<Violation> network(String text) {
    Optional<Violation> broken =
        yaml(text, NETWORK, JsonToken.START_OBJECT, "a mapping (name: value)");
    if (broken.isPresent()) {
      return broken;
    }
    try {
      var root = Yaml.MAPPER.readTree(text);
      var version = (root.has("network") ? root.path("network") : root).path("version");
      return version.isMissingNode()
          ? Optional.of(
              new Violation(
                  NETWORK, "it has no version, so cloud-init passes over it", "write version: 2"))
          : version.asString("").matches("[12]")
              ? Optional.empty()
              : Optional.of(
                  new Violation(
                      NETWORK, "cloud-init knows the versions 1 and 2", "write version: 2"));
    } catch (JacksonException e) {
      return Optional.of(broken(NETWORK, e));
    }
  }

  /** Whether a text is YAML with one document of a kind; only comments are no fault. */
  private static Optional<Violation> yaml(
      String text, String field, JsonToken wanted, String what) {
    try (JsonParser parser = Yaml.MAPPER.createParser(text)) {
      JsonToken root = parser.nextToken();
      if (root == null || root == JsonToken.VALUE_NULL) {
        return Optional.empty();
      }
      if (root != wanted) {
        return Optional.of(
            new Violation(
                field,
                "it is no " + what.substring(2) + place(parser.currentTokenLocation()),
                "write " + what + " there; see cloud-init's documentation"));
      }
      for (int depth = 1; depth > 0; ) {
        JsonToken token = parser.nextToken();
        if (token == null) {
          return Optional.empty();
        }
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      }
      return parser.nextToken() == null
          ? Optional.empty()
          : Optional.of(
              new Violation(
                  field,
                  "a second document begins" + place(parser.currentTokenLocation()),
                  "write one document, without --- in it"));
    } catch (JacksonException e) {
      return Optional.of(broken(field, e));
    }
  }

  private static Violation broken(String field, JacksonException e) {
    var problem = Faults.syntax(e);
    return new Violation(
        field, "its YAML is broken: " + problem.cause(), String.valueOf(problem.remedy()));
  }

  private static String place(tools.jackson.core.TokenStreamLocation at) {
    return Faults.place(at.getLineNr(), at.getColumnNr());
  }
}
