package dev.kelvin.cli.command;

import dev.kelvin.api.Client;
import dev.kelvin.api.ListQuery;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.text.Table;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Volume;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin get}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  kelvin get vm web1 -o yaml",
      "  kelvin get vms -l team=blue -o json",
      "  kelvin get tasks --field state=failed"
    })
public final class GetCommand extends Command {
  private static final List<String> KINDS =
      List.of("vm", "vms", "image", "images", "volume", "volumes", "task", "tasks");

  @Parameters(index = "0", paramLabel = "KIND", description = "vm, image, volume or task.")
  String kind = "";

  @Parameters(index = "1..*", paramLabel = "NAME", description = "Which ones. Usual: all.")
  List<String> names = List.of();

  @Option(
      names = {"-l", "--label"},
      paramLabel = "KEY=VALUE",
      description = "Only those with this label. Can be given several times.")
  List<String> labels = List.of();

  @Option(
      names = "--field",
      paramLabel = "PATH=VALUE",
      description =
          "Only those whose field has this value (!= for another). Can be given several times.")
  List<String> fields = List.of();

  @Mixin Outputs outputs = new Outputs();

  public GetCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    checkFilters();
    Client client = session.client();
    ListQuery query = ListQuery.all().labels(labels).fields(fields);
    switch (kind) {
      case "vm", "vms" ->
          write(
              names.isEmpty() ? client.allVms(query) : each(client::vm),
              VmText::name,
              all -> VmText.table(all, session.style()));
      case "image", "images" ->
          write(
              names.isEmpty() ? client.images().all(query) : each(client.images()::get),
              ImageText::name,
              (List<Image> all) -> ImageText.table(all, session.style()));
      case "volume", "volumes" ->
          write(
              names.isEmpty() ? client.volumes().all(query) : each(client.volumes()::get),
              Volume::id,
              VolumeText::table);
      case "task", "tasks" ->
          write(
              names.isEmpty() ? client.allTasks(query) : each(client::task),
              Task::id,
              all -> TaskText.table(all, session.style()));
      default -> throw unknown();
    }
    return 0;
  }

  private void checkFilters() {
    if (names.isEmpty() || (labels.isEmpty() && fields.isEmpty())) {
      return;
    }
    String option = labels.isEmpty() ? "--field" : "--label";
    throw Problem.of(Code.INVALID_ARGUMENT, "Names and " + option + " exclude each other")
        .because("names say which objects are meant, and " + option + " chooses among all")
        .remedy("leave the names out, or leave " + option + " out")
        .asException();
  }

  private <T> List<T> each(Function<String, T> reader) {
    return names.stream().map(reader).toList();
  }

  /** A single one that was named is written by itself, not as a list of one. */
  private <T> void write(List<T> items, Function<T, String> name, Function<List<T>, Table> table) {
    if (names.size() == 1 && !outputs.forPeople()) {
      outputs.one(session, items.getFirst(), name, () -> "");
    } else {
      outputs.list(session, items, name, () -> table.apply(items));
    }
  }

  private RuntimeException unknown() {
    return Problem.of(Code.INVALID_ARGUMENT, "There is no kind of objects \"" + kind + "\"")
        .because("there are vm, image, volume and task")
        .remedy(
            Names.nearest(kind, KINDS)
                .map(one -> "did you mean " + one + "?")
                .orElse("write one of these"))
        .asException();
  }
}
