package dev.kelvin.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.Terminal;
import dev.kelvin.cli.command.Declared.Slot;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Words that are taken without picocli mean what they mean to it. */
class DeclaredTest {
  /** Has all kinds of options. */
  private static final class Probe extends Command {
    private final Outputs outputs = new Outputs();
    private final boolean wantsName;
    private List<String> labels = List.of();
    private String name = "";

    Probe(boolean wantsName) {
      super(session());
      this.wantsName = wantsName;
    }

    private static Session session() {
      var nowhere = new PrintStream(PrintStream.nullOutputStream(), true, StandardCharsets.UTF_8);
      return new Session(
          Map.of(),
          Path.of("/"),
          InputStream.nullInputStream(),
          nowhere,
          StandardCharsets.UTF_8,
          nowhere,
          new Terminal(Map.of()));
    }

    @Override
    public Declared declared() {
      var declared =
          outputs
              .addTo(new Declared(this))
              .list(
                  new Slot<>(() -> labels, value -> labels = value),
                  "KEY=VALUE",
                  "Labels.",
                  "-l",
                  "--label");
      return wantsName
          ? declared.argument(new Slot<>(() -> name, value -> name = value), "VM", "Its name.")
          : declared;
    }

    @Override
    protected int run() {
      return 0;
    }

    private List<Object> state() {
      return List.of(String.valueOf(outputs.format), outputs.noHeaders, List.copyOf(labels), name);
    }
  }

  private static List<Object> byPicocli(boolean wantsName, List<String> words) {
    var probe = new Probe(wantsName);
    new CommandLine(probe.spec())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs(words.toArray(String[]::new));
    return probe.state();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-o json",
        "--output NAME",
        "--no-headers",
        "-l a=b",
        "-l a=b --label c -o yaml --no-headers"
      })
  void plainWordsAreTaken(String text) {
    List<String> words = text.isEmpty() ? List.of() : List.of(text.split(" ", -1));
    for (boolean wantsName : List.of(true, false)) {
      var all = new ArrayList<>(words);
      if (wantsName) {
        all.add("web1");
      }
      var probe = new Probe(wantsName);
      assertThat(probe.declared().take(all)).isTrue();
      assertThat(probe.state()).isEqualTo(byPicocli(wantsName, all));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-h",
        "--help",
        "-o",
        "-o none",
        "-o=json",
        "-ojson",
        "--outp json",
        "-l -o",
        "-l @file",
        "@file",
        "--",
        "-o json -o yaml",
        "--no-headers --no-headers",
        "more",
        "-l",
        "--nonsense"
      })
  void riddlesAreLeftToPicocli(String text) {
    var words = new ArrayList<>(List.of(text.split(" ", -1)));
    var without = new Probe(false);
    assertThat(without.declared().take(words)).isFalse();
    words.addFirst("web1");
    var with = new Probe(true);
    assertThat(with.declared().take(words)).isFalse();
    assertThat(with.state()).isEqualTo(new Probe(true).state());
    assertThat(without.state()).isEqualTo(new Probe(false).state());
  }

  @Test
  void withoutItsArgumentItIsLeftToPicocli() {
    assertThat(new Probe(true).declared().take(List.of("-o", "json"))).isFalse();
    assertThat(new Probe(true).declared().take(List.of(""))).isFalse();
  }

  @Test
  void whateverIsTakenMeansTheSame() {
    List<String> vocabulary =
        List.of(
            "-o",
            "--output",
            "json",
            "Yaml",
            "--no-headers",
            "-l",
            "--label",
            "a=b",
            "web1",
            "",
            "-",
            "\"x y\"",
            "--label=c=d",
            "-h");
    var random = new Random(3);
    int taken = 0;
    for (int i = 0; i < 4000; i++) {
      var words = new ArrayList<String>();
      for (int n = random.nextInt(6); n > 0; n--) {
        words.add(vocabulary.get(random.nextInt(vocabulary.size())));
      }
      var probe = new Probe(i % 2 == 0);
      if (probe.declared().take(words)) {
        taken++;
        assertThat(probe.state()).as("%s", words).isEqualTo(byPicocli(i % 2 == 0, words));
      }
    }
    assertThat(taken).isGreaterThan(200);
  }
}
