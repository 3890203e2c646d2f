package dev.kelvin.host.cell;

import dev.kelvin.host.cell.Confinement.Identity;
import dev.kelvin.host.kernel.Numbers;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Takes rights from the calling thread, and so from what it starts. The kernel knows users,
 * capabilities and no_new_privs of threads; only the C library's own functions change those of all.
 */
final class Rights {
  private static final long PR_CAPBSET_READ = 23;
  private static final long PR_CAPBSET_DROP = 24;
  private static final long PR_SET_NO_NEW_PRIVS = 38;
  private static final int CAPABILITY_VERSION_3 = 0x20080522;

  private final Calls calls;

  Rights(Calls calls) {
    this.calls = calls;
  }

  /**
   * No program that is started from here on has other capabilities, set-user-ID ones included.
   *
   * @param kept the set, a bit for each
   */
  void forbidCapabilities(long kept) throws IOException {
    // Those that the kernel does not know end the list.
    for (long one = 0; calls.attempt(Numbers.PRCTL, PR_CAPBSET_READ, one, 0, 0, 0).ok(); one++) {
      if ((kept >> one & 1) == 0) {
        calls.call("prctl(PR_CAPBSET_DROP)", Numbers.PRCTL, PR_CAPBSET_DROP, one, 0, 0, 0);
      }
    }
  }

  /** Becomes a user of its own; what it had as root ends with that. */
  void become(Identity user) throws IOException {
    MemorySegment groups = calls.memory(Math.max(1, user.groups().size()) * (long) Integer.BYTES);
    for (int i = 0; i < user.groups().size(); i++) {
      groups.setAtIndex(ValueLayout.JAVA_INT, i, user.groups().get(i));
    }
    long id = user.uid();
    calls.call("setgroups", Numbers.SETGROUPS, user.groups().size(), groups.address());
    calls.call("setresgid", Numbers.SETRESGID, id, id, id);
    calls.call("setresuid", Numbers.SETRESUID, id, id, id);
  }

  /**
   * Gives up the other capabilities that it has now; see capset(2).
   *
   * @param kept the set, a bit for each
   */
  void dropCapabilities(long kept) throws IOException {
    MemorySegment header = calls.memory(2L * Integer.BYTES);
    header.set(ValueLayout.JAVA_INT, 0, CAPABILITY_VERSION_3);
    // Two times effective, permitted and inheritable; ambient ones go with those. All that can be
    // kept are among the first 32.
    MemorySegment sets = calls.memory(6L * Integer.BYTES);
    sets.setAtIndex(ValueLayout.JAVA_INT, 0, (int) kept);
    sets.setAtIndex(ValueLayout.JAVA_INT, 1, (int) kept);
    calls.call("capset", Numbers.CAPSET, header.address(), sets.address());
  }

  void noNewPrivileges() throws IOException {
    calls.call("prctl(PR_SET_NO_NEW_PRIVS)", Numbers.PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  }
}
