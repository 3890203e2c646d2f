package dev.kelvin.image;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Image.Format;

/**
 * A file in the store.
 *
 * @param digest SHA-256 of its content, 64 hexadecimal digits; its name
 * @param virtualSize what a guest sees
 * @param fileSize its length
 */
public record Stored(String digest, Format format, ByteSize virtualSize, ByteSize fileSize) {}
