package dev.kelvin.image.catalogue;

import dev.kelvin.image.ImageStore;
import dev.kelvin.image.Stored;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.Image.ImageSpec;
import dev.kelvin.model.Image.ImageStatus;
import dev.kelvin.model.Image.Provenance;
import dev.kelvin.model.Image.PullSource;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Compare;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Versioned;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The images of this node by name. */
public final class ImageCatalogue {
  /** Where watchers find images in the store. */
  public static final String IMAGES = "/images/";

  private final Collection<Image> images;
  private final ImageStore files;
  private final ImageUsers users;
  private final Function<Path, List<String>> volumes;
  private final Clock clock;

  /** Several images may share a file; it is deleted with the last one. */
  private final NobodysFiles nobodys;

  private final ReentrantLock sharing = new ReentrantLock();

  /**
   * @param users the VMs that use images
   * @param volumes the ids of the volumes that lie on a file
   */
  public ImageCatalogue(
      Store store,
      ImageStore files,
      ImageUsers users,
      Function<Path, List<String>> volumes,
      Clock clock) {
    this.images = new Collection<>(store, form());
    this.files = files;
    this.users = users;
    this.volumes = volumes;
    this.clock = clock;
    this.nobodys = new NobodysFiles(files, this::digests);
  }

  /** How images are stored. */
  public static Collection.Form<Image> form() {
    return Collection.Form.first(IMAGES, Image.class);
  }

  /** All images, by name. */
  public List<Image> list() {
    Map<String, List<String>> usedBy = users.now();
    return images.list().stream().map(stored -> complete(stored, usedBy)).toList();
  }

  /** What is wrong with each image of which what is stored cannot be read. */
  public List<Problem> damaged() {
    return new TreeMap<>(images.listing().damaged())
        .entrySet().stream().map(one -> damaged(one.getKey(), one.getValue())).toList();
  }

  private static Problem damaged(String name, Problem why) {
    return Problem.of(Code.HOST_FAILURE, "What is stored of image " + name + " is damaged")
        .on(Image.ref(name))
        .because(why.oneLine())
        .remedy(
            "restore a backup of before (\"kelvin state restore\"), or delete what is left of it"
                + " with \"kelvin image rm --force "
                + name
                + "\"");
  }

  /** Whether what is stored of an image cannot be read. */
  public boolean isDamaged(String name) {
    return images.listing().damaged().containsKey(name);
  }

  private Optional<Versioned<Image>> stored(String name) {
    try {
      return images.get(name);
    } catch (ProblemException e) {
      if (e.problem().code() != Code.HOST_FAILURE || !isDamaged(name)) {
        throw e;
      }
      throw damaged(name, e.problem()).asException(e);
    }
  }

  public Optional<Image> find(String name) {
    return stored(name).map(stored -> complete(stored, users.now()));
  }

  /**
   * The image of a name.
   *
   * @throws dev.kelvin.model.ProblemException not-found
   */
  public Image get(String name) {
    return find(name)
        .orElseThrow(() -> {
          List<String> names = images.listing().items().stream().map(Collection.Item::id).toList();
          return Problem.of(Code.NOT_FOUND, "There is no image named " + name)
              .on(Image.ref(name))
              .remedy(
                  Names.nearest(name, names)
                      .map(near -> "did you mean \"" + near + "\"?")
                      .orElse("see \"kelvin image ls\" for the images there are"))
              .asException();
        });
  }

  private static Image complete(Versioned<Image> stored, Map<String, List<String>> usedBy) {
    Image image = stored.value();
    List<String> names = usedBy.getOrDefault(image.metadata().name(), List.of());
    return image
        .withMetadata(image.metadata().withRevision(stored.revision()))
        .withStatus(image.status().withUsedBy(names));
  }

  /**
   * The condition under which a ready image is still what it is now.
   *
   * @throws dev.kelvin.model.ProblemException not-found, wrong-state
   */
  public Compare unchanged(String name) {
    Image image = get(name);
    if (image.status().phase() != ImagePhase.READY) {
      throw notReady(image);
    }
    return images.isAt(name, image.metadata().revision());
  }

  private static RuntimeException notReady(Image image) {
    return Problem.of(Code.WRONG_STATE, "Image " + image.metadata().name() + " is not ready")
        .on(image.ref())
        .because("it is " + image.status().phase().wire())
        .remedy("wait for the task that works on it; \"kelvin task ls\" shows it")
        .asException();
  }

  /**
   * The file of a ready image.
   *
   * @throws dev.kelvin.model.ProblemException not-found, wrong-state, invalid-argument
   */
  public Path file(String name, Format wanted) {
    Image image = get(name);
    String digest = image.status().digest();
    Format format = image.status().format();
    if (image.status().phase() != ImagePhase.READY || digest == null || format == null) {
      throw notReady(image);
    }
    if (format != wanted) {
      throw Problem.of(Code.INVALID_ARGUMENT, "Image " + name + " is of format " + format.wire())
          .on(Image.ref(name))
          .because("format " + wanted.wire() + " is wanted here")
          .remedy("use an image of that format; \"kelvin image ls\" shows them")
          .asException();
    }
    return files.path(digest, format);
  }

  /** Throws already-exists when the name is taken. */
  public void requireFree(String name) {
    Names.check(name, "name");
    if (stored(name).isPresent()) {
      throw taken(name);
    }
  }

  private static RuntimeException taken(String name) {
    return Problem.of(Code.ALREADY_EXISTS, "There is an image named " + name)
        .on(Image.ref(name))
        .at("name")
        .because("names of images are unique")
        .remedy("choose another name, or delete that image first: kelvin image rm " + name)
        .asException();
  }

  // ---- what tasks do

  /** Notes an image that is being made; nothing when this task has noted it already. */
  void begin(Metadata metadata, ImageSpec spec) {
    String name = metadata.name();
    Optional<Versioned<Image>> there = stored(name);
    if (there.isPresent()) {
      if (there.get().value().metadata().id().equals(metadata.id())) {
        return;
      }
      throw taken(name);
    }
    images.create(name, new Image(metadata, spec, ImageStatus.making()));
  }

  /**
   * As {@link #begin}, for an image that is pulled.
   *
   * @throws dev.kelvin.model.ProblemException conflict when another image is pulled from there now
   */
  void beginPull(Metadata metadata, ImageSpec spec) {
    sharing.lock();
    try {
      requireNotPulled(spec.pull(), metadata.id());
      begin(metadata, spec);
    } finally {
      sharing.unlock();
    }
  }

  /**
   * Refuses to pull the same file twice at once.
   *
   * @param id of the image that asks, which may be under way itself
   * @throws dev.kelvin.model.ProblemException conflict
   */
  public void requireNotPulled(@Nullable PullSource source, String id) {
    for (Versioned<Image> stored : images.list()) {
      Image other = stored.value();
      PullSource its = other.spec().pull();
      if (source != null
          && its != null
          && other.status().phase() == ImagePhase.MAKING
          && !other.metadata().id().equals(id)
          && its.url().equals(source.url())) {
        throw Problem.of(Code.CONFLICT, "This file is being pulled already")
            .on(other.ref())
            .because("the image " + other.metadata().name() + " is being made of " + its.url())
            .remedy("wait for that image and use it: kelvin image pull " + its.from())
            .asException();
      }
    }
  }

  boolean ready(String name) {
    return get(name).status().phase() == ImagePhase.READY;
  }

  /**
   * Takes a finished file into the store and makes the image ready.
   *
   * @param digest of the file, which was sealed
   * @param provenance what was verified of a pulled file
   * @param warnings what may be wrong with it
   */
  void finish(
      String name,
      Path file,
      Format format,
      String digest,
      @Nullable Provenance provenance,
      List<String> warnings) {
    sharing.lock();
    try {
      Stored stored = files.adopt(file, format, digest);
      images.update(
          name,
          image ->
              image.withStatus(
                  new ImageStatus(
                      ImagePhase.READY,
                      stored.digest(),
                      stored.format(),
                      stored.virtualSize(),
                      stored.fileSize(),
                      List.of(),
                      clock.instant(),
                      provenance,
                      warnings)));
    } finally {
      sharing.unlock();
    }
  }

  /** Forbids new uses; refuses when there are uses. */
  void markDeleting(String name) {
    Image image = get(name);
    if (image.status().phase() == ImagePhase.MAKING) {
      throw notReady(image);
    }
    setPhase(name, ImagePhase.DELETING);
    List<String> usedBy = users.stored().getOrDefault(name, List.of());
    if (!usedBy.isEmpty()) {
      setPhase(name, ImagePhase.READY);
      throw inUse(name, usedBy);
    }
    // After the users: a VM that is gone by now has left its volumes or deleted them.
    List<String> onIt = volumesOnly(image);
    if (!onIt.isEmpty()) {
      setPhase(name, ImagePhase.READY);
      throw Problem.of(Code.CONFLICT, "Image " + name + " is in use")
          .on(Image.ref(name))
          .because("volumes are made from it: " + String.join(", ", onIt))
          .remedy("delete those volumes first: kelvin volume rm " + String.join(" ", onIt))
          .asException();
    }
  }

  private static ProblemException inUse(String name, List<String> usedBy) {
    return Problem.of(Code.CONFLICT, "Image " + name + " is in use")
        .on(Image.ref(name))
        .because("VMs have disks or media from it: " + String.join(", ", usedBy))
        .remedy("delete those VMs first: kelvin rm " + String.join(" ", usedBy))
        .asException();
  }

  /** The volumes that would lose their content with an image; none when another has its file. */
  private List<String> volumesOnly(Image image) {
    String digest = image.status().digest();
    Format format = image.status().format();
    boolean shared =
        images.list().stream()
            .map(Versioned::value)
            .anyMatch(other ->
                !other.metadata().name().equals(image.metadata().name())
                    && other.status().phase() == ImagePhase.READY
                    && Objects.equals(other.status().digest(), digest));
    return digest == null || format == null || shared
        ? List.of()
        : volumes.apply(files.path(digest, format));
  }

  void unmark(String name) {
    if (!isDamaged(name) && images.get(name).isPresent()) {
      setPhase(name, ImagePhase.READY);
    }
  }

  private void setPhase(String name, ImagePhase phase) {
    images.update(name, image -> image.withStatus(image.status().withPhase(phase)));
  }

  /** Removes an image, and its file unless another image has the same; nothing when it is gone. */
  void remove(String name, String id) {
    sharing.lock();
    try {
      if (isDamaged(name)) {
        return; // whose it is cannot be told: it stays until it is deleted as what it is
      }
      Optional<Versioned<Image>> there = images.get(name);
      if (there.isEmpty() || !there.get().value().metadata().id().equals(id)) {
        return;
      }
      ImageStatus status = there.get().value().status();
      String digest = status.digest();
      Format format = status.format();
      // The file of an image that cannot be read may be any.
      if (damaged().isEmpty() && digest != null && format != null && isLastOf(digest, name)) {
        removeWithFile(name, digest, format);
      } else {
        images.delete(name);
      }
    } finally {
      sharing.unlock();
    }
  }

  private boolean isLastOf(String digest, String name) {
    return images.list().stream()
        .map(Versioned::value)
        .noneMatch(other ->
            !other.metadata().name().equals(name) && digest.equals(other.status().digest()));
  }

  private void removeWithFile(String name, String digest, Format format) {
    files.setAside(digest, format);
    try {
      images.delete(name);
    } catch (RuntimeException e) {
      files.restore(digest, format);
      throw e;
    }
    files.deleteAside(digest, format);
  }

  /**
   * Refuses to delete an image that is damaged while VMs have disks or media from it.
   *
   * @throws dev.kelvin.model.ProblemException conflict
   */
  void requireUnusedBy(String name) {
    List<String> usedBy = users.stored().getOrDefault(name, List.of());
    if (!usedBy.isEmpty()) {
      throw inUse(name, usedBy);
    }
  }

  /**
   * Removes what is stored of an image that is damaged, and the files that no image has then. A
   * file stays while volumes lie on it, and while it may be that of another image that is damaged.
   *
   * @return what stays, for people
   */
  String removeDamaged(String name) {
    sharing.lock();
    try {
      if (isDamaged(name)) {
        images.delete(name);
      }
      if (!images.listing().damaged().isEmpty()) {
        return "its file stays until no image is damaged any more, since which one it was is not known";
      }
      return nobodys.removeOnly(volumes);
    } finally {
      sharing.unlock();
    }
  }

  private Set<String> digests() {
    var digests = new HashSet<String>();
    for (Versioned<Image> image : images.list()) {
      String digest = image.value().status().digest();
      if (digest != null) {
        digests.add(digest);
      }
    }
    return digests;
  }

  /**
   * Finishes what a daemon that died has begun with files; those that no image has otherwise stay.
   */
  public void clearUnfinished() {
    sharing.lock();
    try {
      if (damaged().isEmpty()) {
        nobodys.clearUnfinished();
      }
    } finally {
      sharing.unlock();
    }
  }

  /** The files that no image has, as after the store was lost, and what to do with each. */
  public List<Problem> unknown() {
    // While an image cannot be read each may be its.
    return damaged().isEmpty() ? nobodys.unknown() : List.of();
  }
}
