package dev.kelvin.server.http.access;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.Set;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.IPAddress;

/**
 * A new key on the curve P-256 and a certificate for it that it signs itself.
 *
 * <p>Only the first start of a daemon may load BouncyCastle, whose signed jars take 45 ms and 7 MB
 * to open. An AOT cache loads and verifies this class at every start, and verification loads the
 * types of exceptions that are caught and of interfaces that arguments are passed as. So none of
 * these is BouncyCastle's here.
 */
record SelfSigned(String certificatePem, String keyPem) {
  private static final Duration VALID_FOR = Duration.ofDays(3650);

  /** One for the names and loopback addresses of this host, and for {@code listensAt}. */
  static SelfSigned make(String listensAt) throws GeneralSecurityException, IOException {
    var random = new SecureRandom();
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    KeyPair keys = generator.generateKeyPair();
    String host = hostName();
    var names = new LinkedHashSet<String>();
    names.add("localhost");
    names.add(host);
    names.add("127.0.0.1");
    names.add("::1");
    names.add(listensAt);
    names.remove("0.0.0.0");
    names.remove("::");
    Instant now = Instant.now();
    var subject =
        new X500NameBuilder()
            .addRDN(BCStyle.O, "Kelvin")
            // X.520 allows a common name 64 characters.
            .addRDN(BCStyle.CN, host.substring(0, Math.min(64, host.length())))
            .build();
    byte[] certificate;
    try {
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
      // A clock that is behind on another host must not make the certificate one of the future.
      certificate =
          new JcaX509v3CertificateBuilder(
                  subject,
                  new BigInteger(127, random).setBit(126),
                  Date.from(now.minus(Duration.ofDays(1))),
                  Date.from(now.plus(VALID_FOR)),
                  subject,
                  keys.getPublic())
              .addExtension(
                  Extension.basicConstraints, true, new BasicConstraints(false).getEncoded())
              .addExtension(
                  Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature).getEncoded())
              .addExtension(
                  Extension.extendedKeyUsage,
                  false,
                  new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth).getEncoded())
              .addExtension(
                  Extension.subjectAlternativeName, false, alternatives(names).getEncoded())
              .build(signer)
              .getEncoded();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new GeneralSecurityException("the certificate cannot be signed", e);
    }
    return new SelfSigned(
        pem("CERTIFICATE", certificate), pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
  }

  private static GeneralNames alternatives(Set<String> names) {
    return new GeneralNames(
        names.stream()
            .map(name ->
                new GeneralName(
                    IPAddress.isValid(name) ? GeneralName.iPAddress : GeneralName.dNSName, name))
            .toArray(GeneralName[]::new));
  }

  /** The kernel's name of this host: asking DNS can take long and says no more. */
  private static String hostName() throws IOException {
    String name = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    return name.isEmpty() ? "localhost" : name;
  }

  private static String pem(String type, byte[] content) {
    String body =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(content);
    return "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n";
  }
}
