package dev.kelvin.cli.command;

import dev.kelvin.cli.text.Sparkline;
import dev.kelvin.cli.text.Units;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What VMs took of the host during the last minutes, as {@code kelvin top} shows it. */
final class TopHistory {
  /** What VMs can be sorted by; all but the name put the largest first. */
  enum Order {
    NAME,
    CPU,
    MEMORY,
    DISK,
    NETWORK
  }

  /** What is measured. */
  private enum Quantity {
    CPU,
    MEMORY,
    DISK,
    NETWORK
  }

  private static final int KEPT = 120;
  private static final int NARROW = 80;
  private static final int NAME = 12;
  private static final int SPARK = 6;
  private static final int MEMORY_SPARK = 4;

  /** Below that, traffic is drawn as little even when there was never more. */
  private static final double QUIET = 64 * 1024;

  private final Map<String, Map<Quantity, List<Double>>> histories = new TreeMap<>();
  private final Sparkline sparkline;

  TopHistory(Sparkline sparkline) {
    this.sparkline = sparkline;
  }

  /** Takes what was measured between two looks; VMs that run no more are forgotten. */
  void add(PrometheusText before, PrometheusText now, double seconds) {
    histories.keySet().retainAll(now.running());
    for (String vm : now.running()) {
      var history = histories.computeIfAbsent(vm, any -> new EnumMap<>(Quantity.class));
      double cpu = TopCommand.rate(before, now, TopCommand.CPU, vm, seconds) * 100;
      double disk =
          TopCommand.rate(before, now, TopCommand.READ, vm, seconds)
              + TopCommand.rate(before, now, TopCommand.WRITTEN, vm, seconds);
      double network =
          TopCommand.rate(before, now, TopCommand.RECEIVED, vm, seconds)
              + TopCommand.rate(before, now, TopCommand.SENT, vm, seconds);
      keep(history, Quantity.CPU, cpu);
      keep(history, Quantity.MEMORY, now.ofVm(TopCommand.RESIDENT, vm));
      keep(history, Quantity.DISK, disk);
      keep(history, Quantity.NETWORK, network);
    }
  }

  private static void keep(Map<Quantity, List<Double>> history, Quantity quantity, double value) {
    List<Double> values = history.computeIfAbsent(quantity, any -> new ArrayList<>());
    values.add(value);
    if (values.size() > KEPT) {
      values.removeFirst();
    }
  }

  /** The names of the VMs in an order. */
  List<String> sorted(Order order) {
    Comparator<String> byName = Comparator.naturalOrder();
    Comparator<String> comparator =
        switch (order) {
          case NAME -> byName;
          case CPU -> largest(Quantity.CPU);
          case MEMORY -> largest(Quantity.MEMORY);
          case DISK -> largest(Quantity.DISK);
          case NETWORK -> largest(Quantity.NETWORK);
        };
    return histories.keySet().stream().sorted(comparator.thenComparing(byName)).toList();
  }

  private Comparator<String> largest(Quantity quantity) {
    return Comparator.comparingDouble((String vm) -> last(vm, quantity)).reversed();
  }

  private double last(String vm, Quantity quantity) {
    return values(vm, quantity).getLast();
  }

  private List<Double> values(String vm, Quantity quantity) {
    return histories.getOrDefault(vm, Map.of()).getOrDefault(quantity, List.of(0.0));
  }

  /**
   * The table, each line of at most {@code width} characters.
   *
   * @param width at least 80; what is more goes to the names and the sparklines
   * @param lines how many lines there is room for
   */
  List<String> table(PrometheusText now, Order order, int width, int lines) {
    int more = Math.max(0, width - NARROW);
    int name = NAME + Math.min(20, more / 5);
    int spark = SPARK + more / 5;
    int memorySpark = MEMORY_SPARK + more / 5;
    var text = new ArrayList<String>();
    // Numbers to the right, words and courses to the left; a course belongs to its number.
    int[] widths = {-name, 7, -spark, 9, -memorySpark, 11, -spark, 11, -spark};
    text.add(line(widths, "NAME", "CPU", "", "MEMORY", "", "DISK", "", "NETWORK", ""));
    List<String> vms = sorted(order);
    int room = Math.max(1, lines - 1);
    boolean all = vms.size() <= room;
    for (String vm : all ? vms : vms.subList(0, room - 1)) {
      double size = Math.max(1, now.ofVm(TopCommand.MEMORY, vm));
      text.add(
          line(
              widths,
              vm.length() <= name ? vm : vm.substring(0, name - 1) + "~",
              String.format(Locale.ROOT, "%.0f %%", last(vm, Quantity.CPU)),
              draw(vm, Quantity.CPU, 100, spark),
              Units.size(last(vm, Quantity.MEMORY)),
              sparkline.draw(values(vm, Quantity.MEMORY), size, memorySpark),
              Units.size(last(vm, Quantity.DISK)) + "/s",
              draw(vm, Quantity.DISK, QUIET, spark),
              Units.size(last(vm, Quantity.NETWORK)) + "/s",
              draw(vm, Quantity.NETWORK, QUIET, spark)));
    }
    if (!all) {
      text.add("and " + (vms.size() - room + 1) + " more");
    }
    return text;
  }

  /** By its own largest value, so that the course of each VM is seen. */
  private String draw(String vm, Quantity quantity, double least, int width) {
    List<Double> values = values(vm, quantity);
    double top = values.stream().mapToDouble(value -> value).max().orElse(0);
    return sparkline.draw(values, Math.max(least, top), width);
  }

  /** Cells side by side, a blank after each; those of negative width begin on the left. */
  private static String line(int[] widths, String... cells) {
    var line = new StringBuilder();
    for (int i = 0; i < cells.length; i++) {
      String blanks = " ".repeat(Math.max(0, Math.abs(widths[i]) - cells[i].length()));
      line.append(widths[i] < 0 ? cells[i] + blanks : blanks + cells[i]);
      line.append(i == 0 ? "" : " ");
    }
    return line.toString().stripTrailing();
  }
}
