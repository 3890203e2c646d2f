package dev.kelvin.server.local.node;

import dev.kelvin.image.ImageStore;
import dev.kelvin.machine.DeviceCheck;
import dev.kelvin.model.StateReport;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.state.backup.Backup;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.task.TaskEngine;
import java.nio.file.Path;
import java.time.Clock;

/** Backs up and checks the store. */
public final class StateActions {
  private final Store store;
  private final ImageStore images;
  private final Path volumes;
  private final TaskEngine tasks;
  private final DeviceCheck devices;
  private final Clock clock;

  public StateActions(
      Store store,
      ImageStore images,
      Path volumes,
      TaskEngine tasks,
      DeviceCheck devices,
      Clock clock) {
    this.store = store;
    this.volumes = volumes;
    this.tasks = tasks;
    this.devices = devices;
    this.images = images;
    this.clock = clock;
  }

  public Outcome backup() {
    store.revision(); // a store that does not answer is a problem document, not half a file
    return new Outcome.Download(
        "application/gzip", out -> Backup.write(store, out, clock.instant()));
  }

  public StateReport check() throws InterruptedException {
    return new StateCheck(store, images, volumes, tasks::unattended, devices::report).run();
  }
}
