package dev.kelvin.server;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.WireName;
import dev.kelvin.state.store.StoreEngine.Place;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where Kelvin remembers. All fields but {@code engine} are etcd's.
 *
 * @param engine {@code sqlite}, a file in the state directory, unless it is said
 * @param endpoints of etcd's members, such as {@code https://10.0.0.1:2379}
 * @param ca a file with the certificates (PEM) that vouch for the members
 * @param certificate a file with this daemon's certificate (PEM)
 * @param key a file with its key (PEM, PKCS #8)
 * @param prefix of all keys in etcd; ends with a slash; {@code /kelvin/} unless it is said
 * @param allowUnauthenticated whether an etcd is used that lets in everybody who reaches it
 */
record StateSettings(
    Engine engine,
    List<String> endpoints,
    @Nullable String ca,
    @Nullable String certificate,
    @Nullable String key,
    String prefix,
    Boolean allowUnauthenticated) {
  /** What keeps the store. */
  enum Engine implements WireName {
    SQLITE,
    ETCD;

    @Override
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @SuppressWarnings("NullAway") // a null that a constructor is given asks it for the default
  StateSettings {
    engine = engine == null ? Engine.SQLITE : engine;
    endpoints = endpoints == null ? List.of() : List.copyOf(endpoints);
    prefix = prefix == null ? "/kelvin/" : prefix;
    allowUnauthenticated = allowUnauthenticated != null && allowUnauthenticated;
  }

  /** Where etcd is; only when it is the engine. */
  Place place() {
    return new Place(
        endpoints, path(ca), path(certificate), path(key), prefix, allowUnauthenticated);
  }

  private static @Nullable Path path(@Nullable String file) {
    return file == null ? null : Path.of(file);
  }

  /**
   * Refuses what cannot be meant.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument
   */
  void check() {
    if (engine == Engine.SQLITE) {
      boolean etcds = !endpoints.isEmpty() || ca != null || certificate != null || key != null;
      if (etcds || allowUnauthenticated || !prefix.equals("/kelvin/")) {
        throw bad("state.engine", "fields of etcd are given, and the engine is sqlite")
            .remedy("write \"engine: etcd\" as well, or leave the other fields out")
            .asException();
      }
      return;
    }
    if (endpoints.isEmpty()) {
      throw bad("state.endpoints", "etcd has no endpoint")
          .remedy("list its members, such as [\"https://10.0.0.1:2379\"]")
          .asException();
    }
    for (int i = 0; i < endpoints.size(); i++) {
      checkEndpoint("state.endpoints[" + i + "]", endpoints.get(i));
    }
    if ((certificate == null) != (key == null)) {
      throw bad(
              certificate == null ? "state.certificate" : "state.key",
              "a certificate and its key are of use together only")
          .remedy("give both files, or neither")
          .asException();
    }
    boolean tls = endpoints.getFirst().startsWith("https:");
    if (endpoints.stream().anyMatch(one -> one.startsWith("https:") != tls)) {
      throw bad("state.endpoints", "some begin with https and some with http")
          .remedy("use https for all: what is stored is as good as root on this host")
          .asException();
    }
    if (!tls && (ca != null || certificate != null)) {
      throw bad("state.endpoints", "certificates are given, and http uses none")
          .remedy("write https, or leave the certificates out")
          .asException();
    }
    if (!prefix.endsWith("/") || prefix.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw bad("state.prefix", "it is no path of plain characters that ends with a slash")
          .remedy("write one such as /kelvin/")
          .asException();
    }
  }

  private static void checkEndpoint(String field, String endpoint) {
    try {
      var uri = new URI(endpoint);
      String scheme = uri.getScheme();
      boolean known = "http".equals(scheme) || "https".equals(scheme);
      String path = uri.getPath();
      boolean bare = path == null || path.isEmpty() || path.equals("/");
      if (known && uri.getHost() != null && uri.getPort() > 0 && bare) {
        return;
      }
    } catch (URISyntaxException e) {
      throw badEndpoint(field, endpoint).because(e.getMessage()).asException(e);
    }
    throw badEndpoint(field, endpoint).asException();
  }

  private static Problem badEndpoint(String field, String endpoint) {
    return bad(field, "\"" + endpoint + "\" is no address of a member of etcd")
        .remedy("write scheme, host and port, such as https://10.0.0.1:2379");
  }

  private static Problem bad(String field, String cause) {
    return Problem.of(Code.INVALID_ARGUMENT, "The configuration of the store cannot be used")
        .at(field)
        .because(cause)
        .remedy(
            "mend it in kelvin.yaml; \"kelvin explain config.state\" tells what can stand there");
  }
}
