package dev.kelvin.state.store;

/** Is told of each moment at which a process might die. */
@FunctionalInterface
public interface Points {
  void reached();

  static Points none() {
    return () -> {};
  }
}
