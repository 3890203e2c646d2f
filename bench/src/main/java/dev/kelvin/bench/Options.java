package dev.kelvin.bench;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run shall do.
 *
 * @param rounds how often each kind of start is measured
 * @param vms with how many VMs the daemon's memory is measured
 * @param slug the name of the result's files, after the date
 * @param libvirt whether libvirt is measured too
 * @param strict whether a missed bar makes the run fail
 */
record Options(int rounds, int vms, String slug, boolean libvirt, boolean strict) {
  static final String HELP =
      """
      usage: ./dev bench [options]

        --rounds N      how often each kind of start is measured (12)
        --vms N         with how many VMs the daemon's memory is measured (20)
        --slug NAME     the result is written to bench/results/DATE-NAME.json and .md (start)
        --no-libvirt    leave libvirt out, and install nothing
        --strict        end with 1 when a bar is missed
        --help          this text
      """;

  /** Thrown with what is wrong with the arguments. */
  static final class Wrong extends Exception {
    private static final long serialVersionUID = 1L;

    Wrong(String message) {
      super(message);
    }
  }

  static Options parse(List<String> arguments) throws Wrong {
    int rounds = 12;
    int vms = 20;
    String slug = "start";
    boolean libvirt = true;
    boolean strict = false;
    var left = new ArrayDeque<>(arguments);
    while (!left.isEmpty()) {
      String option = left.removeFirst();
      switch (option) {
        case "--rounds" -> rounds = number(option, left.pollFirst());
        case "--vms" -> vms = number(option, left.pollFirst());
        case "--slug" -> slug = slug(left.pollFirst());
        case "--no-libvirt" -> libvirt = false;
        case "--strict" -> strict = true;
        default -> throw new Wrong("there is no option " + option);
      }
    }
    return new Options(rounds, vms, slug, libvirt, strict);
  }

  private static int number(String option, @Nullable String text) throws Wrong {
    if (text == null || !text.matches("[1-9][0-9]{0,2}")) {
      throw new Wrong(option + " wants a number from 1 to 999");
    }
    return Integer.parseInt(text);
  }

  private static String slug(@Nullable String text) throws Wrong {
    if (text == null || !text.matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?")) {
      throw new Wrong("--slug wants small letters, digits and hyphens");
    }
    return text;
  }
}
