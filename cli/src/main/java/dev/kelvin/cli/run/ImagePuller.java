package dev.kelvin.cli.run;

import dev.kelvin.api.ListQuery;
import dev.kelvin.api.PullRequest;
import dev.kelvin.cli.Session;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import java.util.List;
import java.util.Optional;

/** Begins pulls, and finds those that are under way, so that nothing is downloaded twice. */
public final class ImagePuller {
  static final String PULL = "image.pull";
  private static final String IMAGE = "image/";

  private final Session session;

  public ImagePuller(Session session) {
    this.session = session;
  }

  /**
   * A pull under way.
   *
   * @param mine whether this command has begun it
   */
  public record Begun(Task task, boolean mine) {
    /** The name of the image that comes of it. */
    public String image() {
      return task.object().substring(IMAGE.length());
    }
  }

  /** Begins a pull; when the same one is under way, that is the one. */
  public Begun begin(PullRequest request) {
    try {
      return new Begun(session.client().images().pull(request), true);
    } catch (ProblemException e) {
      String object = e.problem().object();
      Code code = e.problem().code();
      if (object == null || (code != Code.ALREADY_EXISTS && code != Code.CONFLICT)) {
        throw e;
      }
      Task task = underWay(object, request.pull().from()).orElseThrow(() -> e);
      session.err().println("It is being pulled already, as " + object + "; waiting for that.");
      return new Begun(task, false);
    }
  }

  /** The task that makes the image, if it pulls what is asked for. */
  private Optional<Task> underWay(String object, String from) {
    var query = ListQuery.all().fields(List.of("object=" + object, "type=" + PULL));
    Optional<Task> task =
        session.client().allTasks(query).stream().filter(one -> !one.state().ended()).findFirst();
    if (task.isEmpty()) {
      return task;
    }
    var source = session.client().images().get(object.substring(IMAGE.length())).spec().pull();
    boolean same =
        source != null
            && (source.from().equals(from)
                || session.client().images().catalogue().stream()
                    .filter(image -> image.name().equals(from) || image.aliases().contains(from))
                    .anyMatch(image -> image.url().equals(source.url())));
    return same ? task : Optional.empty();
  }
}
