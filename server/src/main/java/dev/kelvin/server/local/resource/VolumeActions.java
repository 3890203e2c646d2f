package dev.kelvin.server.local.resource;

import dev.kelvin.machine.task.VolumeTasks;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Volume;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.local.watch.Selection;
import dev.kelvin.state.task.TaskEngine;

/** What shows and deletes volumes. */
public final class VolumeActions {
  private final Volumes volumes;
  private final TaskEngine tasks;

  public VolumeActions(Volumes volumes, TaskEngine tasks) {
    this.volumes = volumes;
    this.tasks = tasks;
  }

  public Outcome.Page list(Query query, long revision) {
    return Selection.page(volumes.list(), query, Volume::id, revision);
  }

  public Outcome get(String id) {
    return new Outcome.Document(volumes.get(id, null), null);
  }

  /** What they take changes with each write of a guest, of which nobody tells the daemon. */
  public static Problem unwatchable() {
    return Problem.of(Code.INVALID_ARGUMENT, "Volumes cannot be watched")
        .at("watch")
        .because("what they take of the host changes without a word")
        .remedy("list them again; who uses them changes with VMs, which can be watched");
  }

  public Outcome delete(Action.DeleteVolume action) {
    String id = action.volume();
    if (!action.force() || volumes.fault(id).isEmpty()) {
      volumes.get(id, null);
    }
    volumes.requireUnused(id);
    return new Outcome.Accepted(
        tasks.submitExclusive(VolumeTasks.DELETE, new VolumeTasks.Delete(id), Volume.ref(id)));
  }
}
