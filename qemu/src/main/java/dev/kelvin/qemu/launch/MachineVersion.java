package dev.kelvin.qemu.launch;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A versioned machine type, such as {@code pc-q35-7.2}.
 *
 * @param family what stands before the version, {@code pc-q35}
 */
record MachineVersion(String name, String family, int major, int minor)
    implements Comparable<MachineVersion> {
  private static final Pattern FORM = Pattern.compile("([a-z0-9-]+)-(\\d{1,3})\\.(\\d{1,3})");
  private static final Comparator<MachineVersion> BY_AGE =
      Comparator.comparingInt(MachineVersion::major).thenComparingInt(MachineVersion::minor);

  /** Empty for a type without a version. */
  static Optional<MachineVersion> of(String name) {
    Matcher form = FORM.matcher(name);
    return form.matches()
        ? Optional.of(
            new MachineVersion(
                name,
                form.group(1),
                Integer.parseInt(form.group(2)),
                Integer.parseInt(form.group(3))))
        : Optional.empty();
  }

  /**
   * What to write instead of a versioned type that there is not: the newest that is older, or the
   * oldest where all are newer. As text, {@code pc-q35-3.0} would be the nearest to {@code
   * pc-q35-9.0}.
   *
   * @return a sentence for the user; empty when nothing of the family is known
   */
  static Optional<String> nearest(String wanted, List<String> known) {
    return of(wanted).flatMap(asked -> asked.among(known));
  }

  private Optional<String> among(List<String> known) {
    List<MachineVersion> sorted =
        known.stream()
            .flatMap(one -> of(one).stream())
            .filter(one -> one.family.equals(family))
            .sorted()
            .toList();
    if (sorted.isEmpty()) {
      return Optional.empty();
    }
    MachineVersion oldest = sorted.getFirst();
    MachineVersion newest = sorted.getLast();
    MachineVersion before =
        sorted.stream().filter(one -> one.compareTo(this) < 0).reduce((_, b) -> b).orElse(oldest);
    String what =
        before.equals(newest)
            ? ", the newest that this QEMU has"
            : before.equals(oldest) ? ", the oldest that this QEMU has" : "";
    return Optional.of("use " + before.name + what);
  }

  @Override
  public int compareTo(MachineVersion other) {
    return BY_AGE.compare(this, other);
  }
}
