package dev.kelvin.model;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * What every document has.
 *
 * @param name unique among the objects of its kind; a DNS label
 * @param id given at creation, never used again; empty in a document that is not yet created
 * @param labels the user's own words, for filters
 * @param revision the store's revision of the last change of the spec; the ETag. 0 before creation
 * @param createdAt when it was created
 */
public record Metadata(
    String name, String id, Map<String, String> labels, long revision, Instant createdAt) {
  public Metadata {
    id = id == null ? "" : id;
    labels =
        labels == null ? Map.of() : java.util.Collections.unmodifiableMap(new TreeMap<>(labels));
    createdAt = createdAt == null ? Instant.EPOCH : createdAt;
  }

  public static Metadata named(String name) {
    return new Metadata(name, "", Map.of(), 0, Instant.EPOCH);
  }

  public Metadata withRevision(long newRevision) {
    return new Metadata(name, id, labels, newRevision, createdAt);
  }

  public Metadata withName(String newName) {
    return new Metadata(newName, id, labels, revision, createdAt);
  }

  public Metadata withLabels(Map<String, String> newLabels) {
    return new Metadata(name, id, newLabels, revision, createdAt);
  }
}
