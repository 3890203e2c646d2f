package dev.kelvin.it.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.ListQuery;
import dev.kelvin.it.product.Await;
import dev.kelvin.it.product.Guests;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Vm;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * SIGKILL at random moments while twenty VMs are started, stopped, changed and looked at: the
 * guests that nobody stops neither end nor pause, and nothing is lost or left.
 */
@Tag("slow")
class RandomKillsTest {
  private static final int KILLS =
      Integer.getInteger("kelvin.test.kills", Campaign.current().kills());
  private static final int TICKING = 4;
  private static final int STILL = 8;
  private static final int CHURNING = 8;

  /**
   * The longest life of a daemon under load, in milliseconds; twice its start where that is slow.
   */
  private static final int LONGEST_LIFE = 600;

  private static final Set<String> DEEDS = Set.of("start", "stop", "attach", "detach", "console");

  private static final Pattern TICK = Pattern.compile("TICK (\\d+)");

  @Test
  void noGuestNotices() throws IOException, InterruptedException {
    TinyGuest guest = TinyGuest.obtain();
    long seed = System.nanoTime();
    var random = new Random(seed);
    try (TestDaemon daemon = TestDaemon.start()) {
      createVms(daemon, guest);
      Map<String, Long> pids = pidsOfThoseThatStay(daemon);
      Map<String, Integer> ticks = ticks(daemon);
      long begin = System.nanoTime();
      try (var load = new Load(daemon, seed, tickingNames(), churningNames())) {
        int longest = LONGEST_LIFE;
        // Few daemons live long enough to end what their users ask for.
        for (int kill = 0; kill < KILLS || (!hasDoneAll(load) && kill < 3 * KILLS); kill++) {
          // The time is not waited for anything: it chooses the moment of the crash.
          LockSupport.parkNanos(Duration.ofMillis(random.nextInt(longest)).toNanos());
          daemon.kill();
          long start = System.nanoTime();
          daemon.restart();
          long took = Duration.ofNanos(System.nanoTime() - start).toMillis();
          longest = Math.max(LONGEST_LIFE, Math.toIntExact(2 * took));
          String place = "after kill " + (kill + 1) + ", seed " + seed;
          Await.until(
              place + ", those that stay run as before",
              Duration.ofSeconds(10),
              () -> pidsOfThoseThatStay(daemon).equals(pids));
        }
        assertThat(load.unexpected()).as("seed %s", seed).isEmpty();
        assertThat(load.done().keySet())
            .as("the load has done something of each kind, seed %s", seed)
            .containsAll(DEEDS);
      }
      long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds();
      settle(daemon, seed);
      guestsCounted(daemon, ticks, seconds, seed);
    }
  }

  private static boolean hasDoneAll(Load load) {
    return load.done().keySet().containsAll(DEEDS);
  }

  private static List<String> names(String prefix, int count) {
    var names = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      names.add(prefix + i);
    }
    return names;
  }

  private static List<String> tickingNames() {
    return names("tick", TICKING);
  }

  private static List<String> churningNames() {
    return names("churn", CHURNING);
  }

  private static void createVms(TestDaemon daemon, TinyGuest guest) {
    for (String name : tickingNames()) {
      daemon.create(Guests.tiny(name, guest, "tick", spec -> spec));
    }
    names("still", STILL).forEach(name -> daemon.create(Guests.empty(name, spec -> spec)));
    churningNames().forEach(name -> daemon.create(Guests.empty(name, Guests.stopped())));
    // What a guest writes while no daemon runs is in no log: both words come before the first kill.
    for (String name : tickingNames()) {
      daemon.awaitSerial(name, TinyGuest.READY);
      daemon.awaitSerial(name, "TICK 1");
    }
  }

  /** The process of each VM that nobody stops; an entry is missing when it does not run. */
  private static Map<String, Long> pidsOfThoseThatStay(TestDaemon daemon) {
    var pids = new TreeMap<String, Long>();
    for (Vm vm : daemon.client().allVms(ListQuery.all())) {
      String name = vm.metadata().name();
      if (!name.startsWith("churn") && vm.status().phase() == Phase.RUNNING) {
        pids.put(name, vm.status().pid());
      }
    }
    return pids;
  }

  private static Map<String, Integer> ticks(TestDaemon daemon) {
    var ticks = new HashMap<String, Integer>();
    for (String name : tickingNames()) {
      Matcher match = TICK.matcher(daemon.serial(name));
      int last = 0;
      while (match.find()) {
        last = Integer.parseInt(match.group(1));
      }
      ticks.put(name, last);
    }
    return ticks;
  }

  /** Everything that is under way ends, and store and host agree. */
  private static void settle(TestDaemon daemon, long seed) {
    Await.until(
        "all tasks end, seed " + seed,
        Duration.ofMinutes(2),
        () ->
            daemon.client().allTasks(ListQuery.all()).stream()
                .allMatch(task -> task.state().ended()));
    var last = new ArrayList<String>();
    Await.until(
        "store and host agree, seed " + seed + ": " + last,
        Duration.ofSeconds(20),
        () -> {
          last.clear();
          last.addAll(Agreement.faults(daemon));
          return last.isEmpty();
        });
  }

  /** A guest that was paused, or started anew, has counted less than time has passed. */
  private static void guestsCounted(
      TestDaemon daemon, Map<String, Integer> before, long seconds, long seed) {
    Map<String, Integer> after = ticks(daemon);
    for (String name : tickingNames()) {
      String log = daemon.serial(name);
      assertThat(log.split(TinyGuest.READY, -1)).as("boots of %s, seed %s", name, seed).hasSize(2);
      // On a busy host an emulated guest's "sleep 1" takes longer; half is far from a pause.
      assertThat(after.getOrDefault(name, 0) - before.getOrDefault(name, 0))
          .as("seconds that %s counted in %s, seed %s", name, seconds, seed)
          .isGreaterThan((int) (seconds / 2));
    }
  }
}
