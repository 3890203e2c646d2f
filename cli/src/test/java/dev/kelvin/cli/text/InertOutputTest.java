package dev.kelvin.cli.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InertOutputTest {
  private static String shown(byte[] bytes) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var inert = new InertOutput(out)) {
      inert.write(bytes);
    }
    return out.toString(UTF_8);
  }

  private static String shown(String text) throws IOException {
    return shown(text.getBytes(UTF_8));
  }

  @Test
  void textLineEndsAndTabsStay() throws IOException {
    assertThat(shown("a\tb\r\nü 東 \uD83D\uDE00\n")).isEqualTo("a\tb\nü 東 \uD83D\uDE00\n");
  }

  @ParameterizedTest
  @CsvSource({
    "title, \\e]0;owned\\a",
    "clipboard, \\e]52;c;cm0gLXJmIH4=\\e\\",
    "colour, \\e[0;32m",
    "cleared screen, \\e[2J\\e[H",
    "question, \\e[6n\\e[c\\e[>q",
    "device control, \\eP1$r0m\\e\\",
    "character set, \\e(0",
    "reset, \\ec",
    "eight bits, \\u009b2J",
    "eight-bit title, \\u009d0;owned\\u009c",
    "bell and backspace, \\a\\b",
    "direction, \\u202e",
  })
  void sequencesGo(String what, String written) throws IOException {
    String sequence =
        written
            .replace("\\e", "\033")
            .replace("\\a", "\007")
            .replace("\\b", "\b")
            .replace("\\u009b", "\u009b")
            .replace("\\u009d", "\u009d")
            .replace("\\u009c", "\u009c")
            .replace("\\u202e", "\u202e");
    assertThat(shown("before " + sequence + "after")).as(what).isEqualTo("before after");
  }

  @Test
  void aSequenceThatNeverEndsHidesNoMoreThanABit() throws IOException {
    assertThat(shown("\033]0;" + "x".repeat(100_000) + "seen")).endsWith("seen");
  }

  @Test
  void whateverComesNothingDoesAnything() throws IOException {
    var random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = new byte[200];
      random.nextBytes(bytes);
      for (int at = 0; at < bytes.length; at += 7) {
        bytes[at] = 033;
      }
      assertThat(shown(bytes).chars())
          .allMatch(c -> c == '\n' || c == '\t' || !Character.isISOControl(c));
    }
  }

  @Test
  void sequencesAreFoundAcrossWrites() throws IOException {
    byte[] all = "a\033]52;c;eA==\007b\033[31mcü".getBytes(UTF_8);
    var out = new ByteArrayOutputStream();
    try (var inert = new InertOutput(out)) {
      for (byte one : all) {
        inert.write(one);
      }
    }
    assertThat(out.toString(UTF_8)).isEqualTo("abcü");
  }
}
