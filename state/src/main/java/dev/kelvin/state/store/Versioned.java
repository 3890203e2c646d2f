package dev.kelvin.state.store;

/**
 * A document and when it was last changed.
 *
 * @param revision what {@link Collection#replace} wants to be told
 */
public record Versioned<T>(T value, long revision) {}
