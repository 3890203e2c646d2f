package dev.kelvin.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

class CipherOrderTest {
  @Test
  void chaChaGoesFirstAndTheRestStaysInOrder() {
    String[] suites = {
      "TLS_AES_256_GCM_SHA384",
      "TLS_CHACHA20_POLY1305_SHA256",
      "TLS_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    };
    assertThat(CipherOrder.of(suites))
        .containsExactly(
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  }

  /** With the names that the JDK has, all of them: nothing is left out, nothing is added. */
  @Test
  void theJdkHasThemByTheseNames() throws GeneralSecurityException {
    String[] usual = SSLContext.getDefault().getDefaultSSLParameters().getCipherSuites();
    assertThat(CipherOrder.of(usual))
        .containsExactlyInAnyOrder(usual)
        .startsWith("TLS_CHACHA20_POLY1305_SHA256");
  }
}
