package dev.kelvin.image.pull;

import dev.kelvin.model.CipherOrder;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Version;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/**
 * Asks servers for files. It follows redirects itself, since the JDK's client neither tells where
 * they went in circles nor lets one count them; from HTTPS to HTTP none is followed.
 */
final class Web implements AutoCloseable {
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private final HttpClient client;
  private final PullLimits limits;

  Web(PullLimits limits, Optional<SSLContext> tls) {
    this.limits = limits;
    SSLContext context = tls.orElseGet(Web::usualTls);
    SSLParameters parameters = context.getDefaultSSLParameters();
    parameters.setCipherSuites(CipherOrder.of(parameters.getCipherSuites()));
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(EnvironmentProxies.ofProcess())
            .connectTimeout(limits.connect())
            .sslContext(context)
            .sslParameters(parameters)
            .build();
  }

  private static SSLContext usualTls() {
    try {
      return SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has TLS", e);
    }
  }

  /** The head of an answer, and its body as it comes. */
  record Answer(URI uri, int status, HttpResponse<TimedBody> response) implements AutoCloseable {
    TimedBody body() {
      return response.body();
    }

    Optional<String> header(String name) {
      return response.headers().firstValue(name);
    }

    @Override
    public void close() {
      body().close();
    }
  }

  /**
   * Asks for a file and follows redirects.
   *
   * @throws IOException when the server cannot be reached or breaks off; worth another attempt
   * @throws ProblemException when it makes no sense to try again
   */
  Answer get(URI first, Map<String, String> headers) throws IOException, InterruptedException {
    var seen = new HashSet<URI>();
    URI uri = first;
    while (true) {
      if (!seen.add(uri)) {
        throw astray(first, "the redirects lead in a circle, back to " + uri);
      }
      Answer answer = send(uri, headers);
      if (!REDIRECTS.contains(answer.status())) {
        return answer;
      }
      try (answer) {
        if (seen.size() > limits.redirects()) {
          throw astray(first, "it redirects more than " + limits.redirects() + " times");
        }
        uri = target(first, uri, answer.header("Location").orElse(""));
      }
    }
  }

  private Answer send(URI uri, Map<String, String> headers)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(uri)
            .timeout(limits.header())
            .header("User-Agent", "kelvin/" + Version.NUMBER)
            .header("Accept-Encoding", "identity");
    headers.forEach(request::header);
    try {
      HttpResponse<TimedBody> response =
          client.send(request.build(), info -> TimedBody.subscriber(limits.stall()));
      return new Answer(uri, response.statusCode(), response);
    } catch (SSLException e) {
      throw Problem.of(Code.UNAVAILABLE, "The server cannot be trusted")
          .on(uri.toString())
          .because("TLS fails: " + reason(e))
          .remedy(
              "check the host's clock and its certificates (ca-certificates); a mirror with a"
                  + " certificate of its own must be known to the Java that runs the daemon")
          .asException(e);
    }
  }

  /** Where a redirect leads. */
  private static URI target(URI first, URI from, String location) {
    URI to;
    try {
      if (location.isBlank()) {
        throw new IllegalArgumentException("nothing");
      }
      to = from.resolve(URI.create(location));
      Urls.check(to.toString(), "url");
    } catch (IllegalArgumentException | ProblemException e) {
      throw astray(first, "it redirects to \"" + printable(location) + "\", which is no address");
    }
    if (Urls.isSecure(from) && !Urls.isSecure(to)) {
      throw astray(first, "it redirects from https to http, at " + printable(to.toString()));
    }
    return to;
  }

  private static ProblemException astray(URI uri, String cause) {
    return Problem.of(Code.UNAVAILABLE, "The server leads nowhere")
        .on(uri.toString())
        .because(cause)
        .remedy("use another mirror, or the address that the publisher gives now")
        .asException();
  }

  private static String printable(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", "?");
    return clean.length() > 200 ? clean.substring(0, 200) + "…" : clean;
  }

  /** What an exception of the JDK's client means; its message may be null. */
  static String reason(IOException e) {
    Throwable deepest = e;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return switch (deepest) {
      case java.nio.channels.UnresolvedAddressException _ -> "the name of the host is not known";
      case java.net.http.HttpConnectTimeoutException _ -> "no connection came about in time";
      case java.net.http.HttpTimeoutException _ -> "the server does not answer in time";
      default -> {
        String message = deepest.getMessage() == null ? e.getMessage() : deepest.getMessage();
        yield message == null ? deepest.getClass().getSimpleName() : message;
      }
    };
  }

  /**
   * Gets a small file whole.
   *
   * @param what such as "sums"
   * @throws ProblemException not-found, unavailable, too-large
   */
  byte[] small(URI uri, String what) throws InterruptedException {
    ProblemException last = null;
    for (int attempt = 0; attempt < Math.min(3, limits.attempts()); attempt++) {
      Pauses.pause(attempt == 0 ? java.time.Duration.ZERO : limits.backoff());
      try (Answer answer = get(uri, Map.of())) {
        if (answer.status() == 200) {
          byte[] content = answer.body().readNBytes(PullLimits.SMALL_FILE + 1);
          if (content.length > PullLimits.SMALL_FILE) {
            throw Problem.of(Code.TOO_LARGE, "The publisher's " + what + " are too large")
                .on(uri.toString())
                .because("they have more than " + PullLimits.SMALL_FILE + " bytes")
                .remedy("check the catalogue: this is no file of " + what)
                .asException();
          }
          return content;
        }
        last = Statuses.problem(uri, answer.status(), what);
        if (!Statuses.isPassing(answer.status())) {
          throw last;
        }
      } catch (java.io.InterruptedIOException e) {
        throw new InterruptedException("while " + what + " were read");
      } catch (IOException e) {
        last = Statuses.unreachable(uri, what, reason(e), e);
      }
    }
    throw last == null ? Statuses.unreachable(uri, what, "it was never asked", null) : last;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
