package dev.kelvin.image.catalogue;

import dev.kelvin.image.ImageStore;
import dev.kelvin.image.catalogue.ImageTasks.Pull;
import dev.kelvin.image.format.Importer;
import dev.kelvin.image.pull.Puller;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.Provenance;
import dev.kelvin.model.Image.Verification;
import dev.kelvin.model.WireName;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The steps of a pull. Its work directory outlives the daemon, so that a download goes on with the
 * next one; what has come is held against the same checks as a file that a user sends.
 */
final class PullSteps {
  private final ImageCatalogue catalogue;
  private final ImageStore store;
  private final Importer importer;
  private final Puller puller;

  PullSteps(ImageCatalogue catalogue, ImageStore store, Importer importer, Puller puller) {
    this.catalogue = catalogue;
    this.store = store;
    this.importer = importer;
    this.puller = puller;
  }

  List<Step<Pull>> all() {
    return List.of(new Reserve(), new Download(), new Unpack(), new Convert(), new Keep());
  }

  private void clear(StepContext context) throws IOException {
    ImageTasks.clear(store.workDir(context.taskId()));
  }

  private final class Reserve implements Step<Pull> {
    @Override
    public String name() {
      return "reserve";
    }

    @Override
    public void run(Pull task, StepContext context) {
      catalogue.beginPull(task.metadata(), task.spec());
      context.result(Image.ref(task.metadata().name()));
    }

    @Override
    public void undo(Pull task, StepContext context) throws IOException {
      catalogue.remove(task.metadata().name(), task.metadata().id());
      clear(context);
    }
  }

  private final class Download implements Step<Pull> {
    @Override
    public String name() {
      return "download";
    }

    @Override
    public void run(Pull task, StepContext context) throws InterruptedException {
      Path work = store.workDir(context.taskId());
      Provenance found = puller.download(task.plan(), work, context);
      context.remember("verification", found.verification().wire());
      if (found.checksum() != null) {
        context.remember("checksum", found.checksum());
      }
      if (found.signer() != null) {
        context.remember("signer", found.signer());
      }
    }

    @Override
    public void undo(Pull task, StepContext context) throws IOException {
      clear(context);
    }
  }

  private final class Unpack implements Step<Pull> {
    @Override
    public String name() {
      return "unpack";
    }

    @Override
    public void run(Pull task, StepContext context) throws InterruptedException, IOException {
      puller.unpack(task.plan(), store.workDir(context.taskId()), context);
    }

    @Override
    public void undo(Pull task, StepContext context) throws IOException {
      clear(context);
    }
  }

  private final class Convert implements Step<Pull> {
    @Override
    public String name() {
      return "convert";
    }

    @Override
    public void run(Pull task, StepContext context) throws InterruptedException, IOException {
      Path work = store.workDir(context.taskId());
      Path disk = puller.unpack(task.plan(), work, context);
      Format format = task.plan().format();
      ImageTasks.inspect(importer, disk, format, context);
      // Not where the disk is: it would be deleted as what an interrupted conversion has left.
      ImageTasks.convert(importer, store, disk, format, work.resolve("converted"), context);
    }

    @Override
    public void undo(Pull task, StepContext context) throws IOException {
      clear(context);
    }
  }

  private final class Keep implements Step<Pull> {
    @Override
    public String name() {
      return "store";
    }

    @Override
    public void run(Pull task, StepContext context) throws IOException, InterruptedException {
      Format format = task.plan().format();
      ImageTasks.keep(catalogue, store, task.metadata(), format, context, provenance(context));
    }
  }

  private static Provenance provenance(StepContext context) {
    String wire = context.recall("verification").orElseThrow();
    return new Provenance(
        WireName.find(Verification.class, wire).orElseThrow(),
        context.recall("checksum").orElse(null),
        context.recall("signer").orElse(null));
  }
}
