package dev.kelvin.cli;

import dev.kelvin.cli.Catalog.Entry;
import dev.kelvin.cli.complete.Candidate;
import dev.kelvin.cli.complete.Completer;
import dev.kelvin.cli.complete.Completer.Answer;
import dev.kelvin.cli.complete.Line;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code kelvin __complete}, which the shells' completion calls and no person does: {@code --line
 * TEXT} with the whole line up to the cursor, or the words after {@code kelvin}, the last of which
 * is being typed.
 */
final class Completion {
  static final String COMMAND = "__complete";
  private static final List<String> OF_PROGRAM = List.of("--help", "--version");

  private final Session session;
  private final Kelvin kelvin;

  Completion(Session session, Kelvin kelvin) {
    this.session = session;
    this.kelvin = kelvin;
  }

  int run(List<String> arguments) {
    List<String> words = arguments;
    if (arguments.size() == 2 && arguments.getFirst().equals("--line")) {
      List<String> line = Line.words(arguments.get(1));
      words = line.subList(Math.min(1, line.size() - 1), line.size());
      // What was typed of the last word, of which bash knows only the part after a ":" or "=".
      session.out().println(words.getLast());
    }
    session.out().print(complete(words.isEmpty() ? List.of("") : words).text());
    return 0;
  }

  private Answer complete(List<String> words) {
    boolean help = words.size() > 1 && words.getFirst().equals("help");
    List<String> rest = help ? words.subList(1, words.size()) : words;
    List<String> before = rest.subList(0, rest.size() - 1);
    Optional<Entry> entry = before.isEmpty() ? Optional.empty() : Catalog.find(before);
    if (entry.isPresent() && !help) {
      var spec = kelvin.commandLine(entry.get()).getCommandSpec();
      return new Completer(spec, entry.get().takesProgram(), session::client)
          .complete(rest.subList(entry.get().words(), rest.size()));
    }
    return new Answer(rest.size() > 2 ? List.of() : names(rest, help), false);
  }

  /** The commands, or those of a group when its name is typed. */
  private static List<Candidate> names(List<String> words, boolean help) {
    String group = words.size() == 2 ? words.getFirst() + " " : "";
    String typed = words.getLast();
    var found = new ArrayList<Candidate>();
    for (Entry entry : Catalog.ENTRIES) {
      if (entry.name().startsWith(group)) {
        String rest = entry.name().substring(group.length());
        int blank = rest.indexOf(' ');
        String word = blank < 0 ? rest : rest.substring(0, blank);
        if (word.startsWith(typed) && found.stream().noneMatch(c -> c.word().equals(word))) {
          found.add(new Candidate(word, blank < 0 ? entry.summary() : entry.group()));
        }
      }
    }
    if (group.isEmpty() && !help) {
      if ("help".startsWith(typed)) {
        found.add(new Candidate("help", "Show what there is, or what a command does."));
      }
      OF_PROGRAM.stream()
          .filter(option -> typed.startsWith("-") && option.startsWith(typed))
          .forEach(option -> found.add(new Candidate(option, "")));
    }
    return found;
  }
}
