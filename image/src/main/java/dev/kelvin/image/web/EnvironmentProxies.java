package dev.kelvin.image.web;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that {@code https_proxy}, {@code http_proxy} and {@code no_proxy} in the environment
 * name, as other programs of the host use them; Java does not read them by itself.
 */
public final class EnvironmentProxies extends ProxySelector {
  private static final System.Logger LOG = System.getLogger(EnvironmentProxies.class.getName());
  private static final Set<String> VARIABLES = Set.of("https_proxy", "http_proxy", "no_proxy");
  private final Map<String, String> environment;

  /**
   * @param environment of which only the {@link #variables} are looked at
   */
  public EnvironmentProxies(Map<String, String> environment) {
    this.environment =
        environment.entrySet().stream()
            .filter(one -> VARIABLES.contains(one.getKey().toLowerCase(Locale.ROOT)))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  public static EnvironmentProxies ofProcess() {
    return new EnvironmentProxies(System.getenv());
  }

  /** What of the environment names proxies: for another process of the same host. */
  public Map<String, String> variables() {
    return environment;
  }

  @Override
  public List<Proxy> select(URI uri) {
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    String named = value(scheme + "_proxy");
    String host = uri.getHost();
    if (named.isBlank() || host == null || isExcepted(host)) {
      return List.of(Proxy.NO_PROXY);
    }
    try {
      URI proxy = URI.create(named.contains("://") ? named : "http://" + named);
      if (proxy.getHost() != null) {
        int port = proxy.getPort() < 0 ? 80 : proxy.getPort();
        return List.of(
            new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(proxy.getHost(), port)));
      }
    } catch (IllegalArgumentException e) {
      LOG.log(System.Logger.Level.DEBUG, "the proxy is no address", e);
    }
    LOG.log(System.Logger.Level.WARNING, "{0}_proxy is no address of a proxy; using none", scheme);
    return List.of(Proxy.NO_PROXY);
  }

  private String value(String name) {
    String lower = environment.get(name);
    return lower != null ? lower : environment.getOrDefault(name.toUpperCase(Locale.ROOT), "");
  }

  /** A name in the list stands for itself and all below it; {@code *} for every host. */
  private boolean isExcepted(String host) {
    for (String entry : value("no_proxy").split(",", -1)) {
      String name = entry.strip();
      String plain = name.startsWith(".") ? name.substring(1) : name;
      if (plain.equals("*")
          || (!plain.isEmpty() && (host.equals(plain) || host.endsWith("." + plain)))) {
        return true;
      }
    }
    return host.equals("localhost") || host.equals("127.0.0.1") || host.equals("[::1]");
  }

  @Override
  public void connectFailed(
      @Nullable URI uri, @Nullable SocketAddress address, @Nullable IOException failure) {
    LOG.log(System.Logger.Level.DEBUG, "a proxy cannot be reached", failure);
  }
}
