package dev.kelvin.state.store;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Opens stores that run elsewhere. Its implementations are found by {@link
 * java.util.ServiceLoader}, so that a daemon that needs none of them loads nothing of theirs.
 */
public interface StoreEngine {
  /** As the configuration names it, such as {@code etcd}. */
  String name();

  /**
   * Opens a store.
   *
   * @throws dev.kelvin.model.ProblemException unavailable when it does not answer, invalid-argument
   *     or host-failure when what it was told cannot be used
   */
  Store open(Place place);

  /**
   * Where a store is, and how one is let in.
   *
   * @param endpoints addresses of its members, such as {@code https://10.0.0.1:2379}; at least one
   * @param ca certificates (PEM) that vouch for the members; null trusts what the system trusts
   * @param certificate of this daemon (PEM); null shows none
   * @param key of that certificate (PEM, PKCS #8); null when there is none
   * @param prefix of all keys; of two that share one etcd neither may begin with the other's
   * @param allowUnauthenticated whether it may let in everybody who reaches it
   */
  record Place(
      List<String> endpoints,
      @Nullable Path ca,
      @Nullable Path certificate,
      @Nullable Path key,
      String prefix,
      boolean allowUnauthenticated) {
    public Place {
      endpoints = List.copyOf(endpoints);
    }

    /** One that must not let in everybody. */
    public Place(
        List<String> endpoints,
        @Nullable Path ca,
        @Nullable Path certificate,
        @Nullable Path key,
        String prefix) {
      this(endpoints, ca, certificate, key, prefix, false);
    }
  }
}
