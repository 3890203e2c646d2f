package dev.kelvin.qemu.control;

/**
 * What a disk has done since QEMU started.
 *
 * @param disk its name in the spec
 */
public record BlockStat(
    String disk, long readBytes, long writtenBytes, long reads, long writes, long flushes) {}
