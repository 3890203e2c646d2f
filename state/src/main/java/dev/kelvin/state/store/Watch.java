package dev.kelvin.state.store;

/** Changes being told. */
public interface Watch extends AutoCloseable {
  /** Ends it: no further call begins; one under way may still be ending. */
  @Override
  void close();
}
