package dev.kelvin.server.local.resource;

import dev.kelvin.machine.Machines;
import dev.kelvin.machine.VmDrafts;
import dev.kelvin.machine.store.VmChange;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.supervise.VmProblems;
import dev.kelvin.machine.task.VmTasks;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.state.task.TaskEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What changes VMs. Everything that takes effect on one is a task. */
public final class VmActions {
  /** With a number of five digits it is still a DNS label, and part of a host name. */
  private static final int LONGEST_STEM = 55;

  private static final int MOST_NUMBERS = 99_999;

  private final Machines machines;
  private final VmRepository repository;
  private final VmDrafts drafts;
  private final TaskEngine tasks;

  public VmActions(Machines machines, VmRepository repository, VmDrafts drafts, TaskEngine tasks) {
    this.machines = machines;
    this.repository = repository;
    this.drafts = drafts;
    this.tasks = tasks;
  }

  public Outcome create(Action.CreateVm action) {
    return action.generateName()
        ? createNumbered(action.vm(), action.dryRun())
        : create(action.vm(), action.dryRun());
  }

  /** The first number whose name neither a VM nor one that is being made has. */
  private Outcome createNumbered(Vm draft, boolean dryRun) {
    String given = draft.metadata().name();
    String stem = given.substring(0, Math.min(given.length(), LONGEST_STEM));
    for (int number = 1; number <= MOST_NUMBERS; number++) {
      String name = stem + "-" + number;
      try {
        repository.requireNameFree(name, "");
        return create(draft.withMetadata(draft.metadata().withName(name)), dryRun);
      } catch (ProblemException e) {
        if (!isTaken(e.problem(), name)) {
          throw e;
        }
      }
    }
    throw Problem.of(Code.ALREADY_EXISTS, "There is no free name " + stem + "-NUMBER")
        .at("metadata.name")
        .because("VMs have all numbers up to " + MOST_NUMBERS)
        .remedy("let the name begin with another word")
        .asException();
  }

  private static boolean isTaken(Problem problem, String name) {
    boolean taken = problem.code() == Code.ALREADY_EXISTS || problem.code() == Code.CONFLICT;
    boolean ofName = problem.field() == null || problem.field().equals("metadata.name");
    return taken && ofName && Vm.ref(name).equals(problem.object());
  }

  private Outcome create(Vm draft, boolean dryRun) {
    VmRecord vm = drafts.forCreation(draft);
    if (dryRun) {
      return new Outcome.Document(preview(vm, draft.status()), null);
    }
    String object = vm.ref();
    return new Outcome.Accepted(
        tasks.submitExclusive(VmTasks.CREATE, VmChange.creating(vm), object));
  }

  private static Vm preview(VmRecord vm, VmStatus status) {
    return new Vm(vm.metadata(), vm.spec().withoutSecrets(), status);
  }

  public Outcome update(Action.UpdateVm action) {
    VmRecord current = current(action.name());
    Long expected = action.ifRevision();
    if (expected != null && expected != current.metadata().revision()) {
      throw Problem.of(Code.REVISION_MISMATCH, "The VM has changed meanwhile")
          .on(Vm.ref(action.name()))
          .because(
              "its revision is " + current.metadata().revision() + ", the request has " + expected)
          .remedy("make your change on what it is now: kelvin get vm " + action.name() + " -o yaml")
          .asException();
    }
    VmRecord wanted = drafts.forUpdate(current, action.vm());
    if (action.dryRun()) {
      return new Outcome.Document(
          preview(wanted, machines.get(action.name()).status()), current.metadata().revision());
    }
    return submitUpdate(current, wanted);
  }

  private Outcome submitUpdate(VmRecord current, VmRecord wanted) {
    return new Outcome.Accepted(
        tasks.submitExclusive(VmTasks.UPDATE, new VmChange(current, wanted), current.ref()));
  }

  /** What is stored of a VM now. */
  private VmRecord current(String name) {
    Vm vm = machines.get(name);
    return repository
        .find(vm.metadata().id())
        .orElseThrow(() ->
            Problem.of(Code.NOT_FOUND, "The VM is being deleted")
                .on(vm.ref())
                .because("somebody deletes it at this time, so that it cannot be changed")
                .remedy("wait until \"kelvin ls\" shows it no more; then its name is free")
                .asException());
  }

  /** An update that changes one part of the spec. */
  private Outcome change(String name, Function<VmSpec, VmSpec> change) {
    VmRecord current = current(name);
    Vm vm = machines.get(name);
    Vm draft = new Vm(current.metadata(), change.apply(current.spec()), vm.status());
    return submitUpdate(current, drafts.forUpdate(current, draft));
  }

  public Outcome attachDisk(Action.AttachDisk action) {
    return change(
        action.vm(),
        spec -> spec.withDisks(with(spec.disks(), Disk::name, "disk", action.vm(), action.disk())));
  }

  public Outcome detachDisk(Action.DetachDisk action) {
    return change(
        action.vm(),
        spec ->
            spec.withDisks(without(spec.disks(), Disk::name, "disk", action.vm(), action.disk())));
  }

  public Outcome attachNic(Action.AttachNic action) {
    return change(
        action.vm(),
        spec -> spec.withNics(with(spec.nics(), Nic::name, "nic", action.vm(), action.nic())));
  }

  public Outcome detachNic(Action.DetachNic action) {
    return change(
        action.vm(),
        spec -> spec.withNics(without(spec.nics(), Nic::name, "nic", action.vm(), action.nic())));
  }

  public Outcome setMedia(Action.SetMedia action) {
    return change(
        action.vm(),
        spec -> {
          without(spec.cdroms(), Cdrom::name, "CD drive", action.vm(), action.cdrom());
          return spec.withCdroms(
              spec.cdroms().stream()
                  .map(drive ->
                      drive.name().equals(action.cdrom()) ? drive.withImage(action.image()) : drive)
                  .toList());
        });
  }

  /** These and one more; a problem when there is one of its name. */
  private static <T> List<T> with(
      List<T> items, Function<T, String> name, String kind, String vm, T added) {
    if (items.stream().map(name).anyMatch(name.apply(added)::equals)) {
      throw Problem.of(Code.ALREADY_EXISTS, "The VM has a " + kind + " named " + name.apply(added))
          .on(Vm.ref(vm))
          .because("names are unique among a VM's devices")
          .remedy("choose another name; \"kelvin show " + vm + "\" tells those that it has")
          .asException();
    }
    var all = new ArrayList<>(items);
    all.add(added);
    return all;
  }

  /** The others; a problem when there is none of that name. */
  private static <T> List<T> without(
      List<T> items, Function<T, String> name, String kind, String vm, String removed) {
    List<T> rest = items.stream().filter(item -> !name.apply(item).equals(removed)).toList();
    if (rest.size() == items.size()) {
      List<String> names = items.stream().map(name).toList();
      throw Problem.of(Code.NOT_FOUND, "The VM has no " + kind + " named " + removed)
          .on(Vm.ref(vm))
          .because(names.isEmpty() ? "it has none" : "it has " + String.join(", ", names))
          .remedy(
              Names.nearest(removed, names)
                  .map(near -> "did you mean \"" + near + "\"?")
                  .orElse("see \"kelvin show " + vm + "\""))
          .asException();
    }
    return rest;
  }

  public Outcome delete(Action.DeleteVm action) {
    Optional<String> damaged = action.force() ? machines.damagedId(action.vm()) : Optional.empty();
    if (damaged.isPresent()) {
      boolean kept =
          repository
              .readable(damaged.get())
              .filter(vm -> vm.spec().deletionProtection())
              .isPresent();
      if (kept) {
        throw protectedVm(
            action.vm(),
            "restore a backup of before (\"kelvin state restore\"): it is damaged, too");
      }
      return submitDelete(damaged.get(), action);
    }
    Vm vm = machines.get(action.vm());
    if (vm.spec().deletionProtection()) {
      throw protectedVm(action.vm(), "set it to false first: kelvin edit " + action.vm());
    }
    if (vm.status().phase().hasProcess() && !action.force()) {
      throw VmProblems.notOff(action.vm(), vm.status().phase()).asException();
    }
    return submitDelete(vm.metadata().id(), action);
  }

  private static ProblemException protectedVm(String name, String remedy) {
    return Problem.of(Code.PROTECTED, "The VM is protected against deletion")
        .on(Vm.ref(name))
        .at("spec.deletionProtection")
        .because("its spec says so")
        .remedy(remedy)
        .asException();
  }

  private Outcome submitDelete(String id, Action.DeleteVm action) {
    return new Outcome.Accepted(
        tasks.submitExclusive(
            VmTasks.DELETE,
            new VmTasks.Delete(id, action.force(), action.keepDisks()),
            Vm.ref(action.vm())));
  }

  /** Starts a task of a type that needs nothing but the VM. */
  public Outcome simple(String type, String name) {
    Vm vm = machines.get(name);
    return new Outcome.Accepted(
        tasks.submit(type, new VmTasks.Target(vm.metadata().id()), vm.ref()));
  }

  public Outcome shutdown(Action.ShutdownVm action) {
    Vm vm = machines.get(action.vm());
    Duration timeout =
        action.timeout() != null
            ? action.timeout()
            : Duration.ofSeconds(vm.spec().shutdownTimeoutSeconds());
    return new Outcome.Accepted(
        tasks.submit(
            VmTasks.SHUTDOWN,
            new VmTasks.ShutDown(vm.metadata().id(), timeout.toSeconds(), action.force()),
            vm.ref()));
  }

  public Outcome rename(Action.RenameVm action) {
    Vm vm = machines.get(action.vm());
    Names.check(action.newName(), "name");
    VmRecord current = current(action.vm());
    repository.requireNameFree(action.newName(), current.metadata().id());
    return new Outcome.Accepted(
        tasks.submitExclusive(
            VmTasks.RENAME, new VmTasks.Rename(vm.metadata().id(), action.newName()), vm.ref()));
  }
}
