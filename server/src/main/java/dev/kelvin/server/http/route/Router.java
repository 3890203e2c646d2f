package dev.kelvin.server.http.route;

import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.server.http.request.Percent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds the operation that a request means. */
public final class Router {
  /** What became of the search. */
  public sealed interface Result {
    record Found(Route route, Map<String, String> path) implements Result {}

    /** The path is one of the API's, with other methods. */
    record WrongMethod(String allow, Problem problem) implements Result {}

    record Nowhere(Problem problem) implements Result {}
  }

  private final List<Route> routes;

  public Router(List<Route> routes) {
    this.routes = List.copyOf(routes);
  }

  public List<Route> routes() {
    return routes;
  }

  /**
   * Looks a request up.
   *
   * @param path percent-encoded; null when the request has none, as {@code OPTIONS *}
   */
  public Result find(String method, @Nullable String path) {
    if (path == null || !path.startsWith("/")) {
      return new Result.Nowhere(
          Problem.of(Code.NOT_FOUND, "The request is for no address of the API")
              .remedy("see /docs for the addresses there are"));
    }
    var segments = new ArrayList<String>();
    for (String segment : Route.segments(path)) {
      String decoded = Percent.decode(segment, false);
      if (decoded == null) {
        return new Result.Nowhere(
            Problem.of(Code.MALFORMED, "The path cannot be decoded")
                .because("\"" + segment + "\" is not percent-encoded UTF-8")
                .remedy("write % as %25, and other special characters as the %XX of their bytes"));
      }
      segments.add(decoded);
    }
    // An answer to HEAD is that to GET without its body.
    String wanted = method.equals("HEAD") ? "GET" : method;
    var allowed = new TreeSet<String>();
    for (Route route : routes) {
      Map<String, String> values = route.match(segments);
      if (values != null && route.method().equals(wanted)) {
        return new Result.Found(route, values);
      } else if (values != null) {
        allowed.add(route.method());
      }
    }
    if (allowed.isEmpty()) {
      return new Result.Nowhere(nothingAt(path, segments));
    }
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    String allow = String.join(", ", allowed);
    return new Result.WrongMethod(
        allow,
        Problem.of(Code.METHOD_NOT_ALLOWED, method + " is not possible at " + path)
            .because("the methods there are: " + allow)
            .remedy("use one of these; see /docs for what they do"));
  }

  private Problem nothingAt(String path, List<String> segments) {
    List<String> there = routes.stream().map(route -> route.fill(segments)).distinct().toList();
    String remedy =
        Names.nearest("/" + String.join("/", segments), there)
            .map(near -> "did you mean " + near + "?")
            .orElse("see /docs for the addresses there are");
    return Problem.of(Code.NOT_FOUND, "There is nothing at " + path)
        .because("the API has no such address")
        .remedy(remedy);
  }
}
