package dev.kelvin.cli.run;

import dev.kelvin.api.ListQuery;
import dev.kelvin.cli.Session;
import dev.kelvin.model.Vm;
import java.util.HashSet;
import java.util.Set;

/** Names for VMs that the user gave none. */
public final class VmNaming {
  private static final int LONGEST = 55;

  private VmNaming() {}

  /**
   * The first of {@code base-1}, {@code base-2} and so on that no VM has.
   *
   * @param refused others that are not free: VMs of these names are being made
   */
  public static String free(Session session, String base, Set<String> refused) {
    Set<String> taken = new HashSet<>(refused);
    session.client().allVms(ListQuery.all()).forEach((Vm vm) -> taken.add(vm.metadata().name()));
    String stem = base.length() > LONGEST ? base.substring(0, LONGEST) : base;
    int number = 1;
    while (taken.contains(stem + "-" + number)) {
      number++;
    }
    return stem + "-" + number;
  }
}
