package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.Client;
import dev.kelvin.api.Client.Kind;
import dev.kelvin.api.Endpoint;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.Page;
import dev.kelvin.api.VmDocument;
import dev.kelvin.api.http.EventStream;
import dev.kelvin.codec.Documents;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Txn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A thousand stored VMs: pages and watches tell the truth while VMs come, change and go. */
@Tag("slow")
class ManyVmsTest {
  private static final int STORED = 1_000;
  private static final int AT_ONCE = 40;
  private static final int WATCHERS = 20;
  private static final int CHANGED = 5;
  private static final String LAST = "zz-last";

  private static String name(int number) {
    return String.format(Locale.ROOT, "vm-%04d", number);
  }

  /** As daemons have stored them. */
  private static void store(Path home) {
    Layout layout = Layout.resolve(Map.of("KELVIN_HOME", home.toString()), true);
    VmSpec spec = VmSpec.defaults().withPower(Power.STOPPED);
    try (var store = SqliteStore.open(layout.state().resolve("store.db"))) {
      var vms = new Collection<>(store, VmRepository.vmForm());
      var statuses = new Collection<>(store, VmRepository.statusForm());
      for (int from = 0; from < STORED; from += AT_ONCE) {
        var ops = new ArrayList<Op>();
        for (int i = from; i < from + AT_ONCE; i++) {
          // Ids in another order than names.
          String id = String.format(Locale.ROOT, "%020d", (i * 7919L) % 1_000_003);
          var metadata = new Metadata(name(i), id, Map.of("n", "0"), 0, Instant.EPOCH);
          ops.add(vms.put(id, new VmRecord(metadata, spec, -1)));
          VmStatus status = VmStatus.initial().in(Phase.STOPPED, null, Instant.EPOCH);
          ops.add(statuses.put(id, status));
          ops.add(Op.put("/vm-names/" + name(i), id.getBytes(StandardCharsets.UTF_8)));
        }
        store.commit(Txn.of(ops));
      }
    }
  }

  @Test
  void pagesAndWatchesAgreeWithWhatHappens() throws Exception {
    Path home = TestDaemon.home("");
    store(home);
    try (TestDaemon daemon = TestDaemon.start(TestDaemon.Program.usual(), home);
        var watcher = new Client(new Endpoint.Local(daemon.layout().socket()));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      long revision = daemon.client().vms(ListQuery.all()).revision();
      Map<String, Vm> before = byId(daemon.client().allVms(ListQuery.all()));
      assertThat(before).hasSize(STORED);
      var followed = new ArrayList<Future<Map<String, Vm>>>();
      var streams = new ArrayList<EventStream>();
      try {
        for (int i = 0; i < WATCHERS; i++) {
          EventStream stream = watcher.watch(Kind.VMS, ListQuery.all(), revision);
          streams.add(stream);
          followed.add(threads.submit(() -> follow(stream, before)));
        }
        Future<?> changes = threads.submit(() -> change(daemon), true);
        int walks = 0;
        while (!changes.isDone() || walks == 0) {
          checkPages(daemon.client());
          walks++;
        }
        changes.get();
        Map<String, Vm> after = byId(daemon.client().allVms(ListQuery.all()));
        for (Future<Map<String, Vm>> one : followed) {
          assertThat(result(one)).isEqualTo(after);
        }
      } finally {
        for (EventStream stream : streams) {
          stream.close();
        }
        // None of them runs: what is left is files of the daemon.
        daemon.client().stopDaemon(false);
        daemon.awaitEnd();
      }
    }
  }

  private static Map<String, Vm> result(Future<Map<String, Vm>> one)
      throws InterruptedException, ExecutionException, TimeoutException {
    return one.get(60, TimeUnit.SECONDS);
  }

  private static Map<String, Vm> byId(List<Vm> vms) {
    var all = new TreeMap<String, Vm>();
    vms.forEach(vm -> all.put(vm.metadata().id(), vm));
    return all;
  }

  /** What a client has who begins with a list and takes over what it is told after that. */
  private static Map<String, Vm> follow(EventStream stream, Map<String, Vm> before)
      throws IOException {
    var known = new TreeMap<String, Vm>(before);
    long last = 0;
    while (true) {
      EventStream.Item item = stream.next();
      assertThat(item).as("the stream goes on").isNotNull();
      assertThat(Long.parseLong(item.id())).isGreaterThanOrEqualTo(last);
      last = Long.parseLong(item.id());
      byte[] data = item.data().getBytes(StandardCharsets.UTF_8);
      switch (item.event()) {
        case "put" -> {
          Vm vm = Documents.readTrusted(data, Vm.class);
          known.put(vm.metadata().id(), vm);
          if (vm.metadata().name().equals(LAST) && vm.status().phase() == Phase.STOPPED) {
            return known;
          }
        }
        case "delete" -> {
          var gone = Documents.tree(data);
          Vm removed = known.remove(gone.path("id").asString());
          assertThat(removed).isNotNull();
          assertThat(gone.path("name").asString()).isEqualTo(removed.metadata().name());
        }
        default -> throw new AssertionError("told " + item);
      }
    }
  }

  /** VMs that nobody touches are in each walk through all pages, once and in order. */
  private static void checkPages(Client client) {
    var names = new ArrayList<String>();
    ListQuery query = new ListQuery(List.of(), List.of(), null, 170);
    for (Page<Vm> page = client.vms(query); ; page = client.vms(query)) {
      page.items().forEach(vm -> names.add(vm.metadata().name()));
      if (page.next() == null) {
        break;
      }
      query = query.after(page.next());
    }
    assertThat(names).isSorted().doesNotHaveDuplicates();
    var untouched = new ArrayList<String>();
    for (int i = 0; i < STORED; i++) {
      if (i % 10 != 0) {
        untouched.add(name(i));
      }
    }
    assertThat(names).containsAll(untouched);
  }

  /** Relabels, renames and deletes VMs, and creates new ones; the last one is {@link #LAST}. */
  private static void change(TestDaemon daemon) {
    Client client = daemon.client();
    for (int i = 0; i < CHANGED; i++) {
      Vm vm = client.vm(name(i * 10));
      var labelled = vm.withMetadata(vm.metadata().withLabels(Map.of("n", "1", "i", "" + i)));
      daemon.done(client.updateVm(name(i * 10), VmDocument.of(labelled), null));
      daemon.done(client.renameVm(name(i * 10 + 300), "renamed-" + i));
      daemon.done(client.deleteVm(name(i * 10 + 600), false));
      daemon.create(fresh("new-" + i));
    }
    daemon.create(fresh(LAST));
  }

  private static Vm fresh(String name) {
    VmSpec spec = VmSpec.defaults().withPower(Power.STOPPED);
    return new Vm(Metadata.named(name), spec, VmStatus.initial());
  }
}
