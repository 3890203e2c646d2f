package dev.kelvin.qemu.launch;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.SecureBootCertificates;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * Puts a user's Secure Boot keys into a copy of the firmware's empty variable store. Debian 12 has
 * no tool for that, and QEMU has none either, so the store is written here: a firmware volume whose
 * only content is a list of variables, each a header, a name and data. The layout is that of edk2's
 * {@code MdeModulePkg/Include/Guid/VariableFormat.h} (authenticated form); the keys are signature
 * lists of the UEFI specification, 32.4.1. With a platform key in it the firmware leaves set-up
 * mode by itself.
 */
public final class EfiVariables {
  private static final UUID GLOBAL = UUID.fromString("8be4df61-93ca-11d2-aa0d-00e098032b8c");
  private static final UUID SECURITY = UUID.fromString("d719b2cb-3d3a-4596-a3bc-dad00e67656f");
  private static final UUID ENABLE = UUID.fromString("f0a30bc7-af08-4556-99c4-001009c93a44");
  private static final UUID X509 = UUID.fromString("a5c059a1-94e4-4aa7-87b5-ab155c2bf072");
  private static final UUID STORE = UUID.fromString("aaf32c78-947b-439a-a180-2e144ec37792");

  /** Who put the keys in; the firmware shows it and asks nothing of it. */
  private static final UUID OWNER =
      UUID.nameUUIDFromBytes("kelvin/secure-boot".getBytes(StandardCharsets.UTF_8));

  /** Non-volatile, for boot services and at run time, changed by signed writes only. */
  private static final int KEY_ATTRIBUTES = 0x27;

  /** Non-volatile, for boot services only. */
  private static final int ENABLE_ATTRIBUTES = 0x03;

  private static final byte[] VOLUME_SIGNATURE = "_FVH".getBytes(StandardCharsets.US_ASCII);
  private static final int VOLUME_HEADER = 56;
  private static final int STORE_HEADER = 28;
  private static final int VARIABLE_HEADER = 60;
  private static final short START = 0x55AA;
  private static final byte ADDED = 0x3F;
  private static final byte FORMATTED = 0x5A;
  private static final byte HEALTHY = (byte) 0xFE;

  private final ByteBuffer image;
  private final int end;
  private int next;

  private EfiVariables(byte[] template) {
    image = ByteBuffer.wrap(template.clone()).order(ByteOrder.LITTLE_ENDIAN);
    int store = template.length < VOLUME_HEADER ? 0 : Short.toUnsignedInt(image.getShort(48));
    boolean known =
        store >= VOLUME_HEADER
            && store + STORE_HEADER <= template.length
            && Arrays.equals(VOLUME_SIGNATURE, Arrays.copyOfRange(template, 40, 44))
            && Arrays.equals(guid(STORE), Arrays.copyOfRange(template, store, store + 16))
            && image.get(store + 20) == FORMATTED
            && image.get(store + 21) == HEALTHY;
    long size = known ? Integer.toUnsignedLong(image.getInt(store + 16)) : 0;
    if (!known || size < STORE_HEADER || store + size > template.length) {
      throw unknown("it is no store of authenticated UEFI variables");
    }
    next = store + STORE_HEADER;
    end = (int) (store + size);
    if (next + 2 <= end && image.getShort(next) == START) {
      throw unknown("it has variables already");
    }
  }

  /**
   * The variables with the keys in them and Secure Boot on.
   *
   * @param template an empty store, as the firmware's package has it
   * @throws dev.kelvin.model.ProblemException capability-missing for a template of another kind,
   *     invalid-argument for keys that it has no room for
   */
  public static byte[] enroll(byte[] template, SecureBootCertificates keys) {
    var store = new EfiVariables(template);
    store.add("db", SECURITY, KEY_ATTRIBUTES, lists(keys.allowed()));
    store.add("KEK", GLOBAL, KEY_ATTRIBUTES, lists(keys.exchangeKeys()));
    store.add("PK", GLOBAL, KEY_ATTRIBUTES, lists(List.of(keys.platformKey())));
    store.add("SecureBootEnable", ENABLE, ENABLE_ATTRIBUTES, new byte[] {1});
    return store.image.array();
  }

  private void add(String name, UUID vendor, int attributes, byte[] data) {
    byte[] text = (name + "\0").getBytes(StandardCharsets.UTF_16LE);
    int size = VARIABLE_HEADER + text.length + data.length;
    if (next + size > end) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The firmware has no room for the keys")
          .at("spec.firmware.certificates")
          .because(data.length + " bytes of " + name + " do not fit into its variables")
          .remedy("give fewer or smaller certificates")
          .asException();
    }
    // Counter, time stamp and public key index, which only signed writes use, stay zero.
    image.put(next, new byte[VARIABLE_HEADER]);
    image
        .putShort(next, START)
        .put(next + 2, ADDED)
        .putInt(next + 4, attributes)
        .putInt(next + 36, text.length)
        .putInt(next + 40, data.length)
        .put(next + 44, guid(vendor))
        .put(next + VARIABLE_HEADER, text)
        .put(next + VARIABLE_HEADER + text.length, data);
    next = (next + size + 3) & ~3;
  }

  /** A signature list for each certificate: certificates differ in size, entries of a list not. */
  private static byte[] lists(List<String> certificates) {
    var all = new ByteArrayOutputStream();
    for (String pem : certificates) {
      byte[] certificate = encoded(pem);
      var list = ByteBuffer.allocate(28 + 16 + certificate.length).order(ByteOrder.LITTLE_ENDIAN);
      list.put(guid(X509))
          .putInt(list.capacity())
          .putInt(0)
          .putInt(16 + certificate.length)
          .put(guid(OWNER))
          .put(certificate);
      all.writeBytes(list.array());
    }
    return all.toByteArray();
  }

  private static byte[] encoded(String pem) {
    try {
      var text = new ByteArrayInputStream(pem.strip().getBytes(StandardCharsets.US_ASCII));
      return CertificateFactory.getInstance("X.509").generateCertificate(text).getEncoded();
    } catch (CertificateException e) {
      throw Problem.of(Code.INVALID_ARGUMENT, "A Secure Boot key is no certificate")
          .at("spec.firmware.certificates")
          .because(String.valueOf(e.getMessage()))
          .remedy("write X.509 certificates in PEM")
          .asException(e);
    }
  }

  /** A GUID as UEFI stores it: its first three parts are little-endian. */
  private static byte[] guid(UUID id) {
    long high = id.getMostSignificantBits();
    return ByteBuffer.allocate(16)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt((int) (high >>> 32))
        .putShort((short) (high >>> 16))
        .putShort((short) high)
        .order(ByteOrder.BIG_ENDIAN)
        .putLong(id.getLeastSignificantBits())
        .array();
  }

  private static RuntimeException unknown(String cause) {
    return Problem.of(Code.CAPABILITY_MISSING, "The firmware's variables cannot take keys")
        .at("spec.firmware.keys")
        .because(cause)
        .remedy("install the distribution's own package of OVMF, or use keys: microsoft")
        .asException();
  }
}
