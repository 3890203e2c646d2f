package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.NicModel;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin nic attach}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin nic attach web1 net1 --forward 8080:80"})
public final class NicAttachCommand extends Command {
  @Parameters(index = "0", paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Parameters(index = "1", paramLabel = "NIC", description = "The name of the new network card.")
  String name = "";

  @Option(names = "--model", paramLabel = "MODEL", description = "virtio or e1000e. Usual: virtio.")
  String model = "virtio";

  @Option(
      names = "--mac",
      paramLabel = "ADDRESS",
      description = "Its address. Usual: one is chosen.")
  @Nullable String mac;

  @Option(
      names = "--forward",
      paramLabel = "[[ADDRESS:]HOST:][GUESTADDRESS:]GUEST[/udp]",
      description = {
        "A host port that leads to a guest port. Can be given several times. A guest that sets its own",
        "address needs that, too: 8080:10.0.2.50:80."
      })
  List<String> forwards = List.of();

  @Option(
      names = "--host-access",
      description =
          "Let the guest reach what listens on the host itself (10.0.N.2), Kelvin's API among it.")
  boolean hostAccess;

  @Mixin Waiting waiting = new Waiting();

  public NicAttachCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    var nic =
        new Nic(
            name,
            OptionWords.read(NicModel.class, model, "--model"),
            mac,
            forwards.stream().map(Forwards::parse).toList(),
            null,
            null,
            hostAccess);
    waiting.finish(
        session,
        session.client().attachNic(vm, nic),
        OnInterrupt.DETACH,
        vm + " has the network card " + name);
    return 0;
  }
}
