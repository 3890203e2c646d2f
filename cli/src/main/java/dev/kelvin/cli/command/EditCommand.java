package dev.kelvin.cli.command;

import dev.kelvin.api.VmDocument;
import dev.kelvin.cli.ErrorPrinter;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.run.UserPrograms;
import dev.kelvin.cli.text.Style;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin edit}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Opens $VISUAL, $EDITOR or vi. When the change is refused, the editor opens again with the reason on",
      "top; save without a change to give up.",
      "",
      "Example:",
      "  kelvin edit web1"
    })
public final class EditCommand extends Command {
  @Parameters(paramLabel = "VM", description = "Its name.")
  String name = "";

  @Mixin Waiting waiting = new Waiting();

  public EditCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() throws IOException, InterruptedException {
    if (!Names.valid(name)) {
      throw noSuchVm();
    }
    Vm vm = session.client().vm(name);
    Path file = Files.createTempFile("kelvin-", ".yaml");
    try {
      return edit(vm, file);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** What has a slash, such as vm/web1, is in no address that a daemon understands. */
  private ProblemException noSuchVm() {
    String alone = name.substring(name.lastIndexOf('/') + 1);
    return Problem.of(Code.NOT_FOUND, "There is no VM named " + name)
        .on(Vm.ref(alone))
        .because("a VM's name has only a-z, 0-9 and -")
        .remedy(
            !alone.equals(name) && Names.valid(alone)
                ? "write its name alone: kelvin edit " + alone
                : "\"kelvin ls\" lists them")
        .asException();
  }

  private int edit(Vm vm, Path file) throws IOException, InterruptedException {
    String original = Wanted.text(vm);
    String shown = original;
    while (true) {
      Files.writeString(file, shown);
      open(file);
      String edited = Files.readString(file);
      String document = withoutComments(edited);
      if (document.equals(withoutComments(original))) {
        session.err().println("Nothing is changed.");
        return 0;
      }
      if (edited.equals(shown)) {
        throw Problem.of(Code.CANCELLED, "The change was given up")
            .on(Vm.ref(name))
            .because("it was refused, and the editor ended without mending it")
            .remedy("begin anew: kelvin edit " + name)
            .asException();
      }
      try {
        var wish = new VmDocument(document, Syntax.YAML);
        Task task = session.client().updateVm(name, wish, vm.metadata().revision());
        waiting.finish(session, task, OnInterrupt.DETACH, name + " changed");
        Restarts.tell(session, name, waiting);
        return 0;
      } catch (ProblemException e) {
        if (!canBeMended(e.problem())) {
          throw e;
        }
        shown = commented(e.problem()) + document;
      }
    }
  }

  private static boolean canBeMended(Problem problem) {
    return switch (problem.code()) {
      case INVALID_ARGUMENT, MALFORMED, TOO_LARGE, NOT_FOUND, CAPABILITY_MISSING, QEMU_REFUSED ->
          true;
      case CONFLICT, WRONG_STATE, ALREADY_EXISTS -> true;
      case UNAUTHENTICATED, FORBIDDEN, PROTECTED, REVISION_MISMATCH, UNSUPPORTED_MEDIA_TYPE ->
          false;
      case METHOD_NOT_ALLOWED,
          TOO_MANY,
          TIMEOUT,
          UNAVAILABLE,
          GUEST_AGENT,
          HOST_FAILURE,
          CANCELLED ->
          false;
      case INTERNAL -> false;
    };
  }

  private static String commented(Problem problem) {
    return ErrorPrinter.render(problem, Style.plain())
        .lines()
        .map(line -> "# " + line + "\n")
        .collect(Collectors.joining("", "", "#\n"));
  }

  /** Without the lines on top that this command wrote. */
  private static String withoutComments(String text) {
    return text.lines()
        .dropWhile(line -> line.startsWith("#"))
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }

  private void open(Path file) throws InterruptedException {
    String editor = session.variable("VISUAL");
    editor = editor.isEmpty() ? session.variable("EDITOR") : editor;
    editor = editor.isEmpty() ? "vi" : editor;
    // The variable may hold options too, which a shell parts as every program's users expect.
    List<String> command = List.of("/bin/sh", "-c", editor + " \"$1\"", "sh", file.toString());
    int code = UserPrograms.become(session, command, "vim");
    if (code != 0) {
      throw Problem.of(Code.CANCELLED, "The editor ended with exit code " + code)
          .because("\"" + editor + "\" was started")
          .remedy("choose another one: EDITOR=nano kelvin edit " + name)
          .asException();
    }
  }
}
