package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Catalog.Entry;
import dev.kelvin.cli.Cli.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Help is there for every command, and what help and documents show can be typed. */
class HelpTest {
  private static final List<String> DOCUMENTS = List.of("docs/getting-started.md", "docs/cli.md");
  @TempDir Path directory;

  static Stream<Entry> entries() {
    return Catalog.ENTRIES.stream();
  }

  @ParameterizedTest
  @MethodSource("entries")
  void everyCommandExplainsItself(Entry entry) throws IOException {
    var cli = new Cli(directory);
    var words = new ArrayList<>(List.of(entry.name().split(" ", -1)));
    words.add("--help");
    Result help = cli.run(words.toArray(String[]::new));
    assertThat(help.code()).isZero();
    assertThat(help.out())
        .startsWith("Usage: kelvin " + entry.name() + " ")
        .contains("\n" + entry.summary() + "\n");
    words.removeLast();
    words.addFirst("help");
    assertThat(cli.run(words.toArray(String[]::new)).out()).isEqualTo(help.out());
    assertThat(help.err()).isEmpty();
    assertThat(help.out().lines()).allMatch(line -> line.length() <= 104);
  }

  @ParameterizedTest
  @MethodSource("entries")
  void theExamplesOfEveryCommandCanBeTyped(Entry entry) throws IOException {
    var cli = new Cli(directory);
    String help = cli.run(("help " + entry.name()).split(" ", -1)).out();
    help.lines()
        .map(String::strip)
        .filter(line -> line.contains("kelvin " + entry.name() + " "))
        .filter(line -> !line.startsWith("Usage:"))
        .forEach(this::typed);
  }

  @Test
  void theExamplesOfDocumentsCanBeTyped() throws IOException {
    int count = 0;
    for (String document : DOCUMENTS) {
      boolean code = false;
      for (String line : Files.readAllLines(Path.of("..").resolve(document))) {
        code ^= line.startsWith("```");
        // In tables of commands and in examples, blanks part a command from what is said of it.
        String command = line.strip().replaceFirst(" {4,}.*", "");
        if (code && command.matches("([A-Z_]+=\\S+ )*(\\./)?kelvin [a-z].*")) {
          typed(command);
          count++;
        }
      }
    }
    assertThat(count).isGreaterThan(30);
  }

  /** Parses a line as a shell and then the command's parser would. */
  private void typed(String line) {
    List<String> words = words(line);
    int start = words.indexOf("kelvin") >= 0 ? words.indexOf("kelvin") : words.indexOf("./kelvin");
    assertThat(start).as(line).isNotNegative();
    List<String> arguments = words.subList(start + 1, words.size());
    if (arguments.getFirst().equals("help") || arguments.getFirst().startsWith("-")) {
      return;
    }
    Entry entry =
        Catalog.find(arguments)
            .orElseThrow(() -> new AssertionError("there is no such command: " + line));
    try (var session = session()) {
      CommandLine parser = new Kelvin(session).commandLine(entry);
      String[] rest = arguments.subList(entry.words(), arguments.size()).toArray(String[]::new);
      parser.parseArgs(rest);
    } catch (IOException | CommandLine.ParameterException e) {
      throw new AssertionError(line + ": " + e.getMessage(), e);
    }
  }

  private Session session() {
    return new Session(
        java.util.Map.of(),
        directory,
        java.io.InputStream.nullInputStream(),
        System.out,
        System.out.charset(),
        System.err,
        new Terminal(java.util.Map.of()));
  }

  /** The words of a command up to the next one, with quotes undone. */
  private static List<String> words(String line) {
    var words = new ArrayList<String>();
    var word = new StringBuilder();
    boolean quoted = false;
    boolean begun = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '\'') {
        quoted = !quoted;
        begun = true;
      } else if (quoted || (c != ' ' && c != '|' && c != '<' && c != '>' && c != '#')) {
        word.append(c);
        begun = true;
      } else {
        if (begun) {
          words.add(word.toString());
        }
        word.setLength(0);
        begun = false;
        boolean ends = c == '<' || c == '>' || c == '#' || (c == '|' && words.contains("kelvin"));
        if (ends) {
          return words;
        }
      }
    }
    if (begun) {
      words.add(word.toString());
    }
    return words;
  }

  @Test
  void mistypedCommandsAndOptionsAreRecognised() throws IOException {
    var cli = new Cli(directory);
    assertThat(cli.run("lss").err()).contains("did you mean \"kelvin ls\"?");
    assertThat(cli.run("imgae").err()).contains("did you mean \"kelvin image\"?");
    assertThat(cli.run("image", "biuld").err()).contains("did you mean \"kelvin image build\"?");
    assertThat(cli.run("frobnicate").err()).contains("kelvin help");
    assertThat(cli.run("ls", "--lable", "a=b").err()).contains("did you mean --label?");
    assertThat(cli.run("ls", "-o", "xml").code()).isEqualTo(2);
    assertThat(cli.run("start").code()).isEqualTo(2);
    assertThat(cli.run("show", "a", "b").err()).contains("does not know what to do with b");
    assertThat(cli.run("image").code()).isEqualTo(2);
    assertThat(cli.run("image", "--help").code()).isZero();
    assertThat(cli.run().code()).isEqualTo(2);
    assertThat(cli.run("help").code()).isZero();
    assertThat(cli.run("--help").out()).contains("kelvin run debian");
  }
}
