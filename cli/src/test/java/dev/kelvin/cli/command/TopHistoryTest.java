package dev.kelvin.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.command.TopHistory.Order;
import dev.kelvin.cli.text.Sparkline;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the live table shows, and that it fits. */
class TopHistoryTest {
  private final TopHistory history = new TopHistory(Sparkline.in(StandardCharsets.UTF_8));

  private static PrometheusText vms(double busy, double idle) {
    return PrometheusText.parse(
        """
        kelvin_vm_up{vm="a-name-that-is-much-too-long"} 1
        kelvin_vm_cpu_seconds_total{vm="a-name-that-is-much-too-long"} %s
        kelvin_vm_memory_bytes{vm="a-name-that-is-much-too-long"} 1073741824
        kelvin_vm_memory_resident_bytes{vm="a-name-that-is-much-too-long"} 536870912
        kelvin_vm_up{vm="busy"} 1
        kelvin_vm_cpu_seconds_total{vm="busy"} %s
        kelvin_vm_memory_bytes{vm="busy"} 1073741824
        kelvin_vm_memory_resident_bytes{vm="busy"} 1073741824
        kelvin_vm_disk_read_bytes_total{vm="busy",disk="root"} %s
        """
            .formatted(idle, busy, busy * 1023 * 1024 * 1024));
  }

  @Test
  void drawsTheCourseOfEachQuantityIn80Columns() {
    history.add(vms(0, 0), vms(1, 0), 1);
    history.add(vms(1, 0), vms(1.5, 0), 1);
    List<String> table = history.table(vms(1.5, 0), Order.CPU, 80, 20);
    assertThat(table).hasSize(3).allMatch(line -> line.length() <= 80);
    assertThat(table.get(0)).containsSubsequence("NAME", "CPU", "MEMORY", "DISK", "NETWORK");
    assertThat(table.get(1)).startsWith("busy ").contains("50 %     █▄", "1.0 GiB   ██");
    assertThat(table.get(2)).startsWith("a-name-that~ ").contains("0 %", "512 MiB   ▄▄");
    assertThat(history.table(vms(1.5, 0), Order.NAME, 80, 20).get(1)).startsWith("a-name");
    assertThat(history.table(vms(1.5, 0), Order.CPU, 132, 20))
        .allMatch(line -> line.length() <= 132)
        .anyMatch(line -> line.length() > 80);
  }

  @Test
  void saysWhatThereIsNoRoomFor() {
    history.add(vms(0, 0), vms(1, 0), 1);
    assertThat(history.table(vms(1, 0), Order.CPU, 80, 2))
        .hasSize(2)
        .last()
        .isEqualTo("and 2 more");
  }

  @Test
  void forgetsVmsThatRunNoMore() {
    history.add(vms(0, 0), vms(1, 0), 1);
    history.add(vms(1, 0), PrometheusText.parse(""), 1);
    assertThat(history.table(PrometheusText.parse(""), Order.CPU, 80, 20)).hasSize(1);
  }

  @Test
  void plainTerminalsHavePlainSparklines() {
    assertThat(Sparkline.in(StandardCharsets.US_ASCII).draw(List.of(0.0, 1.0, 50.0, 200.0), 100, 6))
        .isEqualTo("   .=@");
  }
}
