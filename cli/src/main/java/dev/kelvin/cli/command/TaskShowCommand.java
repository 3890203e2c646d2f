package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Task;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin task show}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin task show 6f2a91c04b7d3e85a1c9"})
public final class TaskShowCommand extends Command {
  @Parameters(paramLabel = "TASK", description = "Its id.")
  String id = "";

  @Mixin Outputs outputs = new Outputs();

  public TaskShowCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    Task task = session.client().task(id);
    outputs.one(session, task, Task::id, () -> TaskText.details(task, session.style()));
    return 0;
  }
}
