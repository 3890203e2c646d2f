package dev.kelvin.server.local.node;

import dev.kelvin.image.ImageStore;
import dev.kelvin.image.catalogue.ImageCatalogue;
import dev.kelvin.machine.store.VmStateCheck;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.StateReport;
import dev.kelvin.state.backup.Restore;
import dev.kelvin.state.backup.StateScan;
import dev.kelvin.state.store.Store;
import dev.kelvin.storage.DirectoryDriver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Looks through all that a store holds, and changes nothing. */
public final class StateCheck {
  private final Store store;
  private final ImageStore images;
  private final Path volumes;
  private final Function<String, Optional<String>> unattended;
  private final Live live;

  /** Looks at what runs. */
  @FunctionalInterface
  interface Live {
    void report(StateScan scan) throws InterruptedException;
  }

  /** Without a daemon: the next one goes on with every task, and nothing that runs is seen. */
  public StateCheck(Store store, ImageStore images, Path volumes) {
    this(store, images, volumes, task -> Optional.empty(), scan -> {});
  }

  /**
   * @param volumes the directory of their files
   * @param unattended why nobody works on a task that is under way; empty when somebody does
   */
  StateCheck(
      Store store,
      ImageStore images,
      Path volumes,
      Function<String, Optional<String>> unattended,
      Live live) {
    this.store = store;
    this.images = images;
    this.volumes = volumes;
    this.unattended = unattended;
    this.live = live;
  }

  /** What is there, and what is wrong with it. */
  public StateReport run() throws InterruptedException {
    var scan = new StateScan(store);
    if (store.get(Restore.MARKER).isPresent()) {
      scan.report(
          Restore.MARKER,
          "a restore was interrupted; the store holds a part of a backup",
          "do it again: kelvin state restore --replace FILE");
    }
    Map<String, @Nullable Image> found = scan.documents(ImageCatalogue.form());
    found.forEach((name, image) -> {
      if (image != null) {
        checkFile(scan, name, image);
      }
    });
    new VmStateCheck(scan, found.keySet(), id -> DirectoryDriver.file(volumes, id)).check();
    scan.checkTasks(unattended);
    live.report(scan);
    return scan.done();
  }

  private void checkFile(StateScan scan, String name, Image image) {
    String digest = image.status().digest();
    Image.Format format = image.status().format();
    if (image.status().phase() == ImagePhase.READY
        && digest != null
        && format != null
        && !Files.exists(images.path(digest, format))) {
      scan.report(
          ImageCatalogue.IMAGES + name,
          "its file " + images.path(digest, format) + " is not there",
          "copy the file there, or delete the image and make it anew");
    }
  }
}
