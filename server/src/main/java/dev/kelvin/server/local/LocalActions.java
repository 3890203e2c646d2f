package dev.kelvin.server.local;

import dev.kelvin.image.catalogue.ImageCatalogue;
import dev.kelvin.machine.Machines;
import dev.kelvin.machine.VmAccess;
import dev.kelvin.machine.task.VmTasks;
import dev.kelvin.model.Image;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Action.Guests;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Action.Resource;
import dev.kelvin.server.action.Actions;
import dev.kelvin.server.action.Authorizer;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.action.Principal;
import dev.kelvin.server.local.health.LastKnown;
import dev.kelvin.server.local.node.CpuActions;
import dev.kelvin.server.local.node.NodeActions;
import dev.kelvin.server.local.node.StateActions;
import dev.kelvin.server.local.resource.ConsoleDesk;
import dev.kelvin.server.local.resource.GuestActions;
import dev.kelvin.server.local.resource.ImageActions;
import dev.kelvin.server.local.resource.UnknownActions;
import dev.kelvin.server.local.resource.VmActions;
import dev.kelvin.server.local.resource.VolumeActions;
import dev.kelvin.server.local.watch.ObjectWatches;
import dev.kelvin.server.local.watch.Selection;
import dev.kelvin.server.local.watch.TaskWatches;
import dev.kelvin.state.task.TaskEngine;
import java.util.Optional;

/** Executes actions on this node. */
public final class LocalActions implements Actions {
  /** What executes the actions of each kind. */
  record Handlers(
      VmActions vms,
      VolumeActions volumes,
      ImageActions images,
      GuestActions guests,
      NodeActions node,
      CpuActions cpus,
      ConsoleDesk consoles,
      StateActions state,
      UnknownActions unknown,
      ObjectWatches watches,
      TaskWatches taskWatches) {}

  private final Authorizer authorizer;
  private final LastKnown<Long> revisions;
  private final Machines machines;
  private final VmAccess access;
  private final ImageCatalogue images;
  private final TaskEngine tasks;
  private final Handlers handlers;

  LocalActions(
      Authorizer authorizer,
      LastKnown<Long> revisions,
      Machines machines,
      VmAccess access,
      ImageCatalogue images,
      TaskEngine tasks,
      Handlers handlers) {
    this.authorizer = authorizer;
    this.revisions = revisions;
    this.machines = machines;
    this.access = access;
    this.images = images;
    this.tasks = tasks;
    this.handlers = handlers;
  }

  @Override
  public Outcome perform(Principal who, Action what) throws InterruptedException {
    Optional<Problem> refusal = authorizer.check(who, what);
    if (refusal.isPresent()) {
      throw refusal.get().asException();
    }
    return switch (what) {
      case Action.Read read -> read(read);
      case Action.Write write -> write(write);
    };
  }

  private Outcome read(Action.Read action) throws InterruptedException {
    return switch (action) {
      case Action.GetInfo() -> new Outcome.Document(handlers.node().info(), null);
      case Action.GetDoctor() -> new Outcome.Document(handlers.node().doctor(), null);
      case Action.GetCpuModels(Guests guests) -> handlers.cpus().models(guests);
      case Action.GetHostCpu(Guests guests) -> handlers.cpus().describe(guests);
      case Action.ComputeBaseline(var hosts) -> handlers.cpus().baseline(hosts);
      case Action.GetMetrics() -> handlers.node().metrics();
      case Action.BackUpState() -> handlers.state().backup();
      case Action.CheckState() -> new Outcome.Document(handlers.state().check(), null);
      case Action.ListObjects(Resource resource, Query query) -> list(resource, query);
      case Action.Watch(Resource resource, Query query, long from) -> watch(resource, query, from);
      case Action.Events(Long after, String object) ->
          new Outcome.Stream(handlers.node().events().subscribe(after, object));
      case Action.GetVm(String name) -> {
        Vm vm = machines.get(name);
        yield new Outcome.Document(vm, vm.metadata().revision());
      }
      case Action.GetImage(String name) -> {
        Image image = images.get(name);
        yield new Outcome.Document(image, image.metadata().revision());
      }
      case Action.GetVolume(String id) -> handlers.volumes().get(id);
      case Action.ListPublished() -> handlers.images().published();
      case Action.GetTask(String id) -> new Outcome.Document(tasks.get(id), null);
      case Action.Screenshot(String vm, int screen) ->
          new Outcome.Bytes("image/png", access.screenshot(vm, screen));
      case Action.GetSerialLog(String vm, long tail) ->
          new Outcome.Download("text/plain; charset=utf-8", access.serialLog(vm, tail)::writeTo);
      case Action.GetIsolation(String vm) -> new Outcome.Document(access.isolation(vm), null);
      case Action.GetGuest(String vm) -> handlers.guests().info(vm);
      case Action.ReadGuestFile file -> handlers.guests().readFile(file);
      case Action.ReadGuestTree tree -> handlers.guests().readTree(tree);
    };
  }

  private Outcome list(Resource resource, Query query) {
    // An earlier one only makes whoever watches from it hear of changes twice.
    LastKnown.Found<Long> known = revisions.find();
    long revision = known.value();
    Outcome.Page page =
        switch (resource) {
          case VMS ->
              Selection.page(
                  machines.after(query.after()), query, vm -> vm.metadata().name(), revision);
          case IMAGES ->
              Selection.page(images.list(), query, image -> image.metadata().name(), revision);
          case VOLUMES -> handlers.volumes().list(query, revision);
          case TASKS -> Selection.page(tasks.list(), query, Task::id, revision);
        };
    return page.asOf(known.asOf());
  }

  private Outcome watch(Resource resource, Query query, long fromRevision) {
    return new Outcome.Stream(
        switch (resource) {
          case VMS -> handlers.watches().vms(query, fromRevision);
          case IMAGES -> handlers.watches().images(query, fromRevision);
          case VOLUMES -> throw VolumeActions.unwatchable().asException();
          case TASKS -> handlers.taskWatches().begin(query, tasks::snapshot);
        });
  }

  private Outcome write(Action.Write action) throws InterruptedException {
    return switch (action) {
      case Action.RunDoctor() -> handlers.node().examine();
      case Action.InstallPackages(var packages) -> handlers.node().install(packages);
      case Action.StopDaemon(boolean stopVms) -> handlers.node().stop(stopVms);
      case Action.CreateVm create -> handlers.vms().create(create);
      case Action.UpdateVm update -> handlers.vms().update(update);
      case Action.DeleteVm delete -> handlers.vms().delete(delete);
      case Action.StartVm(String vm) -> handlers.vms().simple(VmTasks.START, vm);
      case Action.StopVm(String vm) -> handlers.vms().simple(VmTasks.STOP, vm);
      case Action.ResetVm(String vm) -> handlers.vms().simple(VmTasks.RESET, vm);
      case Action.PauseVm(String vm) -> handlers.vms().simple(VmTasks.PAUSE, vm);
      case Action.ResumeVm(String vm) -> handlers.vms().simple(VmTasks.RESUME, vm);
      case Action.ShutdownVm shutdown -> handlers.vms().shutdown(shutdown);
      case Action.RenameVm rename -> handlers.vms().rename(rename);
      case Action.AttachDisk attach -> handlers.vms().attachDisk(attach);
      case Action.DetachDisk detach -> handlers.vms().detachDisk(detach);
      case Action.AttachNic attach -> handlers.vms().attachNic(attach);
      case Action.DetachNic detach -> handlers.vms().detachNic(detach);
      case Action.SetMedia media -> handlers.vms().setMedia(media);
      case Action.SendKeys(String vm, var keys) -> {
        access.sendKeys(vm, keys);
        yield new Outcome.Done();
      }
      case Action.OpenConsole(String vm, var kind) -> {
        machines.get(vm);
        yield handlers.consoles().grant(vm, kind);
      }
      case Action.GuestExec exec -> handlers.guests().exec(exec);
      case Action.EndGuestProgram end -> handlers.guests().end(end);
      case Action.WriteGuestFile file -> handlers.guests().writeFile(file);
      case Action.WriteGuestTree tree -> handlers.guests().writeTree(tree);
      case Action.BuildImage build -> handlers.images().build(build);
      case Action.PullImage pull -> handlers.images().pull(pull);
      case Action.ImportImage imported -> handlers.images().importImage(imported);
      case Action.DeleteImage delete -> handlers.images().delete(delete);
      case Action.DeleteVolume delete -> handlers.volumes().delete(delete);
      case Action.AdoptGuest adopt -> handlers.unknown().adopt(adopt);
      case Action.EndGuest end -> handlers.unknown().end(end);
      case Action.CancelTask(String id) -> new Outcome.Accepted(tasks.cancel(id));
      case Action.AbandonTask(String id) -> new Outcome.Accepted(tasks.abandon(id));
    };
  }

  @Override
  public ConsoleLink openConsole(String ticket, ConsoleSink sink) throws InterruptedException {
    return handlers.consoles().open(ticket, sink);
  }
}
