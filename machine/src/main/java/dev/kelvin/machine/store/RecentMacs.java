package dev.kelvin.machine.store;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** The addresses that were chosen last, of which some may not be in the store yet. */
public final class RecentMacs {
  private static final int KEPT = 4096;

  private final ReentrantLock lock = new ReentrantLock();
  private final Set<String> chosen = new LinkedHashSet<>();

  /** Notes an address; false when it is noted already. */
  public boolean add(String mac) {
    lock.lock();
    try {
      if (!chosen.add(mac)) {
        return false;
      }
      if (chosen.size() > KEPT) {
        chosen.remove(chosen.iterator().next());
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
