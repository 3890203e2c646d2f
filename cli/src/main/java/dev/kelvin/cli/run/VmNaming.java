package dev.kelvin.cli.run;

import dev.kelvin.api.ListQuery;
import dev.kelvin.cli.Session;
import dev.kelvin.model.Vm;
import java.util.Set;
import java.util.stream.Collectors;

/** Names for VMs that the user gave none. */
public final class VmNaming {
  private static final int LONGEST = 55;

  private VmNaming() {}

  /** The first of {@code base-1}, {@code base-2} and so on that no VM has. */
  public static String free(Session session, String base) {
    Set<String> taken =
        session.client().allVms(ListQuery.all()).stream()
            .map((Vm vm) -> vm.metadata().name())
            .collect(Collectors.toSet());
    String stem = base.length() > LONGEST ? base.substring(0, LONGEST) : base;
    int number = 1;
    while (taken.contains(stem + "-" + number)) {
      number++;
    }
    return stem + "-" + number;
  }
}
