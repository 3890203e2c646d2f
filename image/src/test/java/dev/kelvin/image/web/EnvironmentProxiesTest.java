package dev.kelvin.image.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Proxy;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvironmentProxiesTest {
  private final EnvironmentProxies proxies =
      new EnvironmentProxies(
          Map.of(
              "https_proxy", "http://proxy.example:3128",
              "HTTP_PROXY", "proxy.example",
              "no_proxy", "internal.example, .lan",
              "HOME", "/root"));

  @Test
  void theProxiesOfTheEnvironmentAreUsed() {
    assertThat(proxies.select(URI.create("https://h.example/")).toString())
        .contains("proxy.example")
        .contains("3128");
    assertThat(proxies.select(URI.create("http://h.example/")).toString())
        .contains("proxy.example")
        .contains("80");
    for (String url :
        List.of("https://a.internal.example/", "https://x.lan/", "http://127.0.0.1/")) {
      assertThat(proxies.select(URI.create(url))).containsExactly(Proxy.NO_PROXY);
    }
  }

  @Test
  void anotherProcessIsToldOfThemAndOfNothingElse() {
    assertThat(proxies.variables()).containsOnlyKeys("https_proxy", "HTTP_PROXY", "no_proxy");
    URI uri = URI.create("https://h.example/");
    assertThat(new EnvironmentProxies(proxies.variables()).select(uri))
        .isEqualTo(proxies.select(uri));
  }
}
