package dev.kelvin.image.pull;

import dev.kelvin.image.web.Urls;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Image.Format;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a pull does, found once when it is asked for: a change of the catalogue does not reach it.
 *
 * @param url of the file
 * @param format of what is inside the packing
 * @param checksum that the user gave, {@code sha256:…}; null for none
 * @param sums URL of the publisher's sums; null for none
 * @param signature URL of a detached signature of the sums; null when there is none, or when the
 *     sums are clear-signed
 * @param keys of which one has signed the sums; empty when they are not signed
 * @param insecure whether a file that nothing vouches for is taken
 */
public record PullPlan(
    String url,
    Format format,
    Compression compression,
    @Nullable String checksum,
    @Nullable String sums,
    @Nullable String signature,
    List<Key> keys,
    boolean insecure) {
  public PullPlan {
    keys = keys == null ? List.of() : List.copyOf(keys);
  }

  /**
   * A key of a publisher. Only its fingerprint is trusted; where the key itself comes from does not
   * matter.
   *
   * @param fingerprint 40 hexadecimal digits (RFC 4880, 12.2)
   * @param files of the host that may have it
   * @param url where it is served; null for nowhere
   */
  public record Key(String fingerprint, List<String> files, @Nullable String url) {
    public Key {
      files = files == null ? List.of() : List.copyOf(files);
    }
  }

  /** The name of the file, as the sums have it. */
  String fileName() {
    return Urls.fileName(url);
  }
}
