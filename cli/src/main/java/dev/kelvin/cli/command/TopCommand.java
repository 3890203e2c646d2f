package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.command.TopHistory.Order;
import dev.kelvin.cli.text.Sparkline;
import dev.kelvin.cli.text.Table;
import dev.kelvin.cli.text.Units;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code kelvin top}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "CPU is in percent of one CPU of the host. On a terminal, each quantity has its course beside it;",
      "a, c, m, d and n sort by name, CPU, memory, disk and network, and q quits. Elsewhere one table is",
      "written, unless -n says otherwise.",
      "",
      "Examples:",
      "  kelvin top --sort cpu",
      "  kelvin top -n 3 --interval 5s > load.txt"
    })
public final class TopCommand extends Command {
  static final String MEMORY = "kelvin_vm_memory_bytes";
  static final String RESIDENT = "kelvin_vm_memory_resident_bytes";
  static final String CPU = "kelvin_vm_cpu_seconds_total";
  static final String READ = "kelvin_vm_disk_read_bytes_total";
  static final String WRITTEN = "kelvin_vm_disk_written_bytes_total";
  static final String RECEIVED = "kelvin_vm_network_received_bytes_total";
  static final String SENT = "kelvin_vm_network_sent_bytes_total";

  @Option(
      names = {"-n", "--iterations"},
      paramLabel = "N",
      description = "End after so many tables.")
  @Nullable Integer iterations;

  @Option(names = "--interval", paramLabel = "TIME", description = "Between two tables. Usual: 2s.")
  String interval = "2s";

  @Option(
      names = "--sort",
      paramLabel = "BY",
      description = "name, cpu, memory, disk or network; the largest first. Usual: name.")
  Order sort = Order.NAME;

  public TopCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() throws IOException, InterruptedException {
    Duration pause = Units.duration(interval, "--interval");
    boolean terminal = session.terminal().hasOutput();
    int rounds = iterations != null ? iterations : terminal ? Integer.MAX_VALUE : 1;
    if (terminal && session.terminal().hasInput()) {
      new TopScreen(session, pause, sort).run(rounds);
    } else {
      write(pause, rounds);
    }
    return 0;
  }

  /** One table after the other. */
  private void write(Duration pause, int rounds) {
    PrometheusText before = PrometheusText.parse(session.client().metrics());
    long then = System.nanoTime();
    for (int i = 0; i < rounds && !session.out().checkError(); i++) {
      session.pause(pause);
      PrometheusText now = PrometheusText.parse(session.client().metrics());
      long at = System.nanoTime();
      session.out().print(text(before, now, sort, (at - then) / 1e9));
      session.out().flush();
      before = now;
      then = at;
    }
  }

  static String text(PrometheusText before, PrometheusText now, Order order, double seconds) {
    var table = new Table("NAME", "CPU", "MEMORY", "OF", "READ", "WRITTEN", "RECEIVED", "SENT");
    var history = new TopHistory(Sparkline.in(StandardCharsets.US_ASCII));
    history.add(before, now, seconds);
    for (String vm : history.sorted(order)) {
      double cpu = rate(before, now, CPU, vm, seconds) * 100;
      table.row(
          vm,
          String.format(Locale.ROOT, "%.0f %%", cpu),
          Units.size(now.ofVm(RESIDENT, vm)),
          Units.size(now.ofVm(MEMORY, vm)),
          speed(before, now, READ, vm, seconds),
          speed(before, now, WRITTEN, vm, seconds),
          speed(before, now, RECEIVED, vm, seconds),
          speed(before, now, SENT, vm, seconds));
    }
    return host(now) + "\n\n" + table.render(true);
  }

  /** A line about the host. */
  static String host(PrometheusText now) {
    double total = now.ofNode("kelvin_node_memory_bytes");
    double used = total - now.ofNode("kelvin_node_memory_available_bytes");
    return String.format(
        Locale.ROOT,
        "Host: %.0f CPUs, load %.2f, %s of %s memory used; %d running",
        now.ofNode("kelvin_node_cpus"),
        now.ofNode("kelvin_node_load1"),
        Units.size(used),
        Units.size(total),
        now.running().size());
  }

  static double rate(
      PrometheusText before, PrometheusText now, String name, String vm, double seconds) {
    return Math.max(0, (now.ofVm(name, vm) - before.ofVm(name, vm)) / seconds);
  }

  private static String speed(
      PrometheusText before, PrometheusText now, String name, String vm, double seconds) {
    return Units.size(rate(before, now, name, vm, seconds)) + "/s";
  }
}
