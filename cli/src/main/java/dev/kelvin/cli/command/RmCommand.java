package dev.kelvin.cli.command;

import dev.kelvin.api.Client;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.run.SshKeys;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin rm}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "What its disks keep their data in is deleted too, unless --keep-disks is given.",
      "",
      "Examples:",
      "  kelvin rm --force web1",
      "  kelvin rm --keep-disks db1"
    })
public final class RmCommand extends Command {
  @Parameters(arity = "1..*", paramLabel = "VM", description = "Names of VMs.")
  List<String> vms = List.of();

  @Option(
      names = "--force",
      description =
          "Stop a VM that runs, and delete one that is damaged. Without it, only VMs that are off and"
              + " whole are deleted.")
  boolean force;

  @Option(
      names = "--keep-disks",
      description = "Leave the volumes of its disks. See \"kelvin volume ls\".")
  boolean keepDisks;

  @Mixin Waiting waiting = new Waiting();

  public RmCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    return new EachObject(session, waiting).run(vms, this::delete, "is deleted");
  }

  private Task delete(String name) {
    Client client = session.client();
    Optional<String> id =
        force ? idUnlessDamaged(name) : Optional.of(client.vm(name).metadata().id());
    Task task = client.deleteVm(name, force, keepDisks);
    id.ifPresent(new SshKeys(session)::forgetHost);
    return task;
  }

  private Optional<String> idUnlessDamaged(String name) {
    try {
      return Optional.of(session.client().vm(name).metadata().id());
    } catch (ProblemException e) {
      if (e.problem().code() != Code.HOST_FAILURE) {
        throw e;
      }
      return Optional.empty();
    }
  }
}
