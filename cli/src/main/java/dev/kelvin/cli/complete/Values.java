package dev.kelvin.cli.complete;

import dev.kelvin.api.Client;
import dev.kelvin.api.ListQuery;
import dev.kelvin.cli.explain.Explanation;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.cpu.CpuModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Model.ArgSpec;

/** What an option's value or an argument may be, by its type and by the label that help shows. */
final class Values {
  private static final List<String> KINDS = List.of("vm", "image", "volume", "task");
  private final Supplier<Client> client;

  Values(Supplier<Client> client) {
    this.client = client;
  }

  /** Whether a value may be a file of this host. */
  static boolean isFile(ArgSpec argument) {
    return Stream.of("FILE", "FROM", "TO").anyMatch(argument.paramLabel()::contains);
  }

  /**
   * @param before the command's arguments that are typed already
   */
  List<Candidate> of(ArgSpec argument, List<String> before) {
    Class<?> type = argument.typeInfo().getType();
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(value -> plain(value.toString().toLowerCase(Locale.ROOT).replace('_', '-')))
          .toList();
    }
    String label = argument.paramLabel();
    return switch (label) {
      case "VM" -> vms("");
      case "FROM", "TO" -> vms(":");
      case "IMAGE", "FILE|NAME" -> images();
      case "DISTRIBUTION" -> distributions();
      case "MODEL[,+F,-F]" -> cpuModels();
      case "ARCH" -> Stream.of("x86_64", "i386", "aarch64").map(Values::plain).toList();
      case "VOLUME" -> volumes();
      case "TASK" -> tasks();
      case "KIND" -> KINDS.stream().map(Values::plain).toList();
      case "KIND/NAME" -> objects();
      case "NAME" -> before.isEmpty() ? List.of() : ofKind(before.getFirst());
      case "DISK", "NIC" -> devices(label, before);
      case "FIELD" -> Explanation.paths().stream().map(Values::plain).toList();
      case "SHELL" -> Stream.of("bash", "zsh", "fish").map(Values::plain).toList();
      default -> List.of();
    };
  }

  private static Candidate plain(String word) {
    return new Candidate(word, "");
  }

  private List<Candidate> ofKind(String kind) {
    return switch (kind) {
      case "vm", "vms" -> vms("");
      case "image", "images" -> images();
      case "volume", "volumes" -> volumes();
      case "task", "tasks" -> tasks();
      default -> List.of();
    };
  }

  private List<Candidate> objects() {
    var all = new ArrayList<Candidate>();
    for (String kind : KINDS) {
      ofKind(kind).forEach(c -> all.add(new Candidate(kind + "/" + c.word(), c.description())));
    }
    return all;
  }

  private List<Candidate> vms(String suffix) {
    return ask(known ->
        known.allVms(ListQuery.all()).stream()
            .map(vm -> new Candidate(vm.metadata().name() + suffix, phase(vm)))
            .toList());
  }

  private static String phase(Vm vm) {
    return vm.status().phase().name().toLowerCase(Locale.ROOT);
  }

  private List<Candidate> images() {
    return ask(known ->
        known.images().all(ListQuery.all()).stream()
            .map(image -> plain(image.metadata().name()))
            .toList());
  }

  private List<Candidate> distributions() {
    return Stream.concat(
            Stream.of(new Candidate("debian", "built when it is not there")), images().stream())
        .toList();
  }

  private List<Candidate> cpuModels() {
    return ask(known ->
        known.host().cpuModels(null, null).models().stream()
            .filter(CpuModel::runs)
            .flatMap(model -> Stream.concat(Stream.of(model.name()), model.aliases().stream()))
            .map(Values::plain)
            .toList());
  }

  private List<Candidate> volumes() {
    return ask(known ->
        known.volumes().all(ListQuery.all()).stream().map(volume -> plain(volume.id())).toList());
  }

  private List<Candidate> tasks() {
    return ask(known ->
        known.allTasks(ListQuery.all()).stream()
            .map(task -> new Candidate(task.id(), task.type() + " " + task.object()))
            .toList());
  }

  /** The disks or network cards of the VM that is the first argument. */
  private List<Candidate> devices(String label, List<String> before) {
    if (before.isEmpty()) {
      return List.of();
    }
    return ask(known -> {
      var spec = known.vm(before.getFirst()).spec();
      return label.equals("DISK")
          ? spec.disks().stream().map(disk -> plain(disk.name())).toList()
          : spec.nics().stream().map(nic -> plain(nic.name())).toList();
    });
  }

  private List<Candidate> ask(Function<Client, List<Candidate>> question) {
    try {
      return question.apply(client.get());
    } catch (ProblemException noDaemon) {
      // Whoever presses Tab wants no errors in the line being typed.
      return List.of();
    }
  }
}
