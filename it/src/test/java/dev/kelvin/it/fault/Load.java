package dev.kelvin.it.fault;

import dev.kelvin.api.Client;
import dev.kelvin.api.Endpoint;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.spec.Disk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.locks.LockSupport;

/** Users who are busy with a daemon that comes and goes. */
final class Load implements AutoCloseable {
  /**
   * What users must expect of a daemon that is killed all the time: that it is away, and that
   * another request, which they do not know the end of, was first.
   */
  private static final Set<Code> EXPECTED =
      EnumSet.of(
          Code.UNAVAILABLE,
          Code.WRONG_STATE,
          Code.CONFLICT,
          Code.REVISION_MISMATCH,
          Code.ALREADY_EXISTS,
          Code.NOT_FOUND);

  private static final long PAUSE_NANOS = 20_000_000;

  private final Endpoint endpoint;
  private final List<Thread> users = new ArrayList<>();
  private final Map<String, Integer> done = new ConcurrentHashMap<>();
  private final Map<String, Boolean> plugged = new ConcurrentHashMap<>();
  private final Set<String> unexpected = new ConcurrentSkipListSet<>();
  private volatile boolean ending;

  private interface Deed {
    void on(Client client) throws IOException, InterruptedException;
  }

  Load(TestDaemon daemon, long seed, List<String> linux, List<String> churning) {
    this.endpoint = new Endpoint.Local(daemon.layout().socket());
    for (String vm : churning) {
      user(seed, vm, this::startOrStop);
    }
    for (String vm : linux) {
      user(seed, vm, this::plugOrLook);
    }
  }

  private interface Habit {
    void once(Client client, String vm, Random random) throws IOException, InterruptedException;
  }

  private void user(long seed, String vm, Habit habit) {
    var random = new Random(seed ^ vm.hashCode());
    users.add(
        Thread.ofVirtual()
            .name("user-of-" + vm)
            .start(() -> {
              while (!ending) {
                attempt(client -> habit.once(client, vm, random));
                LockSupport.parkNanos(PAUSE_NANOS);
              }
            }));
  }

  private void attempt(Deed deed) {
    try (var client = new Client(endpoint)) {
      deed.on(client);
    } catch (ProblemException e) {
      if (!EXPECTED.contains(e.problem().code())) {
        unexpected.add(e.problem().oneLine());
      }
    } catch (IOException | UncheckedIOException e) {
      // The daemon died in the middle of an answer.
      done.merge("broken answer", 1, Integer::sum);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void startOrStop(Client client, String vm, Random random) {
    if (random.nextBoolean()) {
      finish(client, client.startVm(vm), "start");
    } else {
      finish(client, client.stopVm(vm), "stop");
    }
  }

  private void plugOrLook(Client client, String vm, Random random) throws IOException {
    boolean has = client.vm(vm).spec().disks().stream().anyMatch(disk -> disk.name().equals("hot"));
    // Also what a task did that its user saw no end of.
    Boolean had = plugged.put(vm, has);
    if (had != null && had != has) {
      done.merge(has ? "attach" : "detach", 1, Integer::sum);
    }
    switch (random.nextInt(3)) {
      case 0 -> {
        try (var console = client.console(vm, Client.Console.SERIAL)) {
          console.receive();
          done.merge("console", 1, Integer::sum);
        }
      }
      case 1 -> client.metrics();
      default -> {
        if (has) {
          await(client, client.detachDisk(vm, "hot"));
        } else {
          await(client, client.attachDisk(vm, Disk.of("hot", null, ByteSize.ofMiB(8))));
        }
      }
    }
  }

  private void finish(Client client, Task task, String kind) {
    await(client, task);
    done.merge(kind, 1, Integer::sum);
  }

  private void await(Client client, Task task) {
    Task now = task;
    while (!ending && !now.state().ended()) {
      LockSupport.parkNanos(PAUSE_NANOS);
      now = client.task(task.id());
    }
  }

  /** How often each kind of work came to its end. */
  Map<String, Integer> done() {
    return Map.copyOf(done);
  }

  /** Answers that no user should get. */
  Set<String> unexpected() {
    return Set.copyOf(unexpected);
  }

  @Override
  public void close() {
    ending = true;
    for (Thread user : users) {
      try {
        user.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
