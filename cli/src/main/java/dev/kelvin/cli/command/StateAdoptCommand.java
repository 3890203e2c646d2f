package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.UnknownGuest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin state adopt}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "A guest that runs when the store is lost, replaced by an older one or another one is left alone;",
      "\"kelvin info\" and \"kelvin doctor\" name it. Taken over, it is a VM again, and goes on as it is.",
      "",
      "Examples:",
      "  kelvin state adopt --all",
      "  kelvin state adopt web1 --name web2"
    })
public final class StateAdoptCommand extends Command {
  @Parameters(arity = "0..*", paramLabel = "GUEST", description = "Names or ids of such guests.")
  List<String> guests = List.of();

  @Option(names = "--all", description = "All that can be taken over.")
  boolean all;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "What to call the VM; else it keeps the name that it had.")
  @Nullable String name;

  @Mixin Waiting waiting = new Waiting();

  public StateAdoptCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    if (all != guests.isEmpty() || (name != null && guests.size() != 1)) {
      throw Problem.of(Code.INVALID_ARGUMENT, "It is not clear what to take over")
          .because("name guests or say --all, and --name is for one guest")
          .remedy("kelvin state adopt GUEST, or kelvin state adopt --all")
          .asException();
    }
    List<String> wanted = guests;
    if (all) {
      wanted =
          session.client().info().unknown().stream()
              .filter(UnknownGuest::adoptable)
              .map(UnknownGuest::name)
              .toList();
      if (wanted.isEmpty()) {
        session.out().println("There is none to take over.");
        return 0;
      }
    }
    return new EachObject(session, waiting)
        .run(wanted, guest -> session.client().adopt(guest, name), "is taken over");
  }
}
