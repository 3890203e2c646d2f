package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.ProblemException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code kelvin diff}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Exits with 0 when nothing would change and with 1 when something would.",
      "",
      "Example:",
      "  kelvin diff -f web1.yaml"
    })
public final class DiffCommand extends Command {
  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "A file or directory, or - for standard input. Can be given several times.")
  List<String> files = List.of();

  public DiffCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    boolean differs = false;
    for (SpecFile.Part part : SpecFile.read(session, files)) {
      try {
        Wanted wanted = Wanted.of(session.client(), part.name(), part.document());
        String diff = wanted.diff(session.style());
        session.out().print(diff);
        differs |= !diff.isEmpty();
      } catch (ProblemException e) {
        throw e.problem().object() == null ? e.problem().on(part.source()).asException(e) : e;
      }
    }
    return differs ? 1 : 0;
  }
}
