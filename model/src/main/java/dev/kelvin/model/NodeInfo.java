package dev.kelvin.model;

import java.time.Instant;
import java.util.List;

/**
 * A running daemon.
 *
 * @param node the host's name
 * @param home the directory that has all of this daemon's files, or {@code /} when it uses the
 *     system's directories
 * @param socket of the local API
 * @param url of the API over TLS
 * @param damaged what is stored and cannot be read, such as {@code vm/web1}; the rest is not
 *     affected
 * @param unknown guests that the store does not know
 * @param certificate SHA-256 fingerprint of the TLS certificate
 */
public record NodeInfo(
    String version,
    String node,
    long pid,
    String home,
    String socket,
    String url,
    String certificate,
    String accelerator,
    String qemuVersion,
    int vms,
    int vmsRunning,
    List<String> damaged,
    List<UnknownGuest> unknown,
    Instant startedAt) {
  public NodeInfo {
    damaged = damaged == null ? List.of() : List.copyOf(damaged);
    unknown = unknown == null ? List.of() : List.copyOf(unknown);
  }
}
