package dev.kelvin.bench;

/** A program that does nothing: what any program of Java takes on this machine. */
final class Empty {
  private Empty() {}

  public static void main(String[] arguments) {}
}
