package dev.kelvin.bench.load;

import dev.kelvin.api.Client;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.bench.guest.Guest;
import dev.kelvin.bench.guest.TinyGuest;
import dev.kelvin.bench.process.Await;
import dev.kelvin.bench.report.Bar;
import dev.kelvin.bench.report.Series;
import dev.kelvin.bench.session.BenchSession;
import dev.kelvin.bench.session.Node;
import dev.kelvin.bench.session.Vitals;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Many small VMs that run for a while: what the daemon costs while nobody asks it for anything, and
 * whether it holds more after that, and after a time of use, than before.
 */
public final class CrowdFigures {
  private static final int MEMORY_MIB = 32;
  private static final int AT_ONCE = 10;
  private static final int USES = 60;
  private static final int LESS_THAN_USES = 40;
  private static final Duration LONG = Duration.ofMinutes(10);

  private final BenchSession session;
  private final Node node;
  private final int count;

  private CrowdFigures(BenchSession session, Node node) {
    this.session = session;
    this.node = node;
    this.count = session.options().crowd();
  }

  public static void measure(BenchSession session) throws IOException, InterruptedException {
    try (var node = session.node()) {
      node.start();
      new CrowdFigures(session, node).run();
    }
  }

  private static String name(int number) {
    return "crowd-" + number;
  }

  private void run() throws IOException, InterruptedException {
    BenchSession.say("starting " + count + " VMs that stay");
    try (Client client = node.client()) {
      start(client);
      // Once through all that is used later: what that loads stays, and is no leak.
      use(client, 3);
      Vitals.of(node);
      pause("what was started comes to rest", Duration.ofSeconds(45));
      Vitals before = Vitals.of(node);
      BenchSession.say("at rest for " + session.options().minutes() + " minutes");
      Series rest = rest();
      Vitals rested = Vitals.of(node);
      BenchSession.say("in use for a minute");
      use(client, USES);
      pause("what was used comes to rest", Duration.ofSeconds(45));
      Vitals after = Vitals.of(node);
      judge(rest, before, rested, after);
      requireAllRun(client);
      session.describe(client.info());
    }
  }

  private void start(Client client) throws IOException, InterruptedException {
    VmSpec spec = Burst.tiny(TinyGuest.in(session.place()), MEMORY_MIB);
    for (int from = 0; from < count; from += AT_ONCE) {
      var tasks = new ArrayList<Task>();
      for (int i = from; i < Math.min(count, from + AT_ONCE); i++) {
        var vm = new Vm(Metadata.named(name(i)), spec, VmStatus.initial());
        tasks.add(client.createVm(VmDocument.of(vm)));
      }
      for (Task task : tasks) {
        node.finish(client, task);
      }
    }
    for (int i = 0; i < count; i++) {
      String vm = name(i);
      Await.until(
          "the marker of " + vm,
          LONG,
          () ->
              new String(client.serialLog(vm, 4096), StandardCharsets.ISO_8859_1)
                  .contains(Guest.MARKER));
    }
  }

  /** The daemon's share of a processor, minute by minute. */
  private Series rest() throws IOException, InterruptedException {
    var shares = new ArrayList<Double>();
    for (int minute = 0; minute < session.options().minutes(); minute++) {
      long begin = System.nanoTime();
      Duration cpu = Vitals.cpu(node.pid());
      pause("a minute", Duration.ofMinutes(1));
      double spent = Vitals.cpu(node.pid()).minus(cpu).toNanos();
      shares.add(100 * spent / (System.nanoTime() - begin));
    }
    return new Series("daemon at rest with " + count + " running VMs, CPU", "%", shares);
  }

  /**
   * Once a second: a list, metrics, a screenshot, a console, and a VM that is stopped and started.
   */
  private void use(Client client, int times) throws IOException, InterruptedException {
    for (int i = 0; i < times; i++) {
      long next = System.nanoTime() + Duration.ofSeconds(1).toNanos();
      String vm = name(i % count);
      client.allVms(ListQuery.all());
      client.metrics();
      client.screenshot(vm);
      client.console(vm, Client.Console.SERIAL).close();
      client.console(vm, Client.Console.VNC).close();
      node.finish(client, client.stopVm(vm));
      node.finish(client, client.startVm(vm));
      Await.until("the next second", Await.USUAL, () -> System.nanoTime() >= next);
    }
  }

  private void requireAllRun(Client client) throws IOException {
    long running =
        client.allVms(ListQuery.all()).stream()
            .filter(vm -> vm.status().phase() == Phase.RUNNING)
            .count();
    if (running != count) {
      throw new IOException("only " + running + " of " + count + " VMs run at the end");
    }
  }

  private static void pause(String what, Duration time) throws IOException, InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    Await.calmly(what, time.plusMinutes(1), () -> System.nanoTime() >= end);
  }

  /**
   * Memory may grow by what a JVM takes up and gives back in its own time. Talks with guest agents
   * that do not answer come and go, so that there are at times some more of them; but less than one
   * for each use may stay. Of files and processes nothing may.
   */
  private void judge(Series rest, Vitals before, Vitals rested, Vitals after) {
    double mean = rest.samples().stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    session.add(rest);
    session.add(new Bar("daemon at rest with " + count + " VMs, share of a core", mean, 5, "%"));
    var all = List.of(before, rested, after);
    growth("heap after collection", all, Vitals::heapMiB, 4, "MiB");
    growth("resident memory", all, Vitals::residentMiB, 16, "MiB");
    growth("threads", all, Vitals::threads, 8, "");
    growth("virtual threads", all, Vitals::virtualThreads, LESS_THAN_USES, "");
    growth("descriptors", all, Vitals::descriptors, LESS_THAN_USES, "");
    growth("files", all, Vitals::files, 0, "");
    growth("processes of VMs", all, Vitals::qemus, 0, "");
    growth("descriptors of QEMUs", all, Vitals::qemuDescriptors, LESS_THAN_USES, "");
  }

  private void growth(
      String what, List<Vitals> all, ToDoubleFunction<Vitals> part, double limit, String unit) {
    List<Double> values = all.stream().map(part::applyAsDouble).toList();
    String minutes = session.options().minutes() + " min";
    session.add(new Series(what + ": before, after " + minutes + ", after use", unit, values));
    double growth = Math.max(values.get(1), values.get(2)) - values.get(0);
    session.add(new Bar("growth of " + what, growth, limit, unit));
  }
}
