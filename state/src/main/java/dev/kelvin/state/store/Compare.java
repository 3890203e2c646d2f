package dev.kelvin.state.store;

/**
 * A condition of a transaction. A key that is not there has revisions and version 0, and no
 * condition on its value holds, as in etcd.
 */
public sealed interface Compare {
  String key();

  /** How what the key has relates to the operand. */
  enum Relation {
    EQUAL,
    NOT_EQUAL,
    LESS,
    GREATER;

    public boolean holds(int order) {
      return switch (this) {
        case EQUAL -> order == 0;
        case NOT_EQUAL -> order != 0;
        case LESS -> order < 0;
        case GREATER -> order > 0;
      };
    }
  }

  /** A number of an {@link Entry}. */
  enum Field {
    CREATE_REVISION,
    MOD_REVISION,
    VERSION
  }

  record OfNumber(String key, Field field, Relation relation, long operand) implements Compare {}

  /** Values are ordered as unsigned bytes. */
  @SuppressWarnings("ArrayRecordComponent") // conditions are executed, not compared
  record OfValue(String key, Relation relation, byte[] operand) implements Compare {}

  static Compare exists(String key) {
    return new OfNumber(key, Field.VERSION, Relation.GREATER, 0);
  }

  static Compare absent(String key) {
    return new OfNumber(key, Field.VERSION, Relation.EQUAL, 0);
  }

  /** The key was last put at {@code revision}. */
  static Compare modRevision(String key, long revision) {
    return new OfNumber(key, Field.MOD_REVISION, Relation.EQUAL, revision);
  }

  /** The key came to be at {@code revision}. */
  static Compare createRevision(String key, long revision) {
    return new OfNumber(key, Field.CREATE_REVISION, Relation.EQUAL, revision);
  }

  static Compare version(String key, long version) {
    return new OfNumber(key, Field.VERSION, Relation.EQUAL, version);
  }

  static Compare value(String key, byte[] value) {
    return new OfValue(key, Relation.EQUAL, value);
  }
}
