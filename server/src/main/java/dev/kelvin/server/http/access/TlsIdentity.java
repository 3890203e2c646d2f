package dev.kelvin.server.http.access;

import dev.kelvin.model.Code;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The daemon's certificate and key for TLS. They are made once, signed by themselves, and kept:
 * clients know the daemon again by the certificate's fingerprint.
 */
public final class TlsIdentity {
  private static final Logger LOG = System.getLogger(TlsIdentity.class.getName());
  private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String KEY_END = "-----END PRIVATE KEY-----";

  private final X509Certificate certificate;
  private final PrivateKey key;

  private TlsIdentity(X509Certificate certificate, PrivateKey key) {
    this.certificate = certificate;
    this.key = key;
  }

  /**
   * Reads certificate and key, or makes both when there is no certificate.
   *
   * @param host what the API listens at; becomes one of the certificate's names
   * @throws ProblemException host-failure when the files cannot be read, are damaged, do not belong
   *     to each other or cannot be written
   */
  public static TlsIdentity loadOrCreate(Path certificate, Path key, String host) {
    try {
      // The certificate is written last, so a key without one has never been in use.
      if (!Files.exists(certificate)) {
        SelfSigned made = SelfSigned.make(host);
        PrivateFiles.write(key, ascii(made.keyPem()));
        PrivateFiles.write(certificate, ascii(made.certificatePem()));
      }
      if (OwnerOnly.restrict(key)) {
        LOG.log(
            Level.WARNING,
            "others could read the TLS key {0}; delete it and {1} and restart to have new ones",
            key,
            certificate);
      }
      return load(certificate, key);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      throw Problem.of(Code.HOST_FAILURE, "The certificate for TLS cannot be read or made")
          .on(certificate.toString())
          .because(e.toString())
          .remedy("delete " + certificate + " and " + key + "; the daemon makes new ones")
          .asException(e);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static TlsIdentity load(Path certificateFile, Path keyFile)
      throws IOException, GeneralSecurityException {
    var certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(certificateFile)));
    String pem = Files.readString(keyFile, StandardCharsets.US_ASCII);
    int begin = pem.indexOf(KEY_BEGIN);
    int end = pem.indexOf(KEY_END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException(keyFile + " has no PKCS #8 private key");
    }
    byte[] encoded =
        Base64.getMimeDecoder().decode(ascii(pem.substring(begin + KEY_BEGIN.length(), end)));
    PrivateKey key =
        KeyFactory.getInstance(certificate.getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(encoded));
    certificate.checkValidity();
    return new TlsIdentity(certificate, key);
  }

  /** SHA-256 of the certificate, as OpenSSL and browsers write it: {@code AB:CD:…}. */
  public String fingerprint() {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
      return HexFormat.ofDelimiter(":").formatHex(digest).toUpperCase(Locale.ROOT);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a certificate that was read has an encoding", e);
    }
  }

  public X509Certificate certificate() {
    return certificate;
  }

  /** What a TLS server needs of this identity. Clients' certificates are not asked for. */
  public SSLContext context() throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    // Without the empty list the host's hundreds of authorities would be loaded for nothing.
    context.init(new KeyManager[] {new OneIdentity(certificate, key)}, new TrustManager[0], null);
    return context;
  }

  /** Presents the one certificate, whatever the client asks for. */
  private static final class OneIdentity extends X509ExtendedKeyManager {
    private static final String ALIAS = "kelvin";
    private final X509Certificate certificate;
    private final PrivateKey key;

    OneIdentity(X509Certificate certificate, PrivateKey key) {
      this.certificate = certificate;
      this.key = key;
    }

    private @Nullable String alias(String keyType) {
      return keyType.equals(key.getAlgorithm()) ? ALIAS : null;
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
        String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
      return alias(keyType);
    }

    @Override
    public @Nullable String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, Socket socket) {
      return alias(keyType);
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      String alias = alias(keyType);
      return alias == null ? null : new String[] {alias};
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return new X509Certificate[] {certificate};
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return key;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
      return null;
    }
  }
}
