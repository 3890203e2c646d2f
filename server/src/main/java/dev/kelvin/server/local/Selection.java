package dev.kelvin.server.local;

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
final class Selection {
  private Selection() {}

  /**
   * A page of {@code all}, which is in the order of its keys.
   *
   * @param key the name or id that pages are cut by
   */
  static <T> Outcome.Page page(List<T> all, Query query, Function<T, String> key, long revision) {
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
    JsonNode tree = Documents.tree(item);
    return query.fields().stream()
        .allMatch(field -> field.equal() == values(tree, field.path()).contains(field.value()));
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
