package dev.kelvin.model.spec;

import org.jspecify.annotations.Nullable;

/**
 * What a card's firmware is told to load when it boots from the network: the DHCP server of the
 * user-mode network names {@code file}, and its TFTP server has the files of {@code directory}.
 *
 * @param file a path on the TFTP server, or a URL (http, tftp), which iPXE in the card's boot ROM
 *     loads; the host's loopback is 10.0.2.2 for the first card, 10.0.3.2 for the second
 * @param directory a directory of the host that TFTP serves, read-only; null for none
 */
public record Netboot(String file, @Nullable String directory) {
  /** Whether {@code file} says itself where it is. */
  boolean isUrl() {
    return file.startsWith("http://") || file.startsWith("tftp://");
  }
}
