package dev.kelvin.cli.complete;

import dev.kelvin.api.Client;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Says what the last word of a command's arguments may become. */
public final class Completer {
  /**
   * What was found.
   *
   * @param files whether the word may be the name of a file, which the shell knows better
   */
  public record Answer(List<Candidate> candidates, boolean files) {
    static final Answer NOTHING = new Answer(List.of(), false);

    /** For the shells' functions: a line with {@code files} or {@code words}, then the words. */
    public String text() {
      var text = new StringBuilder(files ? "files\n" : "words\n");
      for (Candidate one : candidates) {
        text.append(one.word());
        text.append(one.description().isEmpty() ? "" : "\t" + one.description()).append('\n');
      }
      return text.toString();
    }
  }

  private final CommandSpec command;
  private final boolean takesProgram;
  private final Values values;
  private final List<String> positionals = new ArrayList<>();
  private final List<OptionSpec> given = new ArrayList<>();

  /**
   * @param takesProgram whether another program's command line follows its first argument
   */
  public Completer(CommandSpec command, boolean takesProgram, Supplier<Client> client) {
    this.command = command;
    this.takesProgram = takesProgram;
    this.values = new Values(client);
  }

  /**
   * What the last word may become.
   *
   * @param words the arguments of the command; the last one is being typed
   */
  public Answer complete(List<String> words) {
    String typed = words.getLast();
    Optional<OptionSpec> open = Optional.empty();
    boolean onlyPositionals = false;
    for (String word : words.subList(0, words.size() - 1)) {
      if (open.isPresent()) {
        open = Optional.empty();
      } else if (onlyPositionals || !word.startsWith("-") || word.equals("-")) {
        positionals.add(word);
        onlyPositionals |= takesProgram;
      } else if (word.equals("--")) {
        onlyPositionals = true;
      } else {
        open = option(word);
      }
    }
    if (open.isPresent()) {
      return value(open.get(), typed, "");
    }
    int equals = typed.indexOf('=');
    if (!onlyPositionals && typed.startsWith("--") && equals > 0) {
      String name = typed.substring(0, equals);
      OptionSpec option = command.findOption(name);
      return option == null
          ? Answer.NOTHING
          : value(option, typed.substring(equals + 1), name + "=");
    }
    if (!onlyPositionals && typed.startsWith("-")) {
      return new Answer(options(typed), false);
    }
    return positional().map(p -> value(p, typed, "")).orElse(Answer.NOTHING);
  }

  /** Notes an option as given; returns it if its value is the next word. */
  private Optional<OptionSpec> option(String word) {
    int equals = word.indexOf('=');
    OptionSpec option = command.findOption(equals < 0 ? word : word.substring(0, equals));
    if (option == null) {
      return Optional.empty();
    }
    given.add(option);
    return option.arity().min() > 0 && equals < 0 ? Optional.of(option) : Optional.empty();
  }

  private Optional<PositionalParamSpec> positional() {
    int index = positionals.size();
    return command.positionalParameters().stream()
        .filter(one -> one.index().min() <= index && index <= one.index().max())
        .findFirst();
  }

  private Answer value(ArgSpec argument, String typed, String prefix) {
    List<Candidate> fitting =
        values.of(argument, positionals).stream()
            .filter(one -> one.word().startsWith(typed))
            // Several objects of one kind: each once.
            .filter(one -> argument.isOption() || !positionals.contains(one.word()))
            .map(one -> new Candidate(prefix + one.word(), one.description()))
            .toList();
    // A path cannot be completed behind "--option=" by all shells.
    return new Answer(fitting, Values.isFile(argument) && prefix.isEmpty());
  }

  private List<Candidate> options(String typed) {
    return command.options().stream()
        .filter(option -> !option.hidden())
        .filter(option -> !given.contains(option) || option.isMultiValue())
        .flatMap(option -> names(option, typed))
        .toList();
  }

  /** The long names; short ones only when there is no long one or one is asked for. */
  private static Stream<Candidate> names(OptionSpec option, String typed) {
    String description = String.join(" ", option.description());
    return Arrays.stream(option.names())
        .filter(name -> name.startsWith(typed))
        .filter(name -> name.startsWith("--") || option.names().length == 1)
        .map(name -> new Candidate(name, description));
  }
}
