package dev.kelvin.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which objects of a list.
 *
 * @param labels each {@code key=value}
 * @param fields each {@code path=value} or {@code path!=value}
 * @param after the name or id after which the page begins; null for the first page
 * @param limit 1 to 500
 */
public record ListQuery(
    List<String> labels, List<String> fields, @Nullable String after, int limit) {
  public ListQuery {
    labels = List.copyOf(labels);
    fields = List.copyOf(fields);
  }

  public static ListQuery all() {
    return new ListQuery(List.of(), List.of(), null, 500);
  }

  public ListQuery labels(List<String> newLabels) {
    return new ListQuery(newLabels, fields, after, limit);
  }

  public ListQuery fields(List<String> newFields) {
    return new ListQuery(labels, newFields, after, limit);
  }

  public ListQuery after(String newAfter) {
    return new ListQuery(labels, fields, newAfter, limit);
  }

  /** As a query of a URL, with its question mark. */
  String encoded() {
    var query = new Query().with("limit", limit);
    labels.forEach(label -> query.with("label", label));
    fields.forEach(field -> query.with("field", field));
    if (after != null) {
      query.with("after", after);
    }
    return query.toString();
  }
}
