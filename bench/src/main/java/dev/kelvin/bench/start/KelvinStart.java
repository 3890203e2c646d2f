package dev.kelvin.bench.start;

import dev.kelvin.api.Client;
import dev.kelvin.api.Client.Kind;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.api.http.EventStream;
import dev.kelvin.bench.guest.Guest;
import dev.kelvin.bench.session.Node;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;

/**
 * Starts a VM through the API: from the request until a watcher hears that it runs, and until the
 * marker comes out of its serial console.
 */
final class KelvinStart implements Start {
  /** Whether the VM is there already, or the request creates it too. */
  enum Manner {
    START,
    CREATE
  }

  private final Node node;
  private final VmSpec spec;
  private final Manner manner;
  private int count;

  KelvinStart(Node node, VmSpec spec, Manner manner) {
    this.node = node;
    this.spec = spec;
    this.manner = manner;
  }

  @Override
  public String name() {
    return switch (manner) {
      case START -> "kelvin start";
      case CREATE -> "kelvin create";
    };
  }

  @Override
  public Times measure() throws IOException, InterruptedException {
    String vm = "bench-" + manner.name().toLowerCase(Locale.ROOT) + "-" + count++;
    try (Client client = node.client()) {
      if (manner == Manner.START) {
        node.finish(client, client.createVm(document(vm, Power.STOPPED)));
      }
      try {
        return measure(client, vm);
      } finally {
        node.finish(client, client.deleteVm(vm, true));
      }
    }
  }

  private Times measure(Client client, String vm) throws IOException, InterruptedException {
    try (Client watcher = node.client();
        EventStream changes = watcher.watch(Kind.VMS, ListQuery.all(), 0)) {
      long begin = System.nanoTime();
      Task task =
          switch (manner) {
            case START -> client.startVm(vm);
            case CREATE -> client.createVm(document(vm, Power.RUNNING));
          };
      long running = awaitRunning(changes, vm);
      long init = awaitMarker(client, vm);
      node.finish(client, task);
      return new Times(Duration.ofNanos(running - begin), Duration.ofNanos(init - begin));
    }
  }

  private static long awaitRunning(EventStream changes, String vm) throws IOException {
    for (var item = changes.next(); item != null; item = changes.next()) {
      if (item.event().equals("put")) {
        Vm seen = Documents.readTrusted(item.data().getBytes(StandardCharsets.UTF_8), Vm.class);
        if (seen.metadata().name().equals(vm) && seen.status().phase() == Phase.RUNNING) {
          return System.nanoTime();
        }
      }
    }
    throw new IOException("the watch ended before " + vm + " ran");
  }

  private static long awaitMarker(Client client, String vm) throws IOException {
    try (var console = client.console(vm, Client.Console.SERIAL)) {
      var seen = new StringBuilder();
      for (byte[] part = console.receive(); part != null; part = console.receive()) {
        seen.append(new String(part, StandardCharsets.ISO_8859_1));
        if (seen.indexOf(Guest.MARKER) >= 0) {
          return System.nanoTime();
        }
      }
      throw new IOException("the console ended before the marker came: " + seen);
    }
  }

  private VmDocument document(String name, Power power) {
    return VmDocument.of(new Vm(Metadata.named(name), spec.withPower(power), VmStatus.initial()));
  }
}
