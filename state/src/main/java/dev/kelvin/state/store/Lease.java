package dev.kelvin.state.store;

import java.time.Duration;

/**
 * A lease.
 *
 * @param id never used twice in a store
 * @param ttl how long it lives without being kept alive
 */
public record Lease(long id, Duration ttl) {}
