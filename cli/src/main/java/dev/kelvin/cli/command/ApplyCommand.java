package dev.kelvin.cli.command;

import dev.kelvin.api.Client;
import dev.kelvin.cli.ErrorPrinter;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kelvin apply}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "A VM that is not there is created; of one that is there, spec and labels become those of the",
      "document. Several documents in a file are parted by ---. Of a directory, all .yaml, .yml and .json",
      "files are taken in the order of their names. Where two documents name one VM, nothing is done.",
      "",
      "Examples:",
      "  kelvin apply -f web1.yaml",
      "  kelvin apply -f vms/ --dry-run",
      "  kelvin get vm web1 -o yaml | kelvin apply -f -"
    })
public final class ApplyCommand extends Command {
  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "A file or directory, or - for standard input. Can be given several times.")
  List<String> files = List.of();

  @Option(names = "--dry-run", description = "Say what would be done, and do nothing.")
  boolean dryRun;

  @Mixin Waiting waiting = new Waiting();

  public ApplyCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    List<SpecFile.Part> parts = SpecFile.read(session, files);
    SpecFile.requireOnce(parts);
    int code = 0;
    for (SpecFile.Part part : parts) {
      try {
        apply(part);
      } catch (ProblemException e) {
        var problem = e.problem().object() == null ? e.problem().on(part.source()) : e.problem();
        if (parts.size() == 1) {
          throw problem.asException(e);
        }
        new ErrorPrinter(session).print(problem);
        code = code == 0 ? problem.code().exitCode() : code;
      }
    }
    return code;
  }

  private void apply(SpecFile.Part part) {
    Client client = session.client();
    String name = part.name();
    Wanted wanted = Wanted.of(client, name, part.document());
    Vm live = wanted.live();
    String verb = live == null ? "created" : "changed";
    if (!wanted.changes() && !part.hasSecrets()) {
      session.out().println(name + " unchanged");
    } else if (dryRun) {
      session.out().println(name + " would be " + verb);
    } else if (live == null) {
      Task task = client.createVm(part.document());
      waiting.finish(session, task, OnInterrupt.CANCEL, name + " created");
    } else {
      Task task = client.updateVm(name, part.document(), live.metadata().revision());
      waiting.finish(session, task, OnInterrupt.DETACH, name + " changed");
      Restarts.tell(session, name, waiting);
    }
  }
}
