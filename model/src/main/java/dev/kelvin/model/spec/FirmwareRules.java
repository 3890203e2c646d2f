package dev.kelvin.model.spec;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rules of Secure Boot, its keys, and the TPM. */
final class FirmwareRules {
  private static final int MAX_CERTIFICATE = 16_384;
  private static final int MAX_CERTIFICATES = 16;
  private static final String FIELD = "spec.firmware";

  private FirmwareRules() {}

  static void check(VmSpec spec, Violations violations) {
    Firmware firmware = spec.firmware();
    if (firmware.isSecure()) {
      secureBoot(spec, violations);
    }
    boolean custom = firmware.keys() == SecureBootKeys.CUSTOM;
    violations.require(
        firmware.isSecure() || (!custom && firmware.certificates() == null),
        FIELD + ".keys",
        "without Secure Boot nobody asks for keys",
        "add secureBoot: true, or leave the keys out");
    SecureBootCertificates own = firmware.certificates();
    violations.require(
        !custom || own != null,
        FIELD + ".certificates",
        "the keys are to be custom, and there are none",
        "give platformKey, exchangeKeys and allowed, or let the keys be microsoft");
    violations.require(
        custom || own == null,
        FIELD + ".certificates",
        "with the keys of " + firmware.keys().wire() + " they would not be used",
        "set keys: custom, or leave them out");
    if (own != null) {
      certificates(own, violations);
    }
    violations.require(
        !spec.hasTpm() || !spec.isOn(Board.MICROVM),
        "spec.tpm",
        "a microvm has no place for a TPM",
        "leave it out, or use the machine q35");
  }

  private static void secureBoot(VmSpec spec, Violations violations) {
    String field = FIELD + ".secureBoot";
    violations.require(
        spec.firmware().type() == FirmwareType.UEFI,
        field,
        "only UEFI checks signatures, and the firmware is " + spec.firmware().type().wire(),
        "set the firmware's type to uefi, or leave secureBoot out");
    violations.require(
        spec.machine().equals("q35") || spec.machine().startsWith("pc-q35-"),
        field,
        "it needs system management mode, which the machine " + spec.machine() + " has not",
        "use the machine q35, or leave secureBoot out");
    violations.require(
        spec.boot().kernel() == null,
        field,
        "a kernel that is started directly passes by its signature check",
        "boot from a disk, or leave secureBoot out");
  }

  private static void certificates(SecureBootCertificates own, Violations violations) {
    String field = FIELD + ".certificates";
    certificate(own.platformKey(), field + ".platformKey", violations);
    certificates(own.exchangeKeys(), field + ".exchangeKeys", violations);
    certificates(own.allowed(), field + ".allowed", violations);
  }

  private static void certificates(List<String> all, String field, Violations violations) {
    violations.require(
        !all.isEmpty() && all.size() <= MAX_CERTIFICATES,
        field,
        "it has " + all.size() + " certificates",
        "give 1 to " + MAX_CERTIFICATES);
    for (int i = 0; i < all.size(); i++) {
      certificate(all.get(i), field + "[" + i + "]", violations);
    }
  }

  private static void certificate(@Nullable String pem, String field, Violations violations) {
    String remedy = "write one certificate in PEM, from -----BEGIN CERTIFICATE----- on";
    if (pem == null || pem.isBlank()) {
      violations.add(field, "it is missing or empty", remedy);
      return;
    }
    if (pem.length() > MAX_CERTIFICATE) {
      violations.add(field, "it has " + pem.length() + " characters", remedy);
      return;
    }
    try {
      int found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(pem.strip().getBytes(StandardCharsets.US_ASCII)))
              .size();
      boolean pemForm = pem.strip().startsWith("-----BEGIN CERTIFICATE-----");
      violations.require(
          found == 1 && pemForm, field, "it is not one X.509 certificate in PEM", remedy);
    } catch (CertificateException e) {
      violations.add(field, "it is no X.509 certificate: " + firstLine(e), remedy);
    }
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("unreadable");
  }
}
