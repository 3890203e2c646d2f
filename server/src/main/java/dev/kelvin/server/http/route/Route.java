package dev.kelvin.server.http.route;

import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.http.request.Input;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One operation of the API.
 *
 * @param method of HTTP
 * @param template path, in which <code>{name}</code> stands for one segment
 * @param target what it leads to
 * @param parameters of the query
 * @param traits what is special about it
 */
public record Route(
    String method, String template, Target target, Set<String> parameters, Set<Trait> traits) {

  /** What an operation leads to. */
  public sealed interface Target {
    /**
     * An action.
     *
     * @param whenDone the HTTP status when nothing is left to say
     */
    record Ask(Decoder decoder, int whenDone) implements Target {}

    /** Something that does not depend on the request. */
    record Page(Supplier<Outcome> content) implements Target {}

    record Redirect(String to) implements Target {}

    /** The WebSocket of a console. */
    record Console() implements Target {}
  }

  /** Turns a request into an action, or throws a problem. */
  @FunctionalInterface
  public interface Decoder {
    Action decode(Input input);
  }

  public enum Trait {
    /** Needs no token. */
    OPEN,
    /** Answers in YAML to those who like that better. */
    YAML,
    /** Heeds If-Match. */
    CONDITIONAL
  }

  public static Route get(String template, Decoder decoder) {
    return ask("GET", template, decoder, 204);
  }

  public static Route post(String template, Decoder decoder) {
    return ask("POST", template, decoder, 204);
  }

  public static Route put(String template, Decoder decoder) {
    return ask("PUT", template, decoder, 204);
  }

  public static Route delete(String template, Decoder decoder) {
    return ask("DELETE", template, decoder, 204);
  }

  public static Route ask(String method, String template, Decoder decoder, int whenDone) {
    return new Route(method, template, new Target.Ask(decoder, whenDone), Set.of(), Set.of());
  }

  /** A page for everybody. */
  public static Route open(String template, Target target) {
    return new Route("GET", template, target, Set.of(), Set.of(Trait.OPEN));
  }

  public Route with(String... moreParameters) {
    Set<String> all =
        Stream.concat(parameters.stream(), Stream.of(moreParameters))
            .collect(Collectors.toUnmodifiableSet());
    return new Route(method, template, target, all, traits);
  }

  public Route being(Trait trait) {
    var all = EnumSet.of(trait);
    all.addAll(traits);
    return new Route(method, template, target, parameters, Set.copyOf(all));
  }

  public boolean is(Trait trait) {
    return traits.contains(trait);
  }

  /** Path segments, the first of which comes after the first slash. */
  public static List<String> segments(String path) {
    return List.of(path.substring(1).split("/", -1));
  }

  /**
   * What the names of the template stand for in a path; null when the path is another one.
   *
   * @param path decoded segments
   */
  public @Nullable Map<String, String> match(List<String> path) {
    List<String> own = segments(template);
    if (own.size() != path.size()) {
      return null;
    }
    var values = new HashMap<String, String>();
    for (int i = 0; i < own.size(); i++) {
      String name = own.get(i);
      if (name.startsWith("{")) {
        if (path.get(i).isEmpty()) {
          return null;
        }
        values.put(name.substring(1, name.length() - 1), path.get(i));
      } else if (!name.equals(path.get(i))) {
        return null;
      }
    }
    return values;
  }

  /** The template with the names filled in from a path, as far as it goes. */
  public String fill(List<String> path) {
    var filled = new ArrayList<String>();
    List<String> own = segments(template);
    for (int i = 0; i < own.size(); i++) {
      boolean variable = own.get(i).startsWith("{");
      boolean known = i < path.size() && !path.get(i).isEmpty();
      filled.add(variable && known ? path.get(i) : own.get(i));
    }
    return "/" + String.join("/", filled);
  }
}
