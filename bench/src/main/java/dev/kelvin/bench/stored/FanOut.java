package dev.kelvin.bench.stored;

import dev.kelvin.api.Client;
import dev.kelvin.api.Client.Kind;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.api.http.EventStream;
import dev.kelvin.bench.process.Await;
import dev.kelvin.bench.report.Bar;
import dev.kelvin.bench.report.Series;
import dev.kelvin.bench.session.BenchSession;
import dev.kelvin.bench.session.Node;
import dev.kelvin.model.Vm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Many clients watch all VMs. Changes are made one after the other, and each client must hear each
 * change, with what was changed in it, exactly once and in order.
 */
final class FanOut {
  private static final int CHANGES = 100;
  private static final String LABEL = "change";
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** A change on its way to all clients. */
  private static final class Round {
    final String marker;
    final CountDownLatch heard;

    Round(int number, int clients) {
      marker = marker(number);
      heard = new CountDownLatch(clients);
    }

    static String marker(int number) {
      return "\"" + LABEL + "\":\"n" + number + "\"";
    }
  }

  private final List<Round> rounds = new ArrayList<>();
  private final int clients;

  private FanOut(int clients) {
    this.clients = clients;
    for (int i = 0; i < CHANGES; i++) {
      rounds.add(new Round(i, clients));
    }
  }

  static void measure(BenchSession session, Node node, Client client)
      throws IOException, InterruptedException {
    int clients = session.options().watchers();
    var fanOut = new FanOut(clients);
    Series times = fanOut.run(node, client);
    session.add(times);
    session.add(
        new Bar(
            "change of a label until " + clients + " watchers have it, p99",
            times.quantile(0.99),
            250,
            "ms"));
  }

  private Series run(Node node, Client client) throws IOException, InterruptedException {
    var threads = new ArrayList<Thread>();
    var streams = new ArrayList<EventStream>();
    var heard = new ArrayList<Ear>();
    try (Client watcher = node.client()) {
      long revision = client.vms(ListQuery.all()).revision();
      for (int i = 0; i < clients; i++) {
        EventStream stream = watcher.watch(Kind.VMS, ListQuery.all(), revision);
        streams.add(stream);
        var ear = new Ear(stream);
        heard.add(ear);
        threads.add(Thread.ofVirtual().name("watcher-" + i).start(ear::listen));
      }
      Map<String, Integer> changes = new HashMap<>();
      Series times = change(client, changes);
      for (Ear ear : heard) {
        ear.check(changes);
      }
      return times;
    } finally {
      for (EventStream stream : streams) {
        stream.close();
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  /**
   * Makes the changes.
   *
   * @param changes is filled with their numbers by their revisions
   */
  private Series change(Client client, Map<String, Integer> changes)
      throws IOException, InterruptedException {
    var times = new ArrayList<Duration>();
    for (int i = 0; i < CHANGES; i++) {
      Vm vm = client.vm(StoredFigures.name(i));
      var labels = new HashMap<>(vm.metadata().labels());
      labels.put(LABEL, "n" + i);
      Vm changed = new Vm(vm.metadata().withLabels(labels), vm.spec(), vm.status());
      long begin = System.nanoTime();
      var task = client.updateVm(StoredFigures.name(i), VmDocument.of(changed), null);
      if (!rounds.get(i).heard.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException(
            "change " + i + " did not come to " + rounds.get(i).heard.getCount() + " watchers");
      }
      times.add(Duration.ofNanos(System.nanoTime() - begin));
      Await.until("the end of the update", LIMIT, () -> client.task(task.id()).state().ended());
      changes.put(Long.toString(client.vm(StoredFigures.name(i)).metadata().revision()), i);
    }
    return Series.ofTimes(
        "change of a label until the last of " + clients + " watchers has it", times);
  }

  /** One client. */
  private final class Ear {
    private final EventStream stream;
    private final List<EventStream.Item> items = new ArrayList<>();

    Ear(EventStream stream) {
      this.stream = stream;
    }

    void listen() {
      try {
        int next = 0;
        for (var item = stream.next(); item != null; item = stream.next()) {
          items.add(item);
          if (next < CHANGES && item.data().contains(rounds.get(next).marker)) {
            rounds.get(next++).heard.countDown();
          }
          if (next == CHANGES) {
            return;
          }
        }
      } catch (IOException e) {
        // Closed at the end; what was lost before shows in what was heard.
        if (items.size() < CHANGES) {
          throw new UncheckedIOException(e);
        }
      }
    }

    /** Each change was told with its revision, once, in order. */
    void check(Map<String, Integer> changes) throws IOException {
      var numbers = new ArrayList<Integer>();
      for (EventStream.Item item : items) {
        Integer number = changes.get(item.id());
        if (number == null || !item.data().contains(Round.marker(number))) {
          throw new IOException("a watcher was told " + item + ", which nobody has changed so");
        }
        numbers.add(number);
      }
      for (int i = 0; i < CHANGES; i++) {
        if (numbers.size() != CHANGES || numbers.get(i) != i) {
          throw new IOException("a watcher was told the changes " + numbers);
        }
      }
    }
  }
}
