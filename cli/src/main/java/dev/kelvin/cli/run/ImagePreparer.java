package dev.kelvin.cli.run;

import dev.kelvin.api.ListQuery;
import dev.kelvin.api.PullRequest;
import dev.kelvin.api.PullRequest.Pull;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.run.GuestWaiter.Readiness;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.DoctorReport.CheckState;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.PublishedImage;
import dev.kelvin.model.Task;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Sees to it that an image is there: builds it, imports it, or waits for it. */
public final class ImagePreparer {
  private static final Duration LIMIT = Duration.ofHours(4);

  /** Seconds that a publisher has to answer where the image can be built instead. */
  private static final int REACH = 5;

  private static final Set<String> BUILD_TOOLS = Set.of("tools-build", "tools-user-build");
  private final Session session;
  private final BooleanSupplier toolsForBuilds;

  public ImagePreparer(Session session) {
    this(session, () -> false);
  }

  /**
   * @param toolsForBuilds gets what building takes, when the host lacks some and an image cannot be
   *     pulled; whether it has
   */
  public ImagePreparer(Session session, BooleanSupplier toolsForBuilds) {
    this.session = session;
    this.toolsForBuilds = toolsForBuilds;
  }

  /** The image of a distribution, or of the name that the user gave. Returns its name. */
  public String ofName(String text) {
    Optional<Image> known = find(text);
    if (known.isPresent()) {
      return ready(text);
    }
    Optional<BuildableDistribution> distribution = BuildableDistribution.find(text);
    if (distribution.isEmpty()) {
      return published(text);
    }
    BuildableDistribution wanted = distribution.get();
    String name = wanted.imageName();
    if (find(name).isPresent()) {
      return ready(name);
    }
    boolean able = canBuild();
    try {
      return able ? published(wanted.name() + ":" + wanted.version(), REACH) : published(text);
    } catch (ProblemException e) {
      if (!mayBuild(e.problem()) || !(able || toolsForBuilds.getAsBoolean())) {
        throw e;
      }
      build(name, wanted, e.problem());
      return name;
    }
  }

  /** Building is no way out when it was stopped, or when the file is not what was vouched for. */
  private static boolean mayBuild(Problem problem) {
    return switch (problem.code()) {
      case UNAVAILABLE, NOT_FOUND, TIMEOUT -> true;
      default -> false;
    };
  }

  /** Whether this host has what it takes to build instead. */
  private boolean canBuild() {
    return session.client().host().doctor().checks().stream()
        .noneMatch(check -> BUILD_TOOLS.contains(check.id()) && check.state() != CheckState.OK);
  }

  /** The image that a publisher offers under this name; pulled if it is not there yet. */
  private String published(String text) {
    return published(text, null);
  }

  /**
   * @param reachSeconds within which the publisher must answer; null for the usual patience
   */
  private String published(String text, @Nullable Integer reachSeconds) {
    List<PublishedImage> named =
        session.client().images().catalogue().stream()
            .filter(image -> image.name().equals(text) || image.aliases().contains(text))
            .toList();
    for (PublishedImage image : named) {
      if (find(image.image()).isPresent() && !image.image().endsWith("-" + image.arch())) {
        return ready(image.image());
      }
    }
    if (named.isEmpty()) {
      throw unknown(text);
    }
    session
        .err()
        .println("There is no image of " + text + " yet; it is pulled once from its publisher.");
    Pull pull = reachSeconds == null ? Pull.of(text) : Pull.of(text).reachedWithin(reachSeconds);
    var begun = new ImagePuller(session).begin(new PullRequest(null, pull, Map.of()));
    follow(begun.task());
    return begun.image();
  }

  private ProblemException unknown(String text) {
    List<String> names =
        new java.util.ArrayList<>(
            session.client().images().all(ListQuery.all()).stream()
                .map(image -> image.metadata().name())
                .toList());
    int images = names.size();
    session
        .client()
        .images()
        .catalogue()
        .forEach(image -> {
          names.add(image.name());
          names.addAll(image.aliases());
        });
    return Problem.of(Code.NOT_FOUND, "There is no image and no distribution \"" + text + "\"")
        .because(
            images == 0
                ? "there are no images yet, and no distribution of that name"
                : "images there are: " + String.join(", ", names.subList(0, images)))
        .remedy(
            Names.nearest(text, names)
                .map(name -> "did you mean " + name + "?")
                .orElse(
                    "see kelvin image catalogue for what can be run by name, or import an image:"
                        + " kelvin image import FILE"))
        .asException();
  }

  private void build(String name, BuildableDistribution distribution, Problem why) {
    var recipe =
        new BuildRecipe(
            distribution.name(), distribution.suite(), ByteSize.ofGiB(3), List.of(), null);
    session
        .err()
        .println(
            "It cannot be pulled ("
                + Objects.requireNonNullElse(why.cause(), why.detail())
                + "); "
                + name
                + " is built from packages instead, once, which takes some minutes.");
    follow(session.client().images().build(name, recipe, Map.of()));
  }

  private void follow(Task task) {
    try (Progress progress = TaskFollower.progress(session)) {
      new TaskFollower(session, progress, LIMIT).follow(task, OnInterrupt.CANCEL);
    }
  }

  /** Waits for an image that is being made. */
  private String ready(String name) {
    Image image = session.client().images().get(name);
    if (image.status().phase() == ImagePhase.MAKING) {
      var query = ListQuery.all().fields(List.of("object=image/" + name));
      session.client().allTasks(query).stream()
          .filter(task -> !task.state().ended())
          .findFirst()
          .ifPresent(this::follow);
    }
    return name;
  }

  private Optional<Image> find(String name) {
    if (!Names.valid(name)) {
      return Optional.empty();
    }
    try {
      return Optional.of(session.client().images().get(name));
    } catch (ProblemException e) {
      if (e.problem().code() == Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * The image that {@code text} means: that of a file, imported if it is not there yet, else the
   * one of that name. Returns its name.
   */
  public String ofFileOrName(String text, @Nullable String format) {
    return isFile(text) ? ofFile(ImageFile.of(session.file(text), format)) : ofName(text);
  }

  /** Whether a user means a file, not the name of an image. */
  public static boolean isFile(String text) {
    return text.indexOf('/') >= 0 || text.indexOf('.') >= 0;
  }

  /** The image of a CD's file. Returns its name. */
  public String ofIso(String text) {
    return isFile(text)
        ? ofFile(ImageFile.of(session.file(text), Format.ISO.wire()))
        : ofName(text);
  }

  private String ofFile(ImageFile file) {
    String name = file.contentName(session);
    if (find(name).isPresent()) {
      return ready(name);
    }
    follow(file.upload(session, name, Map.of()));
    warn(session, session.client().images().get(name));
    return name;
  }

  /** Tells what may be wrong with an image that is ready. */
  public static void warn(Session session, Image image) {
    for (String warning : image.status().warnings()) {
      session.err().println("Warning: image " + image.metadata().name() + ": " + warning + ".");
    }
  }

  /** How large a disk of this image, which is ready, is at least. */
  public ByteSize virtualSize(String name) {
    return session.client().images().get(name).status().virtualSize();
  }

  /** What a guest of this image can be waited for to tell. */
  public Readiness readiness(String name) {
    Image.ImageSpec spec = session.client().images().get(name).spec();
    if (spec.build() != null) {
      return Readiness.CLOUD_INIT;
    }
    return spec.pull() != null ? Readiness.ANY_SIGN : Readiness.RUNNING;
  }
}
