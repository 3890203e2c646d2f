package dev.kelvin.model.spec;

import java.util.List;

/**
 * A user's own keys for Secure Boot (UEFI specification, 32.3), each an X.509 certificate in PEM.
 *
 * @param platformKey PK: whoever holds its private key may change the list of exchange keys
 * @param exchangeKeys KEK: whoever holds one of their private keys may change the list of those
 *     allowed
 * @param allowed db: what one of their private keys has signed may start
 */
public record SecureBootCertificates(
    String platformKey, List<String> exchangeKeys, List<String> allowed) {
  // A null that a document brings asks for the default or is refused by the rules.
  @SuppressWarnings("NullAway")
  public SecureBootCertificates {
    exchangeKeys = exchangeKeys == null ? List.of() : List.copyOf(exchangeKeys);
    allowed = allowed == null ? List.of() : List.copyOf(allowed);
  }
}
