package dev.kelvin.machine.engine;

import org.jspecify.annotations.Nullable;

/**
 * That a guest could not read or write its disk, since the host could not.
 *
 * @param disk its name in the spec
 * @param full whether the host has no space for it
 * @param reason in the host's words; null when only an earlier daemon was told
 */
public record DiskFailure(String disk, boolean full, @Nullable String reason) {}
