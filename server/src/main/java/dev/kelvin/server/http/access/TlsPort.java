package dev.kelvin.server.http.access;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.server.http.access.HttpSettings.Tls;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The port of the API over TLS: the first that is free of those that may be. Who changes it keeps
 * others from that meanwhile; it can be looked at by any thread.
 */
public final class TlsPort implements AutoCloseable {
  private static final Logger LOG = System.getLogger(TlsPort.class.getName());
  private static final int BACKLOG = 128;
  private static final Duration HOLDER_ASKED = Duration.ofMinutes(1);

  private final Tls settings;
  private volatile @Nullable ServerSocketChannel channel;
  private volatile int number;
  private volatile @Nullable Problem trouble;

  /** Who has the wanted port, and when that was asked. */
  private @Nullable String holder;

  private long holderAsked;

  TlsPort(Tls settings) {
    this.settings = settings;
  }

  /** Binds it; null when none is free, which may be tried again. */
  public @Nullable ServerSocketChannel bind() throws IOException {
    IOException taken = null;
    for (int candidate = settings.firstPort(); candidate <= settings.lastPort(); candidate++) {
      ServerSocketChannel made = ServerSocketChannel.open();
      try {
        InetAddress host = InetAddress.getByName(settings.host());
        made.bind(new InetSocketAddress(host, candidate), BACKLOG);
        number = ((InetSocketAddress) made.getLocalAddress()).getPort();
        channel = made;
        trouble = candidate == settings.firstPort() ? null : another(number);
        return made;
      } catch (BindException e) {
        made.close();
        taken = e;
      } catch (IOException e) {
        made.close();
        throw e;
      }
    }
    trouble = none(taken);
    return null;
  }

  /** What is bound; null while nothing is. */
  public @Nullable ServerSocketChannel bound() {
    return channel;
  }

  /** Lets go of a port at which nothing could be served. */
  void giveUp(Exception why) {
    close();
    channel = null;
    trouble = none(why);
  }

  private Problem another(int used) {
    return Problem.of(Code.CONFLICT, "The API is at port " + used)
        .on(settings.host() + ":" + settings.firstPort())
        .because("port " + settings.firstPort() + " was taken" + holder())
        .remedy(
            "if clients expect it there, free it and start the daemon anew, or name a port in"
                + " kelvin.yaml: listen.port");
  }

  private Problem none(@Nullable Exception why) {
    String ports =
        settings.firstPort() == settings.lastPort()
            ? "port " + settings.firstPort()
            : "the ports from " + settings.firstPort() + " to " + settings.lastPort();
    return Problem.of(Code.UNAVAILABLE, "The API is not served over TLS, only at the local socket")
        .on(settings.host() + ":" + settings.firstPort())
        .because(ports + " cannot be had" + holder() + ": " + why)
        .remedy(
            "free it, and the daemon takes it by itself; or name another one in kelvin.yaml"
                + " (listen.port) and start the daemon anew");
  }

  private String holder() {
    // To find it is to look through all processes; a port is tried every few seconds.
    long now = System.nanoTime();
    if (holder == null || now - holderAsked > HOLDER_ASKED.toNanos()) {
      holder = settings.holder().apply(settings.firstPort());
      holderAsked = now;
    }
    return holder.isEmpty() ? "" : " by " + holder;
  }

  /** What is wrong with it; empty while it is the one that was wanted. */
  public Optional<Problem> trouble() {
    return Optional.ofNullable(trouble);
  }

  /** Empty while there is none. */
  public String url() {
    if (channel == null) {
      return "";
    }
    String host = settings.host();
    boolean everywhere = host.equals("0.0.0.0") || host.equals("::");
    String shown = everywhere ? "localhost" : host.contains(":") ? "[" + host + "]" : host;
    return "https://" + shown + ":" + number;
  }

  public int number() {
    return number;
  }

  @Override
  public void close() {
    ServerSocketChannel bound = channel;
    try {
      if (bound != null) {
        bound.close();
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "the port of the API could not be closed", e);
    }
  }
}
