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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a VM of the options of {@code run} and {@code create}.
 *
 * @param toolsForBuilds gets what building an image takes; whether it has
 */
record NewVm(Session session, VmOptions options, Waiting waiting, BooleanSupplier toolsForBuilds) {
  /** More than that begin at a time only where something else is wrong. */
  private static final int MOST_NAMES = 1000;

  /** The VM that the options describe, with its images made ready, and a name. */
  Vm describe(@Nullable String distribution, Power power) {
    String file = options.file;
    if (file != null) {
      return fromFile(file, power);
    }
    if (options.name != null && Wanted.find(session.client(), options.name).isPresent()) {
      throw taken(options.name);
    }
    VmWish wish = options.wish(session, distribution, power, toolsForBuilds);
    String name =
        options.name != null
            ? options.name
            : VmNaming.free(session, options.stem(distribution, wish.image()), Set.of());
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

  /** A VM that is asked for, by the name that it got, and the task that makes it. */
  record Made(Vm vm, Task task) {}

  /**
   * Asks for the VM and, unless nobody waits, waits until it exists. One whose name nobody asked
   * for gets another when somebody else, who does the same at this time, was faster.
   */
  Made make(Vm described, @Nullable String distribution) {
    boolean chosen = options.name == null && options.file == null;
    var refused = new HashSet<String>();
    Vm vm = described;
    while (true) {
      try {
        return new Made(vm, make(vm));
      } catch (ProblemException e) {
        String name = vm.metadata().name();
        if (!chosen || !isTaken(e.problem(), name) || refused.size() == MOST_NAMES) {
          throw e;
        }
        refused.add(name);
        String stem = options.stem(distribution, rootImage(vm));
        vm = vm.withMetadata(vm.metadata().withName(VmNaming.free(session, stem, refused)));
      }
    }
  }

  private Task make(Vm vm) {
    Task task = session.client().createVm(VmDocument.of(vm));
    return waiting.waits() ? waiting.follow(session, task, OnInterrupt.CANCEL) : task;
  }

  private static @Nullable String rootImage(Vm vm) {
    return vm.spec().disks().isEmpty() ? null : vm.spec().disks().getFirst().image();
  }

  /** Whether a VM has the name, or another task makes one of this name. */
  private static boolean isTaken(Problem problem, String name) {
    boolean taken = problem.code() == Code.ALREADY_EXISTS || problem.code() == Code.CONFLICT;
    boolean ofName = problem.field() == null || problem.field().equals("metadata.name");
    return taken && ofName && Vm.ref(name).equals(problem.object());
  }
}
