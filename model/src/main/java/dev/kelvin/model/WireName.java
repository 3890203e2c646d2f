package dev.kelvin.model;

/** An enum constant that has a name of its own in documents, command lines and the API. */
public interface WireName {
  /** The name as users write it, for example {@code virtio-blk}. */
  String wire();

  /** The constant of {@code type} that users call {@code wire}. */
  static <E extends Enum<E> & WireName> java.util.Optional<E> find(Class<E> type, String wire) {
    for (E constant : type.getEnumConstants()) {
      if (constant.wire().equals(wire)) {
        return java.util.Optional.of(constant);
      }
    }
    return java.util.Optional.empty();
  }
}
