package dev.kelvin.qemu.control;

/**
 * A disk that the host could not read or write.
 *
 * @param name as in the spec
 * @param full whether the host had no space for it
 */
public record FailedDisk(String name, boolean full) {}
