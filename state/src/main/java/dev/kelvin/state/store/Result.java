package dev.kelvin.state.store;

/**
 * What came of a transaction.
 *
 * @param succeeded whether all compares held, so that the {@code then} operations were executed;
 *     else the {@code otherwise} ones were
 * @param revision of the store right after it; that of its changes if it changed something
 */
public record Result(boolean succeeded, long revision) {}
