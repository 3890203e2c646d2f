package dev.kelvin.server.local.resource;

import dev.kelvin.machine.Machines;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.task.UnknownTasks;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.UnknownGuest;
import dev.kelvin.model.Vm;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.state.task.TaskEngine;
import java.util.List;

/** What settles what becomes of guests that the store does not know. */
public record UnknownActions(Machines machines, VmRepository repository, TaskEngine tasks) {
  public Outcome adopt(Action.AdoptGuest action) {
    UnknownGuest guest = guest(action.guest());
    String name = action.newName();
    if (name != null) {
      Names.check(name, "name");
    }
    machines.requireAdoptable(guest.id());
    repository.requireNameFree(name == null ? guest.name() : name, guest.id());
    return new Outcome.Accepted(
        tasks.submitExclusive(
            UnknownTasks.ADOPT,
            new UnknownTasks.Adopt(guest.id(), name),
            Vm.ref(name == null ? guest.name() : name)));
  }

  public Outcome end(Action.EndGuest action) {
    UnknownGuest guest = guest(action.guest());
    return new Outcome.Accepted(
        tasks.submitExclusive(
            UnknownTasks.END, new UnknownTasks.End(guest.id()), Vm.ref(guest.name())));
  }

  private UnknownGuest guest(String word) {
    List<UnknownGuest> all = machines.unknown();
    return all.stream()
        .filter(one -> one.id().equals(word) || one.name().equals(word))
        .findFirst()
        .orElseThrow(() ->
            Problem.of(
                    Code.NOT_FOUND, "There is no guest " + word + " that the store does not know")
                .on(Vm.ref(word))
                .remedy(
                    Names.nearest(word, all.stream().map(UnknownGuest::name).toList())
                        .map(near -> "did you mean \"" + near + "\"?")
                        .orElse("see \"kelvin info\" for those there are"))
                .asException());
  }
}
