package dev.kelvin.cli.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void columnsLineUpAndColoursTakeNoPlace() {
    var style = new Style(true);
    String text =
        new Table("NAME", "STATE", "X")
            .row("a", style.green("running"), "1")
            .row("long-name", "off", "")
            .render(true);
    assertThat(text)
        .isEqualTo(
            """
            NAME       STATE    X
            a          \033[32mrunning\033[0m  1
            long-name  off
            """);
  }

  @Test
  void headersCanBeLeftOut() {
    assertThat(new Table("NAME").row("a").render(false)).isEqualTo("a\n");
    assertThat(new Table("NAME").render(false)).isEmpty();
    assertThat(new Table("NAME").render(true)).isEqualTo("NAME\n");
  }

  @Test
  void coloursAreForTerminalsThatWantThem() {
    assertThat(Style.of(true, Map.of()).red("x")).isEqualTo("\033[31mx\033[0m");
    assertThat(Style.of(false, Map.of()).red("x")).isEqualTo("x");
    assertThat(Style.of(true, Map.of("NO_COLOR", "1")).bold("x")).isEqualTo("x");
    assertThat(Style.of(true, Map.of("TERM", "dumb")).cyan("x")).isEqualTo("x");
    assertThat(Style.of(true, Map.of("NO_COLOR", "")).yellow("")).isEmpty();
  }
}
