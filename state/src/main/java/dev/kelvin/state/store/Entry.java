package dev.kelvin.state.store;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A key and what it holds. The value is not copied: nobody changes it.
 *
 * @param createRevision at which the key came to be; a key that is deleted and put again comes to
 *     be again
 * @param modRevision of the last put
 * @param version how often it was put since it came to be, from 1
 * @param lease with which it was last put
 */
@SuppressWarnings("ArrayRecordComponent") // equality is by content, below
public record Entry(
    String key,
    byte[] value,
    long createRevision,
    long modRevision,
    long version,
    @Nullable Long lease) {

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Entry entry
        && key.equals(entry.key)
        && Arrays.equals(value, entry.value)
        && createRevision == entry.createRevision
        && modRevision == entry.modRevision
        && version == entry.version
        && Objects.equals(lease, entry.lease);
  }

  @Override
  public int hashCode() {
    return 31 * key.hashCode() + Long.hashCode(modRevision);
  }

  @Override
  public String toString() {
    return "%s@%d (created %d, version %d, lease %s, %d bytes)"
        .formatted(key, modRevision, createRevision, version, lease, value.length);
  }
}
