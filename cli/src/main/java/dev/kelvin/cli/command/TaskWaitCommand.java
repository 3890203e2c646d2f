package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.cli.text.Tasks;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.Task;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin task wait}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Ends with the exit code of the task's problem when it fails.",
      "",
      "Example:",
      "  kelvin task wait --timeout 10m 6f2a91c04b7d3e85a1c9"
    })
public final class TaskWaitCommand extends Command {
  @Parameters(paramLabel = "TASK", description = "Its id.")
  String id = "";

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "Wait no longer than this. Usual: 24h.")
  String timeout = "24h";

  public TaskWaitCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    Task task = session.client().task(id);
    try (Progress progress = TaskFollower.progress(session)) {
      new TaskFollower(session, progress, Units.duration(timeout, "--timeout"))
          .follow(task, OnInterrupt.DETACH);
    }
    session.out().println("Done: " + Tasks.title(task));
    return 0;
  }
}
