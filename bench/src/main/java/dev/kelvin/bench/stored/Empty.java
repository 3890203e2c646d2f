package dev.kelvin.bench.stored;

/** A program that does nothing: what any program of Java takes on this machine. */
final class Empty {
  private Empty() {}

  public static void main(String[] arguments) {}
}
