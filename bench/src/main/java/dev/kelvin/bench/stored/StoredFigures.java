package dev.kelvin.bench.stored;

import dev.kelvin.api.Client;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.Page;
import dev.kelvin.api.VmDocument;
import dev.kelvin.bench.process.Await;
import dev.kelvin.bench.report.Bar;
import dev.kelvin.bench.report.Series;
import dev.kelvin.bench.session.BenchSession;
import dev.kelvin.bench.session.DaemonFigures;
import dev.kelvin.bench.session.Node;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Memory;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A daemon with many VMs of which none runs: how it starts, lists them, and tells of changes. */
public final class StoredFigures {
  /** What each VM has, so that lists can be selected by it: one of ten. */
  public static final String LABEL = "rack";

  private static final int RACKS = 10;
  private static final int STARTS = 5;
  private static final int PAGES = 300;
  private static final int SELECTIONS = 20;
  private static final int AT_ONCE = 200;
  private static final int PAGE = 500;

  private final BenchSession session;
  private final Node node;
  private final int count;

  private StoredFigures(BenchSession session, Node node) {
    this.session = session;
    this.node = node;
    this.count = session.options().stored();
  }

  public static void measure(BenchSession session) throws IOException, InterruptedException {
    try (var node = session.node()) {
      node.start();
      new StoredFigures(session, node).measure();
    }
  }

  private void measure() throws IOException, InterruptedException {
    try (Client client = node.client()) {
      BenchSession.say("creating " + count + " VMs through the API");
      session.add(create(client));
      BenchSession.say("starting the daemon with " + count + " VMs");
      Series starts = starts(client);
      session.add(starts);
      session.add(
          new Bar("start with " + count + " VMs to the first page", starts.max(), 3000, "ms"));
      BenchSession.say("lists");
      Series pages = pages(client);
      session.add(pages);
      session.add(
          new Bar("page of 500 of " + count + " VMs, p99", pages.quantile(0.99), 100, "ms"));
      session.add(lastPages(client), selected(client, "of a label", labelled()));
      session.add(selected(client, "of a field that no VM has so", running()));
      session.add(Await.timed("one VM by name", 200, i -> client.vm(name(i * 37 % count))));
      BenchSession.say("telling " + session.options().watchers() + " watchers");
      FanOut.measure(session, node, client);
      double memory = DaemonFigures.residentMiB(node.pid());
      session.add(
          new Bar("resident memory with " + count + " VMs after all that", memory, 256, "MiB"));
      session.describe(client.info());
    }
  }

  public static String name(int number) {
    return String.format(Locale.ROOT, "stored-%05d", number);
  }

  /** A VM as a user of a data centre may have it: two CPUs, a card, labels. */
  public static VmDocument document(int number) {
    VmSpec spec =
        VmSpec.defaults().toBuilder()
            .memory(Memory.of(ByteSize.ofMiB(512)))
            .nics(List.of(Nic.of("net")))
            .build()
            .withPower(Power.STOPPED);
    var metadata =
        Metadata.named(name(number))
            .withLabels(Map.of(LABEL, "r" + number % RACKS, "owner", "team-" + number % 97));
    return VmDocument.of(new Vm(metadata, spec, VmStatus.initial()));
  }

  /** Creates them, many at once, each as a task of its own. */
  private Series create(Client client) throws IOException, InterruptedException {
    var times = new ArrayList<Duration>();
    for (int from = 0; from < count; from += AT_ONCE) {
      int to = Math.min(count, from + AT_ONCE);
      long begin = System.nanoTime();
      var tasks = new ArrayList<Task>();
      for (int i = from; i < to; i++) {
        tasks.add(client.createVm(document(i)));
      }
      for (Task task : tasks) {
        node.finish(client, task);
      }
      times.add(Duration.ofNanos((System.nanoTime() - begin) / (to - from)));
    }
    return Series.ofTimes("create one of " + count + " VMs, " + AT_ONCE + " at once", times);
  }

  private Series starts(Client client) throws IOException, InterruptedException {
    var times = new ArrayList<Duration>();
    for (int i = 0; i < STARTS; i++) {
      node.stop();
      long begin = System.nanoTime();
      node.start();
      if (client.vms(ListQuery.all()).items().size() != Math.min(PAGE, count)) {
        throw new IOException("the first page is not whole");
      }
      times.add(Duration.ofNanos(System.nanoTime() - begin));
    }
    return Series.ofTimes("daemon with " + count + " VMs, exec to the first page of 500", times);
  }

  /** Pages one after the other, from the first to the last and again. */
  private Series pages(Client client) throws IOException {
    var times = new ArrayList<Duration>();
    @Nullable String after = null;
    int seen = 0;
    while (times.size() < PAGES) {
      ListQuery query = after == null ? ListQuery.all() : ListQuery.all().after(after);
      long begin = System.nanoTime();
      Page<Vm> page = client.vms(query);
      times.add(Duration.ofNanos(System.nanoTime() - begin));
      seen += page.items().size();
      after = page.next();
      if (after == null) {
        if (seen != count) {
          throw new IOException("the pages have " + seen + " VMs, not " + count);
        }
        seen = 0;
      }
    }
    return Series.ofTimes("page of 500 of " + count + " VMs, as a Java client has it", times);
  }

  private Series lastPages(Client client) throws IOException {
    ListQuery last = ListQuery.all().after(name(Math.max(0, count - PAGE - 1)));
    return Await.timed("last page of " + count + " VMs", SELECTIONS, _ -> client.vms(last));
  }

  private static ListQuery labelled() {
    return ListQuery.all().labels(List.of(LABEL + "=r3"));
  }

  private static ListQuery running() {
    return ListQuery.all().fields(List.of("status.phase=running"));
  }

  private Series selected(Client client, String what, ListQuery query) throws IOException {
    return Await.timed(
        "page " + what + " among " + count + " VMs", SELECTIONS, _ -> client.vms(query));
  }
}
