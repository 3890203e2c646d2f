package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.text.Table;
import dev.kelvin.cli.text.Units;
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
      "CPU is in percent of one CPU of the host. Refreshes until Ctrl-C; where standard output is no",
      "terminal, one table is written unless -n says otherwise.",
      "",
      "Example:",
      "  kelvin top -n 3 --interval 5s"
    })
public final class TopCommand extends Command {
  private static final String CPU = "kelvin_vm_cpu_seconds_total";
  private static final String READ = "kelvin_vm_disk_read_bytes_total";
  private static final String WRITTEN = "kelvin_vm_disk_written_bytes_total";
  private static final String RECEIVED = "kelvin_vm_network_received_bytes_total";
  private static final String SENT = "kelvin_vm_network_sent_bytes_total";

  @Option(
      names = {"-n", "--iterations"},
      paramLabel = "N",
      description = "End after so many tables.")
  @Nullable Integer iterations;

  @Option(names = "--interval", paramLabel = "TIME", description = "Between two tables. Usual: 2s.")
  String interval = "2s";

  public TopCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    boolean terminal = session.terminal().hasOutput();
    int left = iterations != null ? iterations : terminal ? Integer.MAX_VALUE : 1;
    Duration pause = Units.duration(interval, "--interval");
    Metrics before = Metrics.parse(session.client().metrics());
    long then = System.nanoTime();
    while (left-- > 0 && !session.out().checkError()) {
      session.pause(pause);
      Metrics now = Metrics.parse(session.client().metrics());
      long at = System.nanoTime();
      String text = text(before, now, (at - then) / 1e9);
      // On a terminal each table takes the place of the one before.
      session.out().print(terminal ? "\033[H\033[2J" + text : text);
      session.out().flush();
      before = now;
      then = at;
    }
    return 0;
  }

  static String text(Metrics before, Metrics now, double seconds) {
    var table = new Table("NAME", "CPU", "MEMORY", "OF", "READ", "WRITTEN", "RECEIVED", "SENT");
    for (String vm : now.running()) {
      double cpu = rate(before, now, CPU, vm, seconds) * 100;
      table.row(
          vm,
          String.format(Locale.ROOT, "%.0f %%", cpu),
          Units.size(now.ofVm("kelvin_vm_memory_resident_bytes", vm)),
          Units.size(now.ofVm("kelvin_vm_memory_bytes", vm)),
          speed(before, now, READ, vm, seconds),
          speed(before, now, WRITTEN, vm, seconds),
          speed(before, now, RECEIVED, vm, seconds),
          speed(before, now, SENT, vm, seconds));
    }
    double total = now.ofNode("kelvin_node_memory_bytes");
    double used = total - now.ofNode("kelvin_node_memory_available_bytes");
    String host =
        String.format(
            Locale.ROOT,
            "Host: %.0f CPUs, load %.2f, %s of %s memory used; %d VMs run%n%n",
            now.ofNode("kelvin_node_cpus"),
            now.ofNode("kelvin_node_load1"),
            Units.size(used),
            Units.size(total),
            now.running().size());
    return host + table.render(true);
  }

  private static double rate(Metrics before, Metrics now, String name, String vm, double seconds) {
    return Math.max(0, (now.ofVm(name, vm) - before.ofVm(name, vm)) / seconds);
  }

  private static String speed(Metrics before, Metrics now, String name, String vm, double seconds) {
    return Units.size(rate(before, now, name, vm, seconds)) + "/s";
  }
}
