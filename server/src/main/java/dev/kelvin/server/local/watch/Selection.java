package dev.kelvin.server.local.watch;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Image;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.Volume;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Picks from lists what a query wants. */
public final class Selection {
  private Selection() {}

  /**
   * A page of {@code all}, which is in the order of its keys and may begin anywhere before the
   * page.
   *
   * @param key the name or id that pages are cut by
   */
  public static <T> Outcome.Page page(
      Iterable<T> all, Query query, Function<T, String> key, long revision) {
    var items = new ArrayList<T>();
    String after = query.after();
    for (T item : all) {
      if (after != null && key.apply(item).compareTo(after) <= 0) {
        continue;
      }
      if (!matches(item, query)) {
        continue;
      }
      if (items.size() == query.limit()) {
        return new Outcome.Page(items, key.apply(items.getLast()), revision);
      }
      items.add(item);
    }
    return new Outcome.Page(items, null, revision);
  }

  static boolean matches(Object item, Query query) {
    if (!query.labels().isEmpty()
        && !labels(item).entrySet().containsAll(query.labels().entrySet())) {
      return false;
    }
    if (query.fields().isEmpty()) {
      return true;
    }
    return query.fields().stream()
        .allMatch(field -> field.equal() == values(item, field.path()).contains(field.value()));
  }

  private static Set<String> values(Object item, String path) {
    if (item instanceof Vm vm) {
      // Of many VMs only the part that is asked for is made a tree.
      int dot = path.indexOf('.');
      Object part =
          switch (dot < 0 ? path : path.substring(0, dot)) {
            case "metadata" -> vm.metadata();
            case "spec" -> vm.spec();
            case "status" -> vm.status();
            default -> null;
          };
      if (part != null && dot > 0) {
        return values(Documents.tree(part), path.substring(dot + 1));
      }
    }
    return values(Documents.tree(item), path);
  }

  private static Map<String, String> labels(Object item) {
    return switch (item) {
      case Vm vm -> vm.metadata().labels();
      case Image image -> image.metadata().labels();
      case Volume _, Task _ -> Map.of();
      default -> throw new IllegalArgumentException("no list has " + item.getClass());
    };
  }

  /** What a path leads to; several values when it goes through a list. */
  private static Set<String> values(JsonNode tree, String path) {
    List<JsonNode> nodes = List.of(tree);
    for (String step : path.split("\\.", -1)) {
      nodes =
          nodes.stream()
              .flatMap(node -> node.isArray() ? node.valueStream() : Stream.of(node))
              .map(node -> node.path(step))
              .toList();
    }
    return nodes.stream()
        .flatMap(node -> node.isArray() ? node.valueStream() : Stream.of(node))
        .filter(JsonNode::isValueNode)
        .map(JsonNode::asString)
        .collect(Collectors.toSet());
  }
}
