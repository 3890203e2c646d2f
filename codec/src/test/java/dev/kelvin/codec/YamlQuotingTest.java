package dev.kelvin.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** What Kelvin writes as YAML is read as it was meant by who reads YAML 1.1, as most do. */
class YamlQuotingTest {
  private static void staysAText(String text) {
    Map<?, ?> read = read(Documents.yaml(Map.of("k", text)));
    assertThat(read.get("k")).isEqualTo(text);
    if (text.chars().noneMatch(c -> c == '\n' || c == '\u2028')) { // no name has several lines
      Map<?, ?> named = read(Documents.yaml(Map.of(text, "v")));
      assertThat(named.keySet().iterator().next()).isEqualTo(text);
      byte[] yaml = Documents.yaml(Map.of(text, text)).getBytes(StandardCharsets.UTF_8);
      Map<?, ?> own = Documents.read(yaml, Documents.Syntax.YAML, Map.class);
      assertThat(own.get(text)).isEqualTo(text);
    }
  }

  private static Map<?, ?> read(String yaml) {
    return new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
  }

  private static final List<String> TEXTS =
      """
      52:54:00:11:22:33 41:13:50:80:95:30 1:30 -1:30.5 2026-11-30 2026-11-30T12:00:00Z
      yes No y N on OFF true ~ null 0b101 0o17 017 0x1F 1_000 +12 -7 1.5 .5 1. 1e3 1.5e+3
      .inf -.INF .NaN << = 10.0.2.15 1.10 0012345 #x *a &a !a | > @a `a %a ? {a [a 'a "a - :
      123456789012345678901234567890
      """
          .lines()
          .flatMap(line -> Stream.of(line.split(" ", -1)))
          .toList();

  static Stream<String> texts() {
    var odd = List.of("", "2026-1-1 1:00:00", "- a", "a: b", "a #b", "a\nb", "a\tb", " a", "a ");
    return Stream.of(TEXTS, odd, List.of("\u2028", "\uFEFFa", "null ")).flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("texts")
  void textsStayTexts(String text) {
    staysAText(text);
  }

  @Test
  void soDoMacAddresses() {
    var random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      staysAText(
          "52:54:00:%02d:%02d:%02d"
              .formatted(random.nextInt(100), random.nextInt(60), random.nextInt(60)));
    }
  }

  /** Of what those texts are made that are taken for something else. */
  @Test
  void soDoTextsOfOddCharacters() {
    var random = new Random(11);
    String letters = "0123456789.:-_+eExoObBtTzZ yYnN~<=";
    for (int i = 0; i < 20_000; i++) {
      var text = new StringBuilder();
      for (int length = 1 + random.nextInt(8); length > 0; length--) {
        text.append(letters.charAt(random.nextInt(letters.length())));
      }
      staysAText(text.toString());
    }
  }

  @Test
  void whatNobodyMistakesIsNotQuoted() {
    assertThat(Documents.yaml(Map.of("name", "web1"))).isEqualTo("name: web1\n");
    assertThat(Documents.yaml(Map.of("size", "10GiB"))).isEqualTo("size: 10GiB\n");
  }
}
