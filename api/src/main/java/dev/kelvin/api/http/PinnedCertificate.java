package dev.kelvin.api.http;

import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Locale;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Trusts one certificate, known by its SHA-256 fingerprint. Its names do not matter: whoever has
 * its key is the daemon.
 */
final class PinnedCertificate extends X509ExtendedTrustManager {
  private final String wanted;

  PinnedCertificate(String fingerprint) {
    wanted = normal(fingerprint);
  }

  /** Fingerprints are written with and without colons, and with the name of the hash before. */
  static String normal(String fingerprint) {
    String hex = fingerprint.strip().toLowerCase(Locale.ROOT);
    for (String prefix : new String[] {"sha256:", "sha-256:", "sha256 ", "sha-256 "}) {
      if (hex.startsWith(prefix)) {
        hex = hex.substring(prefix.length());
      }
    }
    return hex.replace(":", "").replace(" ", "");
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    if (chain == null || chain.length == 0) {
      throw new CertificateException("the server has no certificate");
    }
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(chain[0].getEncoded());
      String found = HexFormat.of().formatHex(hash);
      if (!found.equals(wanted)) {
        throw new CertificateException(
            "the server's certificate has the fingerprint " + found + ", not " + wanted);
      }
    } catch (NoSuchAlgorithmException e) {
      throw new CertificateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw new CertificateException("this is a client");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw new CertificateException("this is a client");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("this is a client");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
