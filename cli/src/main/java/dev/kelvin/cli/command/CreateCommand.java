package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.spec.Power;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin create}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "With --no-wait it writes the VM's name, and the task's id to standard error.",
      "",
      "Examples:",
      "  kelvin create debian --name web1 --memory 2GiB",
      "  kelvin create -f web1.yaml"
    })
public final class CreateCommand extends Command {
  @Parameters(
      arity = "0..1",
      paramLabel = "DISTRIBUTION",
      description = "What it boots: debian, debian:trixie, or an image that is there.")
  @Nullable String distribution;

  @Mixin VmOptions options = new VmOptions();

  @Mixin Waiting waiting = new Waiting();

  public CreateCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    options.check(distribution);
    var maker = new NewVm(session, options, waiting, () -> false);
    NewVm.Made made = maker.make(maker.describe(distribution, Power.STOPPED), distribution);
    String name = made.vm().metadata().name();
    session
        .out()
        .println(waiting.waits() ? name + " is made; start it: kelvin start " + name : name);
    if (!waiting.waits()) {
      session.err().println("It is being made. Wait with: kelvin task wait " + made.task().id());
    }
    return 0;
  }
}
