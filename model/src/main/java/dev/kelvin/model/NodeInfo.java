package dev.kelvin.model;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A running daemon.
 *
 * @param node the host's name
 * @param home the directory that has all of this daemon's files, or {@code /} when it uses the
 *     system's directories
 * @param socket of the local API
 * @param url of the API over TLS; empty while it has no port
 * @param damaged what is stored and cannot be read, such as {@code vm/web1}; the rest is not
 *     affected
 * @param unknown guests that the store does not know
 * @param shortage why nothing is begun now that takes space on the disk; null when there is room
 * @param notStopped of a daemon that ends and was to stop all VMs first: which it could not, and
 *     why
 * @param warnings what is wrong with how the API is served, and what to do about it
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
    @Nullable String shortage,
    List<String> notStopped,
    List<Problem> warnings,
    Instant startedAt) {
  public NodeInfo {
    damaged = damaged == null ? List.of() : List.copyOf(damaged);
    unknown = unknown == null ? List.of() : List.copyOf(unknown);
    notStopped = notStopped == null ? List.of() : List.copyOf(notStopped);
    warnings = warnings == null ? List.of() : List.copyOf(warnings);
  }
}
