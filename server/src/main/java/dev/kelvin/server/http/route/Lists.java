package dev.kelvin.server.http.route;

import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Action.Condition;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Action.Resource;
import dev.kelvin.server.http.request.FieldPaths;
import dev.kelvin.server.http.request.Input;
import dev.kelvin.server.http.request.QueryParameters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What all lists of the API have in common: pages, filters, and watching. */
public final class Lists {
  private static final int USUAL_LIMIT = 100;
  private static final int LARGEST_LIMIT = 500;
  private static final String[] PAGING = {"limit", "after", "field", "fields"};

  private Lists() {}

  public static Route of(String template, Resource resource) {
    return unwatched(template, resource).with("watch", "revision");
  }

  /** A list of objects that cannot be watched. */
  public static Route unwatched(String template, Resource resource) {
    return Route.get(template, input -> decode(input, resource)).with(PAGING);
  }

  private static Action decode(Input input, Resource resource) {
    QueryParameters query = input.query();
    Long asked = query.number("limit", 1, LARGEST_LIMIT);
    int limit = asked == null ? USUAL_LIMIT : asked.intValue();
    if (query.flag("watch")) {
      // A limit is let pass, so that the query of a list can be kept when it is watched.
      refuse(query, "after", "a stream of changes has no pages", "use revision instead");
      var all = new Query(labels(query), conditions(query, resource), null, limit);
      Long revision = query.number("revision", 0, Long.MAX_VALUE);
      Long seen = input.lastEventId();
      long from = revision != null ? revision : seen != null ? seen : 0;
      return new Action.Watch(resource, all, from);
    }
    refuse(query, "revision", "it is for watching", "add watch=true");
    return new Action.ListObjects(
        resource, new Query(labels(query), conditions(query, resource), query.one("after"), limit));
  }

  private static void refuse(QueryParameters query, String name, String cause, String remedy) {
    if (query.has(name)) {
      throw QueryParameters.invalid(name, cause, remedy).asException();
    }
  }

  /** Labels as {@code key=value}, each key once. */
  public static Map<String, String> labels(QueryParameters query) {
    var labels = new HashMap<String, String>();
    for (String pair : query.all("label")) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        throw QueryParameters.invalid(
                "label", "\"" + pair + "\" has no key and value", "write label=KEY=VALUE")
            .asException();
      }
      String key = pair.substring(0, equals);
      if (labels.put(key, pair.substring(equals + 1)) != null) {
        throw QueryParameters.invalid(
                "label", "the key \"" + key + "\" is given twice", "give each key once")
            .asException();
      }
    }
    return labels;
  }

  private static List<Condition> conditions(QueryParameters query, Resource resource) {
    var conditions = new ArrayList<Condition>();
    for (String text : query.all("field")) {
      int equals = text.indexOf('=');
      boolean excludes = equals > 0 && text.charAt(equals - 1) == '!';
      int end = excludes ? equals - 1 : equals;
      if (end < 1) {
        throw QueryParameters.invalid(
                "field",
                "\"" + text + "\" has no path and value",
                "write field=PATH=VALUE, such as field=status.phase=running")
            .asException();
      }
      String path = text.substring(0, end);
      FieldPaths.check(resource, path, "field");
      conditions.add(new Condition(path, !excludes, text.substring(equals + 1)));
    }
    return conditions;
  }
}
