package dev.kelvin.bench.load;

import dev.kelvin.api.Client;
import dev.kelvin.api.Client.Kind;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.api.http.EventStream;
import dev.kelvin.bench.guest.TinyGuest;
import dev.kelvin.bench.process.Ahead;
import dev.kelvin.bench.report.Bar;
import dev.kelvin.bench.report.Series;
import dev.kelvin.bench.session.BenchSession;
import dev.kelvin.bench.session.Node;
import dev.kelvin.bench.start.HandStart;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Memory;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Many VMs that start at once: through the API, until a watcher has heard that all of them run; and
 * QEMU by hand with the very same arguments, until QMP says of all of them that they run. The
 * guests that run already take the CPUs from whoever asks and looks; so that this is not what is
 * measured, the bar is for a client that goes {@link Ahead} of them. What a client with the usual
 * share on the same host sees is told beside it.
 */
public final class Burst {
  private static final int ROUNDS = 5;
  private static final int MEMORY_MIB = 32;

  private final Node node;
  private final int count;
  private final VmSpec spec;
  private final List<HandStart> hands = new ArrayList<>();

  private Burst(BenchSession session, Node node) throws IOException {
    this.node = node;
    this.count = session.options().burst();
    this.spec = tiny(TinyGuest.in(session.place()), MEMORY_MIB);
  }

  /** A small VM with the devices that every VM has. */
  public static VmSpec tiny(Path kernel, int memoryMiB) {
    return VmSpec.defaults().toBuilder()
        .memory(Memory.of(ByteSize.ofMiB(memoryMiB)))
        .boot(Boot.kernel(kernel.toString(), null, null))
        .nics(List.of(Nic.of("net")))
        .build();
  }

  public static void measure(BenchSession session) throws IOException, InterruptedException {
    try (var node = session.node()) {
      node.start();
      new Burst(session, node).run(session);
    }
  }

  private static String name(int number) {
    return "burst-" + number;
  }

  private static VmDocument document(String name, VmSpec spec, Power power) {
    return VmDocument.of(new Vm(Metadata.named(name), spec.withPower(power), VmStatus.initial()));
  }

  private void run(BenchSession session) throws IOException, InterruptedException {
    BenchSession.say("starting " + count + " VMs at once, in " + ROUNDS + " rounds");
    try (Client client = node.client()) {
      node.finish(client, client.createVm(document("sample", spec, Power.RUNNING)));
      Vm sample = client.vm("sample");
      for (int i = 0; i < count; i++) {
        hands.add(HandStart.like(sample, node, session.place().resolve("hands/" + i)));
      }
      node.finish(client, client.deleteVm("sample", true));
      for (int i = 0; i < count; i++) {
        node.finish(client, client.createVm(document(name(i), spec, Power.STOPPED)));
      }
      // Each once without counting: the first start fills caches, and copies the kernel.
      byHand();
      byApi(client);
      measure(client, session);
      session.describe(client.info());
    }
  }

  private void measure(Client client, BenchSession session)
      throws IOException, InterruptedException {
    boolean mayGoAhead = Ahead.possible();
    var hand = new ArrayList<Duration>();
    var api = new ArrayList<Duration>();
    var shared = new ArrayList<Duration>();
    for (int round = 0; round < ROUNDS; round++) {
      // Whoever comes second finds the machine as the first has left it.
      if (round % 2 == 0) {
        hand.add(byHand());
      }
      if (mayGoAhead) {
        try (var _ = Ahead.begin()) {
          api.add(byApi(client));
        }
      }
      shared.add(byApi(client));
      if (round % 2 != 0) {
        hand.add(byHand());
      }
      System.out.printf(
          "  round %d  by hand %6.0f ms, kelvin %6.0f ms, asked by a client that shares the CPUs"
              + " %6.0f ms%n",
          round + 1,
          hand.getLast().toNanos() / 1e6,
          (mayGoAhead ? api : shared).getLast().toNanos() / 1e6,
          shared.getLast().toNanos() / 1e6);
    }
    Series byHand = Series.ofTimes(count + " by hand at once, until all run", hand);
    Series sharing =
        Series.ofTimes(count + " kelvin start at once, by a client that shares the CPUs", shared);
    session.add(byHand, sharing);
    Series measured = sharing;
    if (mayGoAhead) {
      measured = Series.ofTimes(count + " kelvin start at once, until all run", api);
      session.add(measured);
    } else {
      session.note("The client had to share the CPUs with the guests; as root it goes ahead.");
    }
    session.add(Bar.ratio(count + " VMs at once, against by hand", measured, byHand, 1.2));
  }

  private Duration byHand() throws IOException, InterruptedException {
    for (HandStart one : hands) {
      one.clear();
    }
    var started = new ArrayList<Future<Process>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      long begin = System.nanoTime();
      for (HandStart one : hands) {
        started.add(threads.submit(one::start));
      }
      for (Future<Process> one : started) {
        result(one);
      }
      return Duration.ofNanos(System.nanoTime() - begin);
    } finally {
      for (Future<Process> one : started) {
        if (one.state() == Future.State.SUCCESS) {
          one.resultNow().destroyForcibly().waitFor();
        }
      }
    }
  }

  private Duration byApi(Client client) throws IOException, InterruptedException {
    var tasks = new ArrayList<Future<Task>>();
    Duration time;
    try (Client watcher = node.client();
        EventStream changes =
            watcher.watch(Kind.VMS, ListQuery.all(), client.vms(ListQuery.all()).revision());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      long begin = System.nanoTime();
      for (int i = 0; i < count; i++) {
        String vm = name(i);
        tasks.add(threads.submit(() -> client.startVm(vm)));
      }
      awaitRunning(changes);
      time = Duration.ofNanos(System.nanoTime() - begin);
    }
    for (Future<Task> task : tasks) {
      node.finish(client, result(task));
    }
    stopAll(client);
    return time;
  }

  private void awaitRunning(EventStream changes) throws IOException {
    var running = new HashSet<String>();
    while (running.size() < count) {
      var item = changes.next();
      if (item == null) {
        throw new IOException("the watch ended when " + running.size() + " VMs ran");
      }
      // Only those are read that matter; others would cost this process what is not to be measured.
      if (item.event().equals("put") && item.data().contains("\"phase\":\"running\"")) {
        Vm vm = Documents.readTrusted(item.data().getBytes(StandardCharsets.UTF_8), Vm.class);
        if (vm.status().phase() == Phase.RUNNING) {
          running.add(vm.metadata().name());
        }
      }
    }
  }

  private void stopAll(Client client) throws IOException, InterruptedException {
    var tasks = new ArrayList<Task>();
    for (int i = 0; i < count; i++) {
      tasks.add(client.stopVm(name(i)));
    }
    for (Task task : tasks) {
      node.finish(client, task);
    }
  }

  private static <T> T result(Future<T> future) throws IOException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IOException("starting many at once", e.getCause());
    }
  }
}
