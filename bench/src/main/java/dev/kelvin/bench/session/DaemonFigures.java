package dev.kelvin.bench.session;

import dev.kelvin.api.Client;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.bench.guest.Guest;
import dev.kelvin.bench.process.Await;
import dev.kelvin.bench.report.Series;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How fast the daemon is, and how much memory it takes. */
public final class DaemonFigures {
  private static final int DAEMON_STARTS = 10;
  private static final int MEMORY_SAMPLES = 10;

  private DaemonFigures() {}

  /** From the daemon's exec to the first answer, on files that an earlier daemon left. */
  public static Series answer(Node node) throws IOException, InterruptedException {
    var times = new ArrayList<Duration>();
    for (int i = 0; i < DAEMON_STARTS; i++) {
      node.stop();
      times.add(node.start());
    }
    return Series.ofTimes("daemon, exec to first answer", times);
  }

  /**
   * The resident memory of the daemon while VMs run and it is asked for lists and metrics once a
   * second. The VMs stay.
   */
  public static Series memory(Node node, VmSpec spec, int vms)
      throws IOException, InterruptedException {
    try (Client client = node.client()) {
      for (int i = 0; i < vms; i++) {
        var vm = new Vm(Metadata.named("many-" + i), spec, VmStatus.initial());
        node.finish(client, client.createVm(VmDocument.of(vm)));
      }
      Await.until("VMs that run", Duration.ofMinutes(5), () -> running(client) == vms);
      for (int i = 0; i < vms; i++) {
        String name = "many-" + i;
        Await.until(
            "the marker of " + name,
            Duration.ofMinutes(10),
            () ->
                new String(client.serialLog(name, 65536), StandardCharsets.ISO_8859_1)
                    .contains(Guest.MARKER));
      }
      var samples = new ArrayList<Double>();
      long next = System.nanoTime();
      for (int i = 0; i < MEMORY_SAMPLES; i++) {
        client.metrics();
        client.allVms(ListQuery.all());
        next += Duration.ofSeconds(1).toNanos();
        long until = next;
        Await.until("the next second", Await.USUAL, () -> System.nanoTime() >= until);
        samples.add(residentMiB(node.pid()));
      }
      return new Series(
          "daemon, resident memory with " + vms + " VMs", "MiB", List.copyOf(samples));
    }
  }

  private static long running(Client client) {
    return client.allVms(ListQuery.all()).stream()
        .filter(vm -> vm.status().phase() == Phase.RUNNING)
        .count();
  }

  /** VmRSS of proc_pid_status(5). */
  public static double residentMiB(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .map(line -> line.replaceAll("[^0-9]", ""))
        .mapToDouble(kib -> Double.parseDouble(kib) / 1024.0)
        .findFirst()
        .orElseThrow(() -> new IOException("the daemon is gone"));
  }
}
