package dev.kelvin.model;

import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.Verification;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An image that its publisher offers and {@code kelvin image pull} gets.
 *
 * @param name to pull it by, such as {@code ubuntu:24.04}
 * @param title such as {@code Ubuntu 24.04}
 * @param aliases other names, such as {@code ubuntu:noble}; {@code ubuntu} for the usual release
 * @param arch of its guests
 * @param format of the disk
 * @param size of the file, roughly
 * @param url of the file
 * @param sums of the publisher's checksums; null when there are none
 * @param verification what vouches for the file
 * @param image the name that the pulled image gets when nobody names it
 */
public record PublishedImage(
    String name,
    String title,
    List<String> aliases,
    String arch,
    Format format,
    ByteSize size,
    String url,
    @Nullable String sums,
    Verification verification,
    String image) {
  public PublishedImage {
    aliases = aliases == null ? List.of() : List.copyOf(aliases);
  }
}
