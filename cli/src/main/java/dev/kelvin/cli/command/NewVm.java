package dev.kelvin.cli.command;

import dev.kelvin.api.VmDocument;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.run.VmNaming;
import dev.kelvin.cli.run.VmWish;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Power;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes a VM of the options of {@code run} and {@code create}. */
record NewVm(Session session, VmOptions options, Waiting waiting) {
  /** The VM that the options describe, with its images made ready, and a name. */
  Vm describe(@Nullable String distribution, Power power) {
    String file = options.file;
    if (file != null) {
      return fromFile(file, power);
    }
    if (options.name != null && Wanted.find(session.client(), options.name).isPresent()) {
      throw taken(options.name);
    }
    VmWish wish = options.wish(session, distribution, power);
    String name =
        options.name != null
            ? options.name
            : VmNaming.free(session, options.stem(distribution, wish.image()));
    return wish.named(name);
  }

  private static ProblemException taken(String name) {
    return Problem.of(Code.ALREADY_EXISTS, "There is a VM of this name already")
        .on(Vm.ref(name))
        .because("names of VMs are unique")
        .remedy("choose another --name, or use it: kelvin start " + name)
        .asException();
  }

  private Vm fromFile(String file, Power power) {
    List<SpecFile.Part> parts = SpecFile.read(session, List.of(file));
    if (parts.size() != 1) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The file has " + parts.size() + " documents")
          .on(file)
          .because("one VM is made here")
          .remedy("use: kelvin apply -f " + file)
          .asException();
    }
    Vm vm = parts.getFirst().vm();
    String name = options.name == null ? vm.metadata().name() : options.name;
    return vm.withMetadata(vm.metadata().withName(name)).withSpec(vm.spec().withPower(power));
  }

  /** Asks for the VM and, unless nobody waits, waits until it exists. */
  Task make(Vm vm) {
    Task task = session.client().createVm(VmDocument.of(vm));
    return waiting.waits() ? waiting.follow(session, task, OnInterrupt.CANCEL) : task;
  }
}
