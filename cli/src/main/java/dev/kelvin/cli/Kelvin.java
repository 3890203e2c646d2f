package dev.kelvin.cli;

import dev.kelvin.api.Client;
import dev.kelvin.api.ListQuery;
import dev.kelvin.cli.Catalog.Entry;
import dev.kelvin.cli.command.Command;
import dev.kelvin.cli.command.Declared;
import dev.kelvin.cli.text.Sink;
import dev.kelvin.cli.text.Style;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Finds the command that was typed and runs it. Only that command's class is loaded: a command line
 * is judged by how fast it answers.
 */
public final class Kelvin {
  /** What a shell gives for a program that SIGPIPE has ended: 128 and the signal's number. */
  private static final int CLOSED_PIPE = 141;

  private final Session session;

  public Kelvin(Session session) {
    this.session = session;
  }

  /**
   * Runs what was typed; returns the exit code. A command whose results could not be written has
   * not done what it was for.
   */
  public int run(String... arguments) {
    int code = start(List.of(arguments));
    Optional<IOException> unwritten = session.unwritten();
    if (unwritten.isEmpty()) {
      return code;
    } else if (Sink.isClosedPipe(unwritten.get())) {
      return code == 0 ? CLOSED_PIPE : code;
    }
    int failed =
        fail(
            Problem.of(Code.HOST_FAILURE, "The output could not be written")
                .on("standard output")
                .because(String.valueOf(unwritten.get().getMessage()))
                .remedy(
                    "what the command did is done; see to it that standard output can be written to,"
                        + " and look at the result anew"));
    return code == 0 ? failed : code;
  }

  private int start(List<String> words) {
    try {
      UserLocale.check(
          words, System.getProperty("sun.jnu.encoding", ""), Path.of("/proc/self/cmdline"));
    } catch (IOException e) {
      throw new UncheckedIOException("how this program was called", e);
    } catch (ProblemException e) {
      return fail(e.problem());
    }
    return dispatch(words);
  }

  private int dispatch(List<String> words) {
    if (words.isEmpty() || words.getFirst().equals("-h") || words.getFirst().equals("--help")) {
      session.out().print(Catalog.overview());
      return words.isEmpty() ? Code.INVALID_ARGUMENT.exitCode() : 0;
    } else if (words.getFirst().equals("help")) {
      return help(words.subList(1, words.size()));
    } else if (words.getFirst().equals("-V") || words.getFirst().equals("--version")) {
      return dispatch(List.of("version"));
    } else if (words.getFirst().equals(Completion.COMMAND)) {
      return new Completion(session, this).run(words.subList(1, words.size()));
    }
    Optional<Entry> entry = Catalog.find(words);
    if (entry.isEmpty()) {
      Optional<List<String>> meant = OtherWords.translate(words);
      return meant.isPresent() ? dispatch(meant.get()) : unknown(words);
    }
    int used = entry.get().words();
    Command command = entry.get().create(session);
    Class<?> reads = command.reads();
    if (reads != null) {
      // While the words are parsed on this one.
      Thread.ofPlatform().daemon().name("ahead").start(() -> Client.prepare(reads));
    }
    List<String> rest = words.subList(used, words.size());
    Declared declared = command.declared();
    if (declared != null && declared.take(rest)) {
      return call(command);
    }
    return commandLine(entry.get(), command).execute(rest.toArray(String[]::new));
  }

  private int call(Command command) {
    try {
      return command.call();
    } catch (Exception e) {
      return fail(problem(e));
    }
  }

  private int help(List<String> words) {
    if (words.isEmpty()) {
      session.out().print(Catalog.overview());
      return 0;
    }
    Optional<Entry> entry = Catalog.find(words);
    if (entry.isPresent()) {
      commandLine(entry.get()).usage(session.out());
      return 0;
    }
    Optional<List<String>> meant = OtherWords.translate(words);
    if (meant.isPresent()) {
      return help(meant.get());
    } else if (Catalog.isGroup(words.getFirst())) {
      session.out().print(Catalog.overview(words.getFirst()));
      return 0;
    }
    return unknown(words);
  }

  private int unknown(List<String> words) {
    String first = words.getFirst();
    if (Catalog.isGroup(first)) {
      boolean help =
          words.size() > 1 && (words.get(1).equals("-h") || words.get(1).equals("--help"));
      if (help || words.size() == 1) {
        session.out().print(Catalog.overview(first));
        return help ? 0 : Code.INVALID_ARGUMENT.exitCode();
      }
    }
    String typed = Catalog.isGroup(first) ? first + " " + words.get(1) : first;
    String remedy =
        OtherWords.advice(typed)
            .or(() ->
                Names.nearest(typed, Catalog.names())
                    .map(name -> "did you mean \"kelvin " + name + "\"?"))
            .orElse("\"kelvin help\" lists the commands");
    return fail(
        Problem.of(Code.INVALID_ARGUMENT, "There is no command \"" + typed + "\"").remedy(remedy));
  }

  /** The parser of a command. */
  CommandLine commandLine(Entry entry) {
    return commandLine(entry, entry.create(session));
  }

  private CommandLine commandLine(Entry entry, Command command) {
    var line = new CommandLine(command.spec());
    line.setCommandName("kelvin " + entry.name());
    line.getCommandSpec().usageMessage().description(entry.summary());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setStopAtPositional(entry.takesProgram());
    line.setUsageHelpWidth(100);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
    line.setOut(new PrintWriter(session.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(session.err(), true, StandardCharsets.UTF_8));
    line.setParameterExceptionHandler((e, words) -> fail(explain(e, entry)));
    line.setExecutionStrategy(typed -> {
      Optional<Problem> wrong = Contradictions.find(typed);
      return wrong.isPresent() ? fail(wrong.get()) : new RunLast().execute(typed);
    });
    line.setExecutionExceptionHandler((e, failed, parsed) -> fail(problem(e)));
    return line;
  }

  private static Problem explain(ParameterException e, Entry entry) {
    if (e.getCause() instanceof ProblemException known) {
      return known.problem();
    }
    String remedy = "see: kelvin " + entry.name() + " --help";
    if (e instanceof UnmatchedArgumentException unmatched) {
      String typed = unmatched.getUnmatched().getFirst();
      if (typed.startsWith("-")) {
        String name = typed.contains("=") ? typed.substring(0, typed.indexOf('=')) : typed;
        List<String> options =
            e.getCommandLine().getCommandSpec().options().stream()
                .flatMap(option -> Arrays.stream(option.names()))
                .toList();
        return Problem.of(
                Code.INVALID_ARGUMENT, "kelvin " + entry.name() + " has no option " + name)
            .remedy(
                OtherWords.option(entry.name(), name, options)
                    .or(() -> Names.nearest(name, options).map(o -> "did you mean " + o + "?"))
                    .orElse(remedy));
      }
      return Problem.of(
              Code.INVALID_ARGUMENT,
              "kelvin " + entry.name() + " does not know what to do with " + typed)
          .because("it takes no further argument")
          .remedy(remedy);
    }
    String what =
        e instanceof MissingParameterException
            ? "Something is missing"
            : "An argument is not valid";
    return Problem.of(Code.INVALID_ARGUMENT, what).because(sentence(e)).remedy(remedy);
  }

  private static String sentence(ParameterException e) {
    String text = String.valueOf(e.getMessage());
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
  }

  private Problem problem(Exception e) {
    Problem problem = ProblemException.toProblem(e);
    if (session.variable("KELVIN_DEBUG").equals("1")) {
      e.printStackTrace(session.err());
    }
    return problem.code() == Code.NOT_FOUND ? withSuggestion(problem) : problem;
  }

  /** The problem with the name that the user may have meant. */
  private Problem withSuggestion(Problem problem) {
    String object = String.valueOf(problem.object());
    String name = object.substring(object.indexOf('/') + 1);
    try {
      List<String> names;
      if (object.startsWith("vm/")) {
        names =
            session.client().allVms(ListQuery.all()).stream()
                .map(vm -> vm.metadata().name())
                .toList();
      } else if (object.startsWith("image/")) {
        names =
            session.client().images().all(ListQuery.all()).stream()
                .map(image -> image.metadata().name())
                .toList();
      } else {
        return problem;
      }
      return names.contains(name) // then something else was not found
          ? problem
          : Names.nearest(name, names)
              .map(nearest -> problem.remedy("did you mean " + nearest + "?"))
              .orElse(problem);
    } catch (ProblemException notNow) {
      // A suggestion is not worth a second error.
      return problem;
    }
  }

  private int fail(Problem problem) {
    session.out().flush();
    boolean colours = session.terminal().hasErrors();
    session.err().print(ErrorPrinter.render(problem, Style.of(colours, session.environment())));
    return problem.code().exitCode();
  }
}
