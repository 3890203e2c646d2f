package dev.kelvin.api;

import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a daemon is. */
public sealed interface Endpoint {
  /** How people and problems name it. */
  String name();

  /** On this host, through its Unix socket. */
  record Local(Path socket) implements Endpoint {
    @Override
    public String name() {
      return socket.toString();
    }
  }

  /**
   * Somewhere, over TLS.
   *
   * @param fingerprint SHA-256 of its certificate; null to trust those that the JDK trusts
   */
  record Remote(URI url, String token, @Nullable String fingerprint) implements Endpoint {
    @Override
    public String name() {
      return url.toString();
    }

    @Override
    public String toString() {
      return "Remote[" + url + "]";
    }
  }

  /**
   * The daemon that the environment names: the one at {@code KELVIN_URL} with {@code KELVIN_TOKEN}
   * (or the file {@code KELVIN_TOKEN_FILE}) and {@code KELVIN_FINGERPRINT}, else that of the
   * layout.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when it is incomplete or no URL
   */
  static Endpoint resolve(Map<String, String> environment, Layout layout) {
    String url = environment.getOrDefault("KELVIN_URL", "");
    if (url.isEmpty()) {
      return new Local(layout.socket());
    }
    if (!environment.getOrDefault("KELVIN_HOME", "").isEmpty()) {
      throw contradiction("KELVIN_URL", "KELVIN_HOME", "each names a daemon");
    }
    String fingerprint = environment.getOrDefault("KELVIN_FINGERPRINT", "");
    return new Remote(address(url), token(environment), fingerprint.isEmpty() ? null : fingerprint);
  }

  private static ProblemException contradiction(String one, String other, String cause) {
    return Problem.of(Code.INVALID_ARGUMENT, one + " and " + other + " are both set")
        .at(one)
        .because(cause + ", and it is not clear which one is meant")
        .remedy("unset one of them: unset " + other)
        .asException();
  }

  private static URI address(String url) {
    String cause;
    try {
      URI address = URI.create(url);
      if ("https".equals(address.getScheme()) && address.getHost() != null) {
        return address;
      }
      cause = "a daemon is reached by https://HOST:PORT";
    } catch (IllegalArgumentException e) {
      cause = String.valueOf(e.getMessage());
    }
    throw Problem.of(Code.INVALID_ARGUMENT, "\"" + url + "\" is not the URL of a daemon")
        .at("KELVIN_URL")
        .because(cause)
        .remedy("take the URL that \"kelvin info\" shows on the daemon's host")
        .asException();
  }

  private static String token(Map<String, String> environment) {
    String token = environment.getOrDefault("KELVIN_TOKEN", "");
    String file = environment.getOrDefault("KELVIN_TOKEN_FILE", "");
    if (!token.isEmpty() && !file.isEmpty()) {
      throw contradiction("KELVIN_TOKEN", "KELVIN_TOKEN_FILE", "each gives the token");
    }
    if (token.isEmpty() && !file.isEmpty()) {
      try {
        token = Files.readString(Path.of(file)).strip();
      } catch (IOException e) {
        throw Problem.of(Code.INVALID_ARGUMENT, "The token cannot be read")
            .on(file)
            .because(e instanceof NoSuchFileException ? "there is no such file" : e.getMessage())
            .remedy("give the file with the daemon's token in KELVIN_TOKEN_FILE")
            .asException(e);
      }
    }
    if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw Problem.of(Code.UNAUTHENTICATED, "A daemon that is reached by URL wants a token")
          .at("KELVIN_TOKEN")
          .because(token.isEmpty() ? "none is given" : "the token has blanks or control characters")
          .remedy(
              "set KELVIN_TOKEN, or KELVIN_TOKEN_FILE; \"kelvin info\" on the daemon's host tells"
                  + " where the token is")
          .asException();
    }
    return token;
  }
}
