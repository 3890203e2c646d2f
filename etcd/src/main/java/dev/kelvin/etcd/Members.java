package dev.kelvin.etcd;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.state.store.StoreEngine.Place;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection for each member of the cluster, made when it is first used. */
final class Members implements AutoCloseable {
  /** A member that says nothing for the sum of both is given up; etcd allows no faster probes. */
  private static final Duration PROBE = Duration.ofSeconds(6);

  private static final Duration PROBE_ANSWER = Duration.ofSeconds(3);

  private final List<ManagedChannel> channels = new ArrayList<>();
  private final ExecutorService callbacks = Executors.newVirtualThreadPerTaskExecutor();
  private final EventLoopGroup loop;

  Members(Place place) {
    loop = new NioEventLoopGroup(1, Thread.ofPlatform().name("etcd-", 0).daemon().factory());
    try {
      boolean tls = place.endpoints().stream().anyMatch(one -> one.startsWith("https:"));
      SslContext context = tls ? context(place) : null;
      for (String endpoint : place.endpoints()) {
        channels.add(channel(URI.create(endpoint), context));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private ManagedChannel channel(URI endpoint, @Nullable SslContext context) {
    var builder =
        NettyChannelBuilder.forAddress(endpoint.getHost(), endpoint.getPort())
            .eventLoopGroup(loop)
            .channelType(NioSocketChannel.class)
            .executor(callbacks)
            .offloadExecutor(callbacks)
            .disableRetry()
            .keepAliveTime(PROBE.toMillis(), TimeUnit.MILLISECONDS)
            .keepAliveTimeout(PROBE_ANSWER.toMillis(), TimeUnit.MILLISECONDS)
            // A page of large documents; etcd itself sets no limit to its answers.
            .maxInboundMessageSize(Integer.MAX_VALUE);
    if (context != null && endpoint.getScheme().equals("https")) {
      return builder.sslContext(context).build();
    }
    return builder.usePlaintext().build();
  }

  private static SslContext context(Place place) {
    try {
      var builder = GrpcSslContexts.forClient();
      if (place.ca() != null) {
        builder.trustManager(readable(place.ca()).toFile());
      }
      if (place.certificate() != null && place.key() != null) {
        builder.keyManager(readable(place.certificate()).toFile(), readable(place.key()).toFile());
      }
      return builder.build();
    } catch (IOException | IllegalArgumentException e) {
      String cause = e.getCause() == null ? "" : ": " + e.getCause().getMessage();
      throw Problem.of(Code.INVALID_ARGUMENT, "The certificates for etcd cannot be used")
          .at("state")
          .because(e.getMessage() + cause)
          .remedy(
              "give PEM files that the daemon's user can read; the key without a password and in"
                  + " PKCS #8: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW")
          .asException(e);
    }
  }

  private static Path readable(Path file) throws IOException {
    if (!Files.isReadable(file)) {
      throw new IOException(file + (Files.exists(file) ? " is not readable" : " does not exist"));
    }
    return file;
  }

  int count() {
    return channels.size();
  }

  ManagedChannel get(int index) {
    return channels.get(Math.floorMod(index, channels.size()));
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    // Its thread is a daemon's: nobody need wait for its end.
    var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    callbacks.shutdown();
  }
}
