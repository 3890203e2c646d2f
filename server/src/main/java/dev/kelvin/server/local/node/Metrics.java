package dev.kelvin.server.local.node;

import dev.kelvin.machine.VmMeasures;
import dev.kelvin.machine.VmMeasures.Measure;
import dev.kelvin.model.Phase;
import dev.kelvin.model.VmStatus;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** What Prometheus reads: measures of the node and of each VM. Sizes in bytes, times in seconds. */
public final class Metrics {
  private final VmMeasures measures;
  private final IntSupplier damaged;
  private final Supplier<Duration> storeAge;

  public Metrics(VmMeasures measures, IntSupplier damaged, Supplier<Duration> storeAge) {
    this.measures = measures;
    this.damaged = damaged;
    this.storeAge = storeAge;
  }

  /** All metrics in Prometheus' text format. */
  byte[] text() throws InterruptedException {
    List<Measure> vms = measures.all();
    var all = new ArrayList<MetricSnapshot>();
    node(all, vms);
    processes(all, vms);
    disks(all, vms);
    network(all, vms);
    var out = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create()
          .write(out, MetricSnapshots.of(all.toArray(new MetricSnapshot[0])));
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return out.toByteArray();
  }

  private void node(List<MetricSnapshot> all, List<Measure> vms) {
    Map<String, Long> memory = memory();
    gauge(
        all,
        "kelvin_damaged_objects",
        "Stored VMs and images that cannot be read.",
        damaged.getAsInt());
    gauge(
        all,
        "kelvin_store_age_seconds",
        "How long ago the store last answered; what is told of VMs is known without it.",
        storeAge.get().toMillis() / 1000.0);
    gauge(all, "kelvin_node_cpus", "CPUs of the host.", Runtime.getRuntime().availableProcessors());
    gauge(
        all,
        "kelvin_node_load1",
        "Load average of the last minute.",
        java.lang.management.ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    gauge(
        all,
        "kelvin_node_memory_bytes",
        "Memory of the host.",
        memory.getOrDefault("MemTotal", 0L));
    gauge(
        all,
        "kelvin_node_memory_available_bytes",
        "Memory of the host that is available.",
        memory.getOrDefault("MemAvailable", 0L));
    gauge(
        all,
        "kelvin_daemon_memory_resident_bytes",
        "Memory that the daemon has in RAM.",
        status().getOrDefault("VmRSS", 0L));
    var phases = new TreeMap<Phase, Integer>();
    vms.forEach(vm -> phases.merge(vm.vm().status().phase(), 1, Integer::sum));
    var counts = GaugeSnapshot.builder().name("kelvin_vms").help("VMs in each phase.");
    phases.forEach((phase, count) ->
        counts.dataPoint(
            GaugeDataPointSnapshot.builder()
                .labels(Labels.of("phase", phase.wire()))
                .value(count)
                .build()));
    all.add(counts.build());
  }

  private static void gauge(List<MetricSnapshot> all, String name, String help, double value) {
    all.add(
        GaugeSnapshot.builder()
            .name(name)
            .help(help)
            .dataPoint(GaugeDataPointSnapshot.builder().value(value).build())
            .build());
  }

  private static void processes(List<MetricSnapshot> all, List<Measure> vms) {
    perVm(all, "kelvin_vm_up", "1 while the VM has a process.", vms, Metrics::up);
    perVm(
        all,
        "kelvin_vm_memory_bytes",
        "Memory that the guest sees.",
        vms,
        vm -> vm.vm().spec().memory().size().bytes());
    perVm(all, "kelvin_vm_cpus", "Virtual CPUs.", vms, vm -> vm.vm().spec().cpu().count());
    perVm(
        all,
        "kelvin_vm_memory_resident_bytes",
        "Memory that the VM's process has in RAM.",
        vms,
        vm -> vm.process() == null ? 0 : vm.process().resident().bytes());
    var cpu =
        CounterSnapshot.builder()
            .name("kelvin_vm_cpu_seconds")
            .help("Time on CPUs since the VM's process started.");
    for (Measure vm : vms) {
      if (vm.process() != null) {
        cpu.dataPoint(countSeconds(name(vm), vm.process().cpu().toMillis() / 1000.0));
      }
    }
    all.add(cpu.build());
    walls(all, vms);
  }

  private static void walls(List<MetricSnapshot> all, List<Measure> vms) {
    var walls =
        GaugeSnapshot.builder()
            .name("kelvin_vm_walls")
            .help("Walls around the VM's process in each state, as the kernel shows them.");
    for (Measure vm : vms) {
      vm.walls()
          .forEach((state, count) ->
              walls.dataPoint(
                  GaugeDataPointSnapshot.builder()
                      .labels(name(vm).merge(Labels.of("state", state.wire())))
                      .value(count)
                      .build()));
    }
    all.add(walls.build());
  }

  private static double up(Measure measure) {
    VmStatus status = measure.vm().status();
    return status.phase().hasProcess() ? 1 : 0;
  }

  private static void perVm(
      List<MetricSnapshot> all,
      String name,
      String help,
      List<Measure> vms,
      ToDoubleFunction<Measure> value) {
    var gauge = GaugeSnapshot.builder().name(name).help(help);
    for (Measure vm : vms) {
      gauge.dataPoint(
          GaugeDataPointSnapshot.builder().labels(name(vm)).value(value.applyAsDouble(vm)).build());
    }
    all.add(gauge.build());
  }

  private static Labels name(Measure vm) {
    return Labels.of("vm", vm.vm().metadata().name());
  }

  private static CounterDataPointSnapshot count(Labels labels, long value) {
    return countSeconds(labels, (double) value);
  }

  private static CounterDataPointSnapshot countSeconds(Labels labels, double value) {
    return CounterDataPointSnapshot.builder().labels(labels).value(value).build();
  }

  private static void disks(List<MetricSnapshot> all, List<Measure> vms) {
    var read =
        CounterSnapshot.builder().name("kelvin_vm_disk_read_bytes").help("Read by the guest.");
    var written =
        CounterSnapshot.builder()
            .name("kelvin_vm_disk_written_bytes")
            .help("Written by the guest.");
    var reads =
        CounterSnapshot.builder().name("kelvin_vm_disk_reads").help("Read requests of the guest.");
    var writes =
        CounterSnapshot.builder()
            .name("kelvin_vm_disk_writes")
            .help("Write requests of the guest.");
    for (Measure vm : vms) {
      for (var disk : vm.disks()) {
        Labels labels = name(vm).merge(Labels.of("disk", disk.disk()));
        read.dataPoint(count(labels, disk.readBytes()));
        written.dataPoint(count(labels, disk.writtenBytes()));
        reads.dataPoint(count(labels, disk.reads()));
        writes.dataPoint(count(labels, disk.writes()));
      }
    }
    all.addAll(List.of(read.build(), written.build(), reads.build(), writes.build()));
  }

  private static void network(List<MetricSnapshot> all, List<Measure> vms) {
    var received =
        CounterSnapshot.builder()
            .name("kelvin_vm_network_received_bytes")
            .help("Received by the guest, as its agent counts.");
    var sent =
        CounterSnapshot.builder()
            .name("kelvin_vm_network_sent_bytes")
            .help("Sent by the guest, as its agent counts.");
    for (Measure vm : vms) {
      for (var nic : vm.network()) {
        Labels labels = name(vm).merge(Labels.of("interface", nic.name()));
        received.dataPoint(count(labels, nic.rxBytes()));
        sent.dataPoint(count(labels, nic.txBytes()));
      }
    }
    all.addAll(List.of(received.build(), sent.build()));
  }

  private static Map<String, Long> memory() {
    return kibibytes(Path.of("/proc/meminfo"));
  }

  private static Map<String, Long> status() {
    return kibibytes(Path.of("/proc/self/status"));
  }

  /** The lines "Key: 123 kB" of a file, in bytes (proc_meminfo(5), proc_pid_status(5)). */
  private static Map<String, Long> kibibytes(Path file) {
    var values = new TreeMap<String, Long>();
    try {
      for (String line : Files.readAllLines(file)) {
        String[] words = line.split("\\s+", -1);
        if (words.length == 3 && words[2].equals("kB")) {
          values.put(words[0].substring(0, words[0].length() - 1), Long.parseLong(words[1]) << 10);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file, e);
    }
    return values;
  }
}
