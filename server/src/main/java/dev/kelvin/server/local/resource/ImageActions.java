package dev.kelvin.server.local.resource;

import dev.kelvin.host.process.BootId;
import dev.kelvin.image.ImageStore;
import dev.kelvin.image.catalogue.ImageCatalogue;
import dev.kelvin.image.catalogue.ImageTasks;
import dev.kelvin.image.format.Importer;
import dev.kelvin.image.pull.Published;
import dev.kelvin.image.pull.Puller;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.ImageSpec;
import dev.kelvin.model.Image.Origin;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.PublishedImage;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.state.task.TaskEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What makes and deletes images. */
public final class ImageActions {
  /** Distributions that can be built. */
  private static final List<String> DISTRIBUTIONS = List.of("debian");

  private final ImageCatalogue catalogue;
  private final ImageStore files;
  private final Importer importer;
  private final Published published;
  private final Puller puller;
  private final TaskEngine tasks;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  public ImageActions(
      ImageCatalogue catalogue,
      ImageStore files,
      Importer importer,
      Published published,
      Puller puller,
      TaskEngine tasks,
      Clock clock) {
    this.catalogue = catalogue;
    this.files = files;
    this.importer = importer;
    this.published = published;
    this.puller = puller;
    this.tasks = tasks;
    this.clock = clock;
  }

  public Outcome build(Action.BuildImage action) {
    catalogue.requireFree(action.name());
    BuildRecipe recipe = action.recipe();
    if (!DISTRIBUTIONS.contains(recipe.distribution())) {
      throw Problem.of(
              Code.INVALID_ARGUMENT, "Images of " + recipe.distribution() + " cannot be built")
          .at("build.distribution")
          .because("Kelvin knows recipes for: " + String.join(", ", DISTRIBUTIONS))
          .remedy("build one of those, or import an image file of that distribution")
          .asException();
    }
    Metadata metadata = metadata(action.name(), action.labels());
    var spec = new ImageSpec(Origin.BUILD, recipe, null);
    return new Outcome.Accepted(
        tasks.submitExclusive(
            ImageTasks.BUILD, new ImageTasks.Build(metadata, spec), Image.ref(action.name())));
  }

  /** All images that publishers offer. */
  public Outcome published() {
    return new Outcome.Document(new PublishedList(published.list()), null);
  }

  /** A list in one piece; it is short. */
  record PublishedList(List<PublishedImage> items) {}

  public Outcome pull(Action.PullImage action) throws InterruptedException {
    var wish =
        new Published.Wish(
            action.from(),
            action.arch(),
            action.format(),
            action.mirror(),
            action.checksum(),
            action.insecure());
    Published.Found found = published.find(wish);
    String name = action.name() == null ? found.image() : action.name();
    catalogue.requireFree(name);
    Metadata metadata = metadata(name, action.labels());
    catalogue.requireNotPulled(found.source(), metadata.id());
    Integer seconds = action.reachSeconds();
    if (seconds != null) {
      puller.reach(found.plan(), Duration.ofSeconds(seconds));
    }
    var spec = new ImageSpec(Origin.PULL, null, found.plan().format(), found.source());
    return new Outcome.Accepted(
        tasks.submitExclusive(
            ImageTasks.PULL, new ImageTasks.Pull(metadata, spec, found.plan()), Image.ref(name)));
  }

  private Metadata metadata(String name, Map<String, String> labels) {
    return new Metadata(name, Names.newId(random), labels, 0, clock.instant());
  }

  /** The name of the directory that an image's upload is in. */
  public static String uploadName(String imageId) {
    return "upload-" + imageId;
  }

  /** Receives the file while the client sends it; the rest is a task. */
  public Outcome importImage(Action.ImportImage action) {
    tasks.requireSpace();
    catalogue.requireFree(action.name());
    Metadata metadata = metadata(action.name(), action.labels());
    Path directory = files.workDir(uploadName(metadata.id()));
    try {
      Files.createDirectories(directory);
      try {
        importer.receive(
            action.content(),
            action.length(),
            ImageTasks.Import.file(directory),
            ProgressSink.none());
        var spec = new ImageSpec(Origin.IMPORT, null, action.format());
        return new Outcome.Accepted(
            tasks.submitExclusive(
                ImageTasks.IMPORT,
                new ImageTasks.Import(
                    metadata, spec, directory.toString(), BootId.current(), action.compression()),
                Image.ref(action.name())));
      } catch (RuntimeException e) {
        Files.deleteIfExists(ImageTasks.Import.file(directory));
        Files.deleteIfExists(directory);
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("receiving image " + action.name(), e);
    }
  }

  public Outcome delete(Action.DeleteImage action) {
    String name = action.image();
    boolean damaged = action.force() && catalogue.isDamaged(name);
    String id = damaged ? "" : catalogue.get(name).metadata().id();
    return new Outcome.Accepted(
        tasks.submitExclusive(ImageTasks.DELETE, new ImageTasks.Delete(name, id), Image.ref(name)));
  }
}
