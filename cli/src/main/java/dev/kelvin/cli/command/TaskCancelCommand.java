package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin task cancel}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin task cancel 6f2a91c04b7d3e85a1c9"})
public final class TaskCancelCommand extends Command {
  @Parameters(paramLabel = "TASK", description = "Its id.")
  String id = "";

  @Mixin Waiting waiting = new Waiting();

  public TaskCancelCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    Task task = session.client().cancelTask(id);
    if (!waiting.waits()) {
      session.out().println(task.id());
      session.err().println("It is being cancelled. Wait with: kelvin task wait " + task.id());
      return 0;
    }
    try {
      waiting.follow(session, task, OnInterrupt.DETACH);
    } catch (ProblemException e) {
      // That it was cancelled is what was wanted; anything else is not.
      Task ended = session.client().task(id);
      if (ended.state() != TaskState.CANCELLED && e.problem().code() != Code.CANCELLED) {
        throw e;
      }
      session.out().println("The task is cancelled, and what it did is undone.");
      return 0;
    }
    session.out().println("The task was done before it could be cancelled.");
    return 0;
  }
}
