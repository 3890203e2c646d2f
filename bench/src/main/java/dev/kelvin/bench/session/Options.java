package dev.kelvin.bench.session;

import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a run shall do.
 *
 * @param parts what is measured
 * @param rounds how often each kind of start is measured
 * @param vms with how many VMs the daemon's memory is measured
 * @param stored how many VMs are only stored
 * @param watchers how many clients watch those
 * @param burst how many VMs start at once
 * @param crowd how many VMs run for a while
 * @param minutes for how long
 * @param disk how many MiB the disk has that becomes an image
 * @param slug the name of the result's files, after the date
 * @param libvirt whether libvirt is measured too
 * @param strict whether a missed bar makes the run fail
 */
public record Options(
    Set<Part> parts,
    int rounds,
    int vms,
    int stored,
    int watchers,
    int burst,
    int crowd,
    int minutes,
    int disk,
    String slug,
    boolean libvirt,
    boolean strict) {
  public static final String HELP =
      """
      usage: ./dev bench [options]

        --only PARTS    some parts of it, with commas between them: start, stored, burst, crowd,
                        import, hostile (all)
        --rounds N      start: how often each kind of start is measured (12)
        --vms N         start: with how many VMs the daemon's memory is measured (20)
        --no-libvirt    start: leave libvirt out, and install nothing
        --stored N      stored: how many VMs are in the store (10000)
        --watchers N    stored: how many clients are told of changes (200)
        --burst N       burst: how many VMs start at once (50)
        --crowd N       crowd: how many VMs run (100)
        --minutes N     crowd: for how long (10)
        --disk N        import: how many MiB the disk has (1024)
        --slug NAME     the result is written to bench/results/DATE-NAME.json and .md (the parts)
        --strict        end with 1 when a bar is missed
        --help          this text
      """;

  /** Thrown with what is wrong with the arguments. */
  public static final class Wrong extends Exception {
    private static final long serialVersionUID = 1L;

    public Wrong(String message) {
      super(message);
    }
  }

  public Options {
    parts = Set.copyOf(parts);
  }

  public static Options parse(List<String> arguments) throws Wrong {
    Set<Part> parts = EnumSet.allOf(Part.class);
    int[] numbers = {12, 20, 10_000, 200, 50, 100, 10, 1024};
    String slug = null;
    boolean libvirt = true;
    boolean strict = false;
    var left = new ArrayDeque<>(arguments);
    while (!left.isEmpty()) {
      String option = left.removeFirst();
      int which = NUMBERS.indexOf(option);
      if (which >= 0) {
        numbers[which] = number(option, left.pollFirst());
        continue;
      }
      switch (option) {
        case "--only" -> parts = parts(left.pollFirst());
        case "--slug" -> slug = slug(left.pollFirst());
        case "--no-libvirt" -> libvirt = false;
        case "--strict" -> strict = true;
        default -> throw new Wrong("there is no option " + option);
      }
    }
    return new Options(
        parts,
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        numbers[4],
        numbers[5],
        numbers[6],
        numbers[7],
        slug == null ? slug(parts) : slug,
        libvirt,
        strict);
  }

  private static final List<String> NUMBERS =
      List.of(
          "--rounds",
          "--vms",
          "--stored",
          "--watchers",
          "--burst",
          "--crowd",
          "--minutes",
          "--disk");

  private static int number(String option, @Nullable String text) throws Wrong {
    if (text == null || !text.matches("[1-9][0-9]{0,4}")) {
      throw new Wrong(option + " wants a number from 1 to 99999");
    }
    return Integer.parseInt(text);
  }

  private static Set<Part> parts(@Nullable String text) throws Wrong {
    var parts = EnumSet.noneOf(Part.class);
    for (String name : String.valueOf(text).split(",", -1)) {
      parts.add(
          EnumSet.allOf(Part.class).stream()
              .filter(part -> part.wire().equals(name))
              .findFirst()
              .orElseThrow(() ->
                  new Wrong(
                      "--only wants parts: start, stored, burst, crowd, import, hostile; not "
                          + name)));
    }
    return parts;
  }

  private static String slug(Set<Part> parts) {
    return parts.size() == Part.values().length
        ? "all"
        : parts.stream().sorted().map(Part::wire).collect(Collectors.joining("-"));
  }

  private static String slug(@Nullable String text) throws Wrong {
    if (text == null || !text.matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?")) {
      throw new Wrong("--slug wants small letters, digits and hyphens");
    }
    return text;
  }
}
