package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code kelvin task abandon}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "For a task that can neither be finished nor undone: one that another version of Kelvin has begun,",
      "or whose undoing fails again and again. What it has done stays, and is listed; what it worked on",
      "is free for other tasks.",
      "",
      "Example:",
      "  kelvin task abandon 6f2a91c04b7d3e85a1c9"
    })
public final class TaskAbandonCommand extends Command {
  @Parameters(paramLabel = "TASK", description = "Its id.")
  String id = "";

  public TaskAbandonCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    Task task = session.client().abandonTask(id);
    Problem left = task.problem();
    session.out().println("Task " + task.id() + " is given up.");
    if (left != null) {
      session.out().println("  " + left.cause());
      session.out().println("  " + left.remedy());
    }
    return 0;
  }
}
