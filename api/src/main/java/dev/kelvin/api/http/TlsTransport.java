package dev.kelvin.api.http;

import dev.kelvin.model.CipherOrder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocketHandshakeException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** HTTP over TLS with a token, through the JDK's client. */
public final class TlsTransport implements Transport {
  private static final Duration CONNECT = Duration.ofSeconds(10);

  private final URI url;
  private final String token;
  private final HttpClient client;

  /**
   * @param fingerprint SHA-256 of the daemon's certificate, which is then the only one trusted;
   *     null to trust those that the JDK trusts
   */
  public TlsTransport(URI url, String token, @Nullable String fingerprint) {
    this.url = url;
    this.token = token;
    SSLContext context = context(fingerprint);
    SSLParameters parameters = context.getDefaultSSLParameters();
    parameters.setCipherSuites(CipherOrder.of(parameters.getCipherSuites()));
    this.client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(context)
            .sslParameters(parameters)
            .build();
  }

  private static SSLContext context(@Nullable String fingerprint) {
    try {
      if (fingerprint == null) {
        return SSLContext.getDefault();
      }
      var context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new PinnedCertificate(fingerprint)}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has TLS", e);
    }
  }

  private URI at(String target) {
    String base = url.toString();
    return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + target);
  }

  @Override
  public Answer send(Request request) throws IOException {
    var builder =
        HttpRequest.newBuilder(at(request.target()))
            .method(request.method(), publisher(request.body()));
    request.headers().forEach(builder::setHeader);
    if (request.body() != null) {
      builder.setHeader("Content-Type", request.body().contentType());
    }
    builder.setHeader("Authorization", "Bearer " + token);
    if (!request.quiet().isZero() && request.body() == null) {
      builder.timeout(request.quiet());
    }
    try {
      HttpResponse<InputStream> response =
          client.send(builder.build(), BodyHandlers.ofInputStream());
      Map<String, String> headers = new LinkedHashMap<>();
      response
          .headers()
          .map()
          .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getLast()));
      return new Answer(response.statusCode(), headers, response.body());
    } catch (HttpTimeoutException e) {
      var slow = new SocketTimeoutException(e.getMessage());
      slow.initCause(e);
      throw slow;
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static BodyPublisher publisher(Request.@Nullable Body body) {
    if (body == null) {
      return BodyPublishers.noBody();
    }
    BodyPublisher stream = BodyPublishers.ofInputStream(body::content);
    return body.length() <= 0 ? stream : BodyPublishers.fromPublisher(stream, body.length());
  }

  private static InterruptedIOException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    var interrupted = new InterruptedIOException("interrupted");
    interrupted.initCause(e);
    return interrupted;
  }

  @Override
  public MessageSocket upgrade(String target) throws IOException {
    String address = "wss" + at(target).toString().substring(url.getScheme().length());
    var socket = new JdkWebSocket();
    try {
      var opened =
          client
              .newWebSocketBuilder()
              .connectTimeout(CONNECT)
              .header("Authorization", "Bearer " + token)
              .buildAsync(URI.create(address), socket)
              .join();
      return socket.opened(opened);
    } catch (CompletionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        throw new UpgradeRefused(refused.getResponse().statusCode(), body(refused));
      } else if (e.getCause() instanceof IOException failed) {
        throw failed;
      }
      throw new IOException(e.getCause());
    }
  }

  private static byte[] body(WebSocketHandshakeException refused) throws IOException {
    return refused.getResponse().body() instanceof InputStream in
        ? in.readAllBytes()
        : new ByteArrayInputStream(new byte[0]).readAllBytes();
  }

  @Override
  public void close() {
    // Streams that are still open would make an orderly close wait for ever.
    client.shutdownNow();
  }
}
