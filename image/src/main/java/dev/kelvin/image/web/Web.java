package dev.kelvin.image.web;

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
public final class Web implements AutoCloseable {
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private final HttpClient client;
  private final WebLimits limits;

  private Web(WebLimits limits, EnvironmentProxies proxies, SSLContext tls, String[] ciphers) {
    this.limits = limits;
    SSLParameters parameters = tls.getDefaultSSLParameters();
    parameters.setCipherSuites(ciphers);
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(proxies)
            .connectTimeout(limits.connect())
            .sslContext(tls)
            .sslParameters(parameters)
            .build();
  }

  /**
   * For small files, in a daemon.
   *
   * @param tls what servers are trusted by; empty for the certificates that Java trusts
   */
  public static Web ofDaemon(WebLimits limits, Optional<SSLContext> tls) {
    SSLContext context = tls.orElseGet(Web::usualTls);
    String[] ciphers = CipherOrder.of(context.getDefaultSSLParameters().getCipherSuites());
    return new Web(limits, EnvironmentProxies.ofProcess(), context, ciphers);
  }

  /**
   * Makes one request for a large file, where all compilers are: so the ciphers are in the order of
   * the JDK, with AES first.
   *
   * @param tls as in {@link #ofDaemon}
   * @return an answer, with which all is closed that was opened for it
   * @throws IOException as {@link #get}
   */
  public static Answer once(
      FileRequest request, EnvironmentProxies proxies, Optional<SSLContext> tls)
      throws IOException, InterruptedException {
    SSLContext context = tls.orElseGet(Web::usualTls);
    String[] ciphers = context.getDefaultSSLParameters().getCipherSuites();
    var web = new Web(request.limits(), proxies, context, ciphers);
    try {
      Response answer = web.get(request);
      return new Response(answer.head(), answer.body(), web::close);
    } catch (IOException | InterruptedException | RuntimeException e) {
      web.close();
      throw e;
    }
  }

  private static SSLContext usualTls() {
    try {
      return SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has TLS", e);
    }
  }

  /**
   * @param last is done when the answer is closed
   */
  private record Response(AnswerHead head, TimedBody body, Runnable last) implements Answer {
    @Override
    public void close() {
      body.close();
      last.run();
    }
  }

  /**
   * Asks for a whole file and follows redirects.
   *
   * @throws IOException when the server cannot be reached or breaks off; worth another attempt
   * @throws ProblemException when it makes no sense to try again
   */
  public Answer get(URI uri) throws IOException, InterruptedException {
    return get(FileRequest.whole(uri, limits));
  }

  private Response get(FileRequest wanted) throws IOException, InterruptedException {
    URI first = wanted.uri();
    var seen = new HashSet<URI>();
    URI uri = first;
    while (true) {
      if (!seen.add(uri)) {
        throw astray(first, "the redirects lead in a circle, back to " + uri);
      }
      HttpResponse<TimedBody> answer = send(uri, wanted.headers());
      if (!REDIRECTS.contains(answer.statusCode())) {
        AnswerHead head = AnswerHead.of(uri, answer.statusCode(), answer.headers());
        return new Response(head, answer.body(), () -> {});
      }
      try (var _ = answer.body()) {
        if (seen.size() > limits.redirects()) {
          throw astray(first, "it redirects more than " + limits.redirects() + " times");
        }
        uri = target(first, uri, answer.headers().firstValue("Location").orElse(""));
      }
    }
  }

  private HttpResponse<TimedBody> send(URI uri, Map<String, String> headers)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(uri)
            .timeout(limits.header())
            .header("User-Agent", "kelvin/" + Version.NUMBER)
            .header("Accept-Encoding", "identity");
    headers.forEach(request::header);
    try {
      return client.send(request.build(), info -> TimedBody.subscriber(limits.stall()));
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
  public static String reason(IOException e) {
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

  @Override
  public void close() {
    client.shutdownNow();
  }
}
