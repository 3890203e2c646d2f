package dev.kelvin.model.spec;

import dev.kelvin.model.Names;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The time zones that Windows has, which have other names than those of the IANA database. The
 * table is Unicode's CLDR, {@code windows-time-zones.txt}.
 */
final class WindowsTimeZones {
  /** What Windows appends for a zone whose clocks are not changed in summer. */
  private static final String NO_SUMMER = "_dstoff";

  private WindowsTimeZones() {}

  /** Read only once a document names a zone. */
  private static final class Table {
    static final SortedMap<String, List<String>> ZONES = Collections.unmodifiableSortedMap(load());

    private static SortedMap<String, List<String>> load() {
      var zones = new TreeMap<String, List<String>>();
      try (var stream = WindowsTimeZones.class.getResourceAsStream("windows-time-zones.txt")) {
        if (stream == null) {
          throw new IllegalStateException("the program was packed without its time zones");
        }
        new String(stream.readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .forEach(line -> {
              int colon = line.indexOf(':');
              String iana = line.substring(colon + 1).strip();
              zones.put(
                  line.substring(0, colon), iana.isEmpty() ? List.of() : List.of(iana.split(" ")));
            });
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return zones;
    }
  }

  /** Whether Windows knows this name. */
  static boolean knows(String name) {
    String zone =
        name.endsWith(NO_SUMMER) ? name.substring(0, name.length() - NO_SUMMER.length()) : name;
    return Table.ZONES.containsKey(zone);
  }

  /** Windows' name of a zone of the IANA database, such as {@code Europe/Berlin}. */
  static Optional<String> ofIana(String name) {
    for (Map.Entry<String, List<String>> zone : Table.ZONES.entrySet()) {
      if (zone.getValue().stream().anyMatch(name::equalsIgnoreCase)) {
        return Optional.of(zone.getKey());
      }
    }
    return Optional.empty();
  }

  /** Windows' name that is most like one that is none. */
  static Optional<String> nearest(String name) {
    List<String> all = List.copyOf(Table.ZONES.keySet());
    String lower = name.toLowerCase(Locale.ROOT);
    return all.stream()
        .filter(zone -> zone.toLowerCase(Locale.ROOT).equals(lower))
        .findFirst()
        .or(() -> Names.nearest(name, all));
  }
}
