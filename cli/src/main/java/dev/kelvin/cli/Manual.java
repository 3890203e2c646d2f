package dev.kelvin.cli;

import dev.kelvin.cli.Catalog.Entry;
import dev.kelvin.cli.man.Roff;
import dev.kelvin.model.Code;
import dev.kelvin.model.Version;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The manual: {@code kelvin(1)} and a page for each command, from the same model as the help. */
public final class Manual {
  /** The variables that the program heeds. */
  static final List<Variable> ENVIRONMENT =
      List.of(
          new Variable("KELVIN_HOME", "The directory with all files of the daemon that is meant."),
          new Variable(
              "KELVIN_URL", "A daemon that is reached over TLS, such as `https://host:8006`."),
          new Variable("KELVIN_TOKEN, KELVIN_TOKEN_FILE", "The token for it, or a file with it."),
          new Variable(
              "KELVIN_FINGERPRINT",
              "The SHA-256 fingerprint of its certificate, as `kelvin info` shows it."),
          new Variable("KELVIN_DEBUG", "With 1, errors show where in the program they arose."),
          new Variable("NO_COLOR", "Anything in it turns colours off."),
          new Variable("VISUAL, EDITOR", "The editor of `kelvin edit`."));

  /** A variable of the environment. */
  record Variable(String name, String meaning) {}

  private final Kelvin kelvin;
  private final String date;

  /**
   * The manual of this program.
   *
   * @param date of the pages, {@code YYYY-MM-DD}
   */
  public Manual(String date) {
    // Commands are only looked at; none of them runs.
    Map<String, String> none = Map.of();
    var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    this.kelvin =
        new Kelvin(
            new Session(
                none,
                Path.of("/"),
                InputStream.nullInputStream(),
                OutputStream.nullOutputStream(),
                StandardCharsets.UTF_8,
                nowhere,
                new Terminal(none)));
    this.date = date;
  }

  /** Each page by the name of its file: {@code kelvin-image-build.1}. */
  public Map<String, String> pages() {
    var pages = new LinkedHashMap<String, String>();
    pages.put("kelvin.1", overview());
    for (Entry entry : Catalog.ENTRIES) {
      pages.put(title(entry) + ".1", page(entry));
    }
    return pages;
  }

  private static String title(Entry entry) {
    return "kelvin-" + entry.name().replace(' ', '-');
  }

  private Roff begin(String title, String summary) {
    return new Roff(title.toUpperCase(java.util.Locale.ROOT), date, "Kelvin " + Version.NUMBER)
        .section("NAME")
        .line(title + " - " + summary);
  }

  private String overview() {
    Roff page = begin("kelvin", "virtual machines on this host");
    page.section("SYNOPSIS").line("kelvin COMMAND [OPTION]... [ARGUMENT]...");
    page.section("DESCRIPTION")
        .line(
            "Kelvin runs virtual machines with QEMU and KVM: a daemon takes care of them, and this")
        .line("program asks it to. VMs are processes of their own, which outlive both.");
    String group = "";
    for (Entry entry : Catalog.ENTRIES) {
      if (!entry.group().equals(group)) {
        group = entry.group();
        page.section("\"" + group.toUpperCase(java.util.Locale.ROOT) + "\"");
      }
      page.item(title(entry) + "(1)", entry.summary());
    }
    page.section("ENVIRONMENT");
    ENVIRONMENT.forEach(variable -> page.item(variable.name(), variable.meaning()));
    page.section("FILES")
        .item("/etc/kelvin/kelvin.yaml", "The daemon's configuration, which need not be there.")
        .item("/var/lib/kelvin", "The store, volumes and images of root's daemon.")
        .item("/run/kelvin", "Its sockets.")
        .line("Another user's daemon has the XDG base directories instead.");
    page.section("\"EXIT STATUS\"").item("0", "It is done.");
    var kinds = new TreeMap<Integer, String>();
    for (Code code : Code.values()) {
      kinds.merge(code.exitCode(), code.title(), (one, other) -> one + "; " + other);
    }
    kinds.forEach((exit, kind) -> page.item(String.valueOf(exit), kind + "."));
    return page.item("130", "Ctrl-C. The command said what becomes of its task.").toString();
  }

  private String page(Entry entry) {
    CommandLine line = kelvin.commandLine(entry);
    CommandSpec spec = line.getCommandSpec();
    Roff page = begin(title(entry), entry.summary());
    String synopsis = line.getHelp().synopsis(0).replaceAll("\\s+", " ").strip();
    page.section("SYNOPSIS").line(synopsis);
    page.section("DESCRIPTION").line(entry.summary());
    var examples = new ArrayList<String>();
    footer(page, spec.usageMessage().footer(), examples);
    if (!spec.positionalParameters().isEmpty()) {
      page.section("ARGUMENTS");
      for (PositionalParamSpec one : spec.positionalParameters()) {
        page.item(one.paramLabel(), description(one));
      }
    }
    page.section("OPTIONS");
    for (OptionSpec option : spec.options()) {
      if (!option.hidden()) {
        page.item(names(option), description(option));
      }
    }
    if (!examples.isEmpty()) {
      page.section("EXAMPLES").literal(examples);
    }
    page.section("\"EXIT STATUS\"").line("As kelvin(1) lists them.");
    return page.section("\"SEE ALSO\"").line("kelvin(1)").toString();
  }

  /** What follows the options in the help: words, and examples after a line that says so. */
  private static void footer(Roff page, String[] footer, List<String> examples) {
    var words = new ArrayList<String>();
    boolean inExamples = false;
    for (String raw : footer) {
      String line = raw.replace("%n", "").replace("%%", "%");
      if (line.matches("Examples?:")) {
        inExamples = true;
      } else if (inExamples) {
        examples.add(line.strip());
      } else if (line.isBlank()) {
        flush(page, words);
      } else {
        words.add(line);
      }
    }
    flush(page, words);
  }

  private static void flush(Roff page, List<String> words) {
    boolean table = words.stream().anyMatch(line -> line.startsWith("  "));
    if (table) {
      page.literal(List.copyOf(words));
    } else if (!words.isEmpty()) {
      page.paragraph(String.join(" ", words));
    }
    words.clear();
  }

  private static String description(ArgSpec argument) {
    return String.join(" ", argument.description()).replace("%%", "%");
  }

  private static String names(OptionSpec option) {
    String value = option.arity().max() > 0 ? " " + option.paramLabel() : "";
    return String.join(", ", Arrays.asList(option.names())) + value;
  }
}
