package dev.kelvin.image.catalogue;

import dev.kelvin.host.process.BootId;
import dev.kelvin.image.ImageStore;
import dev.kelvin.image.build.DebianBuilder;
import dev.kelvin.image.format.Importer;
import dev.kelvin.image.pull.PullPlan;
import dev.kelvin.image.pull.Puller;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.ImageSpec;
import dev.kelvin.model.Image.Provenance;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Problem;
import dev.kelvin.state.task.Step;
import dev.kelvin.state.task.StepContext;
import dev.kelvin.state.task.TaskType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The durable tasks that make and delete images. */
public final class ImageTasks {
  public static final String BUILD = "image.build";
  public static final String IMPORT = "image.import";
  public static final String PULL = "image.pull";
  public static final String DELETE = "image.delete";

  /** Makes an image by its recipe. */
  public record Build(Metadata metadata, ImageSpec spec) {}

  /**
   * Makes an image of a file that was received.
   *
   * @param directory that the file is in, alone; it is removed in the end
   * @param boot of the host when it was received, since it may not be on the medium; null when it
   *     was received by a Kelvin that waited for that
   * @param compression what the file is packed with; null for a file that is not
   */
  public record Import(
      Metadata metadata,
      ImageSpec spec,
      String directory,
      @Nullable String boot,
      @Nullable Compression compression) {
    /** Where the received file is. */
    public static Path file(Path directory) {
      return directory.resolve("received");
    }

    /** Where the disk is, as it was before it was packed. */
    private Path whole() throws IOException {
      if (boot != null && !boot.equals(BootId.current())) {
        throw Problem.of(Code.HOST_FAILURE, "The host went down before the file was taken in")
            .on(Image.ref(metadata.name()))
            .because("what had been received may not be on the medium")
            .remedy("import the file again")
            .asException();
      }
      Path received = file(Path.of(directory));
      return isPacked() ? received.resolveSibling("unpacked") : received;
    }

    private boolean isPacked() {
      return compression != null && compression != Compression.NONE;
    }
  }

  /** Makes an image of a file that is published. */
  public record Pull(Metadata metadata, ImageSpec spec, PullPlan plan) {}

  /**
   * Deletes an image.
   *
   * @param id empty for one that is damaged, of which nothing but its name can be read
   */
  public record Delete(String name, String id) {
    boolean damaged() {
      return id.isEmpty();
    }
  }

  private final ImageCatalogue catalogue;
  private final ImageStore store;
  private final Importer importer;
  private final DebianBuilder debian;
  private final Puller puller;

  public ImageTasks(
      ImageCatalogue catalogue,
      ImageStore store,
      Importer importer,
      DebianBuilder debian,
      Puller puller) {
    this.catalogue = catalogue;
    this.store = store;
    this.importer = importer;
    this.debian = debian;
    this.puller = puller;
  }

  public List<TaskType<?>> types() {
    return List.of(
        new TaskType<>(
                BUILD,
                Build.class,
                List.of(new ReserveBuild(), new RunBuild(), new StoreBuild()),
                true)
            .takingSpace(),
        new TaskType<>(
                IMPORT,
                Import.class,
                List.of(new Inspect(), new Convert(), new StoreImport()),
                true)
            .takingSpace(),
        new TaskType<>(
                PULL, Pull.class, new PullSteps(catalogue, store, importer, puller).all(), true)
            .takingSpace(),
        new TaskType<>(DELETE, Delete.class, List.of(new Mark(), new Remove()), false));
  }

  private final class ReserveBuild implements Step<Build> {
    @Override
    public String name() {
      return "reserve";
    }

    @Override
    public void run(Build task, StepContext context) {
      catalogue.begin(task.metadata(), task.spec());
      context.result(Image.ref(task.metadata().name()));
    }

    @Override
    public void undo(Build task, StepContext context) {
      catalogue.remove(task.metadata().name(), task.metadata().id());
    }
  }

  private final class RunBuild implements Step<Build> {
    @Override
    public String name() {
      return "build";
    }

    @Override
    public void run(Build task, StepContext context) throws InterruptedException {
      Path work = store.workDir(context.taskId());
      var recipe = Objects.requireNonNull(task.spec().build(), "a build has a recipe");
      // A daemon that died after it had built does not build again.
      if (context.recall("file").map(Path::of).filter(Files::exists).isEmpty()) {
        context.remember("file", debian.build(recipe, work, context).toString());
      }
    }

    @Override
    public void undo(Build task, StepContext context) throws IOException, InterruptedException {
      debian.discard(store.workDir(context.taskId()));
      clear(store.workDir(context.taskId()));
    }
  }

  private final class StoreBuild implements Step<Build> {
    @Override
    public String name() {
      return "store";
    }

    @Override
    public void run(Build task, StepContext context) throws IOException, InterruptedException {
      keep(catalogue, store, task.metadata(), Format.QCOW2, context, null);
    }
  }

  /**
   * The last step of each task that makes an image: takes in the file that an earlier one has
   * remembered, and removes the work directory.
   *
   * @param source of the file, before it was converted
   */
  static void keep(
      ImageCatalogue catalogue,
      ImageStore store,
      Metadata metadata,
      Format source,
      StepContext context,
      @Nullable Provenance provenance)
      throws IOException, InterruptedException {
    if (!catalogue.ready(metadata.name())) {
      Path file = Path.of(context.recall("file").orElseThrow());
      Format format = source == Format.ISO ? Format.ISO : Format.QCOW2;
      // Not of what is converted: that was sealed before its step ended.
      Optional<String> known = context.recall("digest");
      String digest = known.isPresent() ? known.get() : store.seal(file, context);
      List<String> warnings =
          context.recall("warnings").map(String::lines).orElse(Stream.of()).toList();
      catalogue.finish(metadata.name(), file, format, digest, provenance, warnings);
    }
    clear(store.workDir(context.taskId()));
  }

  private final class Inspect implements Step<Import> {
    @Override
    public String name() {
      return "inspect";
    }

    @Override
    public void run(Import task, StepContext context) throws InterruptedException, IOException {
      catalogue.begin(task.metadata(), task.spec());
      Path disk = task.whole();
      if (task.isPacked()) {
        Path packed = Import.file(Path.of(task.directory()));
        Files.deleteIfExists(disk); // of a daemon that ended meanwhile; it may be read-only
        puller.unpack(
            packed, Objects.requireNonNull(task.compression()), format(task), disk, context);
      }
      inspect(importer, disk, format(task), context);
      context.result(Image.ref(task.metadata().name()));
    }

    @Override
    public void undo(Import task, StepContext context) throws IOException {
      catalogue.remove(task.metadata().name(), task.metadata().id());
      clear(Path.of(task.directory()));
    }
  }

  private final class Convert implements Step<Import> {
    @Override
    public String name() {
      return "convert";
    }

    @Override
    public void run(Import task, StepContext context) throws InterruptedException, IOException {
      Path work = store.workDir(context.taskId());
      convert(importer, store, task.whole(), format(task), work, context);
    }

    @Override
    public void undo(Import task, StepContext context) throws IOException {
      clear(store.workDir(context.taskId()));
    }
  }

  private final class StoreImport implements Step<Import> {
    @Override
    public String name() {
      return "store";
    }

    @Override
    public void run(Import task, StepContext context) throws IOException, InterruptedException {
      keep(catalogue, store, task.metadata(), format(task), context, null);
      clear(Path.of(task.directory()));
    }
  }

  /** Holds a file against its format, and remembers what may be wrong with it. */
  static void inspect(Importer importer, Path disk, Format format, StepContext context)
      throws InterruptedException {
    List<String> warnings = importer.inspect(disk, format);
    if (!warnings.isEmpty()) {
      context.remember("warnings", String.join("\n", warnings));
    }
  }

  /** Makes what can be kept of a file, in a directory of its own that is made anew. */
  static void convert(
      Importer importer,
      ImageStore store,
      Path source,
      Format format,
      Path target,
      StepContext context)
      throws IOException, InterruptedException {
    clear(target);
    Files.createDirectories(target);
    Path file = importer.toStorable(source, format, target, context);
    // Once it is remembered it has to be there after a power cut, too.
    context.remember("digest", store.seal(file, context));
    context.remember("file", file.toString());
  }

  private static Format format(Import task) {
    return Objects.requireNonNull(task.spec().sourceFormat(), "an import has a format");
  }

  private final class Mark implements Step<Delete> {
    @Override
    public String name() {
      return "mark";
    }

    @Override
    public void run(Delete task, StepContext context) {
      if (task.damaged()) {
        catalogue.requireUnusedBy(task.name());
      } else {
        catalogue.markDeleting(task.name());
      }
    }

    @Override
    public void undo(Delete task, StepContext context) {
      catalogue.unmark(task.name());
    }
  }

  private final class Remove implements Step<Delete> {
    @Override
    public String name() {
      return "remove";
    }

    @Override
    public void run(Delete task, StepContext context) {
      if (task.damaged()) {
        context.result("the image was damaged: " + catalogue.removeDamaged(task.name()));
      } else {
        catalogue.remove(task.name(), task.id());
      }
    }
  }

  /** Removes a directory with all that is in it; what is gone already may be. */
  static void clear(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (var paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
