package dev.kelvin.server.http.answer;

import dev.kelvin.codec.Documents;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Action.Resource;
import dev.kelvin.server.http.request.FieldPaths;
import dev.kelvin.server.http.request.QueryParameters;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The parts of documents that a client has asked for with {@code fields}. */
public final class Projection {
  private static final String PARAMETER = "fields";

  /** What is wanted of an object: by field, what is wanted of that. */
  private static final class Wanted {
    final Map<String, Wanted> fields = new HashMap<>();
    boolean whole;
  }

  private final @Nullable Wanted wanted;

  private Projection(@Nullable Wanted wanted) {
    this.wanted = wanted;
  }

  /** Reads a comma-separated list of dotted paths; null or empty means everything. */
  private static Projection parse(@Nullable String paths, Resource resource) {
    if (paths == null || paths.isBlank()) {
      return whole();
    }
    var root = new Wanted();
    for (String path : paths.split(",", -1)) {
      FieldPaths.check(resource, path.strip(), PARAMETER);
      Wanted at = root;
      for (String name : path.strip().split("\\.", -1)) {
        at = at.fields.computeIfAbsent(name, _ -> new Wanted());
      }
      at.whole = true;
    }
    return new Projection(root);
  }

  /** Everything. */
  public static Projection whole() {
    return new Projection(null);
  }

  /** What the answer to an action is cut down to. */
  public static Projection of(Action action, QueryParameters query) {
    if (action instanceof Action.ListObjects list) {
      return parse(query.one(PARAMETER), list.resource());
    } else if (action instanceof Action.Watch watch) {
      return parse(query.one(PARAMETER), watch.resource());
    }
    return whole();
  }

  /** The wanted parts of a document; the document itself when all of it is. */
  public Object of(Object document) {
    return wanted == null ? document : prune(Documents.tree(document), wanted);
  }

  private static JsonNode prune(JsonNode node, Wanted wanted) {
    if (wanted.whole) {
      return node;
    }
    return switch (node) {
      case ObjectNode object -> {
        object.retain(wanted.fields.keySet());
        wanted.fields.forEach((name, inner) -> {
          JsonNode value = object.get(name);
          if (value != null) {
            object.set(name, prune(value, inner));
          }
        });
        yield object;
      }
      case ArrayNode array -> {
        for (int i = 0; i < array.size(); i++) {
          array.set(i, prune(array.get(i), wanted));
        }
        yield array;
      }
      default -> node;
    };
  }
}
