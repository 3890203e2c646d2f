package dev.kelvin.state.store;

import org.jspecify.annotations.Nullable;

/** What a transaction does. */
public sealed interface Op {
  /**
   * Puts a value.
   *
   * @param lease id of the lease that the key is tied to; null ties it to none, also when it was
   */
  @SuppressWarnings("ArrayRecordComponent") // operations are executed, not compared
  record Put(String key, byte[] value, @Nullable Long lease) implements Op {}

  /** Deletes a key; does nothing when it is not there. */
  record Delete(String key) implements Op {}

  /** Deletes all keys that begin with {@code prefix}. */
  record DeletePrefix(String prefix) implements Op {}

  static Op put(String key, byte[] value) {
    return new Put(key, value, null);
  }

  static Op put(String key, byte[] value, Lease lease) {
    return new Put(key, value, lease.id());
  }

  static Op delete(String key) {
    return new Delete(key);
  }

  static Op deletePrefix(String prefix) {
    return new DeletePrefix(prefix);
  }
}
