package dev.kelvin.state;

/** Is told of each moment at which a process might die. */
@FunctionalInterface
interface Points {
  void reached();

  static Points none() {
    return () -> {};
  }
}
