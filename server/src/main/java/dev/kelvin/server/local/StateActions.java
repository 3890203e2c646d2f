package dev.kelvin.server.local;

import dev.kelvin.image.ImageStore;
import dev.kelvin.image.catalogue.ImageCatalogue;
import dev.kelvin.machine.VmStateCheck;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.StateReport;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.state.Backup;
import dev.kelvin.state.StateScan;
import dev.kelvin.state.Store;
import java.nio.file.Files;
import java.time.Clock;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Backs up and checks the store. */
final class StateActions {
  private final Store store;
  private final ImageStore images;
  private final Clock clock;

  StateActions(Store store, ImageStore images, Clock clock) {
    this.store = store;
    this.images = images;
    this.clock = clock;
  }

  Outcome backup() {
    store.revision(); // a store that does not answer is a problem document, not half a file
    return new Outcome.Download(
        "application/gzip", out -> Backup.write(store, out, clock.instant()));
  }

  StateReport check() {
    var scan = new StateScan(store);
    Map<String, @Nullable Image> found = scan.documents(ImageCatalogue.form());
    found.forEach((name, image) -> {
      if (image != null) {
        checkFile(scan, name, image);
      }
    });
    new VmStateCheck(scan, found.keySet()).check();
    scan.checkTasks();
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
