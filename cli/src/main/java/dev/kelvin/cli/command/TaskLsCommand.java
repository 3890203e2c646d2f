package dev.kelvin.cli.command;

import dev.kelvin.api.ListQuery;
import dev.kelvin.cli.Session;
import dev.kelvin.model.Task;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kelvin task ls}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin task ls --field object=vm/web1"})
public final class TaskLsCommand extends Command {
  @Option(
      names = "--field",
      paramLabel = "PATH=VALUE",
      description =
          "Only tasks whose field has this value (!= for another). Can be given several times.")
  List<String> fields = List.of();

  @Mixin Outputs outputs = new Outputs();

  public TaskLsCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    var tasks = new ArrayList<>(session.client().allTasks(ListQuery.all().fields(fields)));
    tasks.sort(Comparator.comparing(Task::createdAt));
    outputs.list(session, tasks, Task::id, () -> TaskText.table(tasks, session.style()));
    return 0;
  }
}
