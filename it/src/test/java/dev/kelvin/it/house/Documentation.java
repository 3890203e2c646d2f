package dev.kelvin.it.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Checks what is written for people. */
record Documentation(Repository repository) {
  private static final Pattern LINK = Pattern.compile("!?\\[[^]]*]\\(([^)\\s]+)\\)");
  private static final Pattern FENCE = Pattern.compile("(?ms)^```.*?^```|`[^`\n]*`");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.*)$");

  /** Links between documents that lead nowhere. */
  List<String> deadLinks() {
    var found = new ArrayList<String>();
    for (Path file : repository.files()) {
      if (file.toString().endsWith(".md")) {
        String prose = FENCE.matcher(text(file).orElse("")).replaceAll("");
        LINK.matcher(prose)
            .results()
            .map(MatchResult::group)
            .map(link -> link.substring(link.indexOf("](") + 2, link.length() - 1))
            .filter(link -> !leads(file, link))
            .forEach(link -> found.add(repository.root().relativize(file) + ": " + link));
      }
    }
    return found;
  }

  /** Files that name a directory of the place where they were written. */
  List<String> placesNamed(List<String> places) {
    var found = new ArrayList<String>();
    for (Path file : repository.files()) {
      String text = text(file).orElse("");
      places.stream()
          .filter(text::contains)
          .forEach(place -> found.add(repository.root().relativize(file) + " names " + place));
    }
    return found;
  }

  private boolean leads(Path from, String link) {
    if (link.matches("[a-z]+:.*")) {
      return true;
    }
    String[] parts = link.split("#", 2);
    Path target = parts[0].isEmpty() ? from : from.resolveSibling(parts[0]).normalize();
    if (!Files.exists(target) || !target.startsWith(repository.root())) {
      return false;
    }
    return parts.length == 1 || anchors(target).contains(parts[1]);
  }

  /** The anchors that readers of Markdown derive from headings. */
  private static List<String> anchors(Path file) {
    return HEADING
        .matcher(text(file).orElse(""))
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").strip().replace(' ', '-'))
        .toList();
  }

  /** The text of a file; empty when it has none. */
  private static Optional<String> text(Path file) {
    try {
      return Optional.of(Files.readString(file));
    } catch (CharacterCodingException binary) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
