package dev.kelvin.image.bulk;

import dev.kelvin.model.ByteSize;

/**
 * How much may come out of a packed file.
 *
 * @param most bytes in all
 * @param ratio of unpacked to packed bytes that is too much to be a disk, once {@code free} bytes
 *     are unpacked
 * @param free unpacked bytes for which the ratio does not matter
 */
public record UnpackLimits(ByteSize most, int ratio, ByteSize free) {}
