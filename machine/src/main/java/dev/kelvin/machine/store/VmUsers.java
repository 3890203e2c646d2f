package dev.kelvin.machine.store;

import dev.kelvin.host.process.UserIdClaims;
import dev.kelvin.model.Layout;
import dev.kelvin.state.store.Store;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The users that VMs of this node run as: an id that no other VM has, of this daemon or another one
 * of the host, no process, and none of the files that Kelvin keeps.
 */
public final class VmUsers {
  /**
   * The first user id that VMs get: systemd's table of user ids (UIDS-GIDS) has the range from
   * 1879048192 to 2147483646 as unused by anybody.
   */
  public static final int FIRST = 1_879_100_000;

  /** The last one. */
  public static final int LAST = 2_147_483_646;

  /** How many ids are given before processes are looked at anew. */
  private static final int AT_ONCE = 64;

  private final @Nullable UserIdClaims claims;
  private final List<Path> places;
  private final int first;
  private final ReentrantLock lock = new ReentrantLock();
  private final Set<Integer> taken = new HashSet<>();

  /** The next id to look at; 0 before the first is needed. */
  private int next;

  private int untilLook;

  private VmUsers(@Nullable UserIdClaims claims, List<Path> places, int first) {
    this.claims = claims;
    this.places = places;
    this.first = first;
  }

  /** For a daemon that is not root: its VMs run as its own user. */
  public static VmUsers none() {
    return new VmUsers(null, List.of(), FIRST);
  }

  /**
   * For a daemon that is root.
   *
   * @param layout where it keeps files, some of which may be of VMs that its store does not know
   */
  public static VmUsers of(UserIdClaims claims, Layout layout) {
    return of(claims, layout, FIRST);
  }

  /** As the other one, with another id to begin with. */
  static VmUsers of(UserIdClaims claims, Layout layout, int first) {
    return new VmUsers(
        claims,
        List.of(layout.volumes(), layout.state().resolve("vms"), layout.runtime().resolve("vms")),
        first);
  }

  /**
   * An id that no VM has, claimed; -1 where VMs have no users of their own. Each is given once
   * until the daemon starts anew, so that many VMs can be created at once; then the lowest ones
   * that are free are given first.
   */
  int free(Store store) {
    if (claims == null) {
      return -1;
    }
    lock.lock();
    try {
      if (next == 0) {
        next = first;
        taken.addAll(stored(store));
        taken.addAll(claims.all());
        places.forEach(place -> taken.addAll(UserIdClaims.ofFiles(place)));
      }
      if (untilLook-- <= 0) {
        taken.removeIf(uid -> uid < next);
        taken.addAll(UserIdClaims.ofProcesses());
        untilLook = AT_ONCE;
      }
      while (true) {
        int uid = next++;
        if (!taken.remove(uid)
            && store.get(VmRepository.UIDS + uid).isEmpty()
            && claims.claim(uid)) {
          return uid;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private static Set<Integer> stored(Store store) {
    var uids = new HashSet<Integer>();
    store.scan(
        VmRepository.UIDS,
        entry -> uids.add(Integer.parseInt(entry.key().substring(VmRepository.UIDS.length()))));
    return uids;
  }

  /** Whether the id is this daemon's on this host, now if not before. */
  boolean holds(int uid) {
    return claims == null || uid < 0 || claims.claim(uid);
  }

  /** Gives back the id of a VM that has no files any more. */
  void release(int uid) {
    if (claims != null && uid >= 0) {
      claims.release(uid);
    }
  }
}
