package dev.kelvin.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.kelvin.model.Problem.Violation;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.ShareCache;
import dev.kelvin.model.spec.Tpm;
import dev.kelvin.model.spec.TpmVersion;
import dev.kelvin.model.spec.VmSpec;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of Secure Boot, TPMs, shares and Windows' answers; each case breaks one. */
class FirmwareAndShareRulesTest {
  private static final String SECURE = "firmware: {type: uefi, secureBoot: true";

  /** A certificate of its own making, on which nothing depends. */
  private static final String PEM =
      """
      -----BEGIN CERTIFICATE-----
      MIIDDTCCAfWgAwIBAgIUKCP8VmhWDC7mmWBMfZIUK+OES28wDQYJKoZIhvcNAQEL
      BQAwFTETMBEGA1UEAwwKR29sZGVuIGtleTAgFw0yNjExMjIwMjE2NDJaGA8yMTI2
      MTAyOTAyMTY0MlowFTETMBEGA1UEAwwKR29sZGVuIGtleTCCASIwDQYJKoZIhvcN
      AQEBBQADggEPADCCAQoCggEBAMjoIflnSDHoHV708UGTE1wzppdUNq6l6Kxt0Zo2
      gc4PNJe8q4U1o5OpRUMv8QasDa8ISy/XIK0mzillwr+I3MC1PkcXRDfCRJHL+wOY
      /ACNna7nWMP/kgVXS8K5NE1adduHpZn4hyGzcp698lP2SPUG3OdOWpV/5MN4Bm+I
      e20ZliK622CbM7teD1ZLa5bWA3VK4TgsWrvX2AILfifl0hYNuea4q7i4wfTkslvA
      wFScqTJpAp56TuLS1Uhr6plNCwuMABuozGQAyHwvoK7eokR9Kjd/NyPQBhIpQbtp
      /ir62F8ics5wvM/emCkNlqRoDEZi8AtX1EEpolRKykoPSykCAwEAAaNTMFEwHQYD
      VR0OBBYEFLb0YIAYL5jOxu9kqRnRj6DoRZPvMB8GA1UdIwQYMBaAFLb0YIAYL5jO
      xu9kqRnRj6DoRZPvMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEB
      AHO4P1uyUF5BGaSAKarR6PWMy1KscoXdd2/lfJIKXhUdr3bayFJjiDwSwGoIYkoe
      WrHYOGoupkUq308mKCozECZf7rrhyuXPtzLlzZi0FAJiZP9MqyM2VihAuXyFSQ+F
      zulot5ia/n1f9ricV7E8ViP6Tl+5JwVZVhXtAFpkO8qYCQhQDGCzkb6ZB66hE5uL
      JvP3Megqzqwyo13Fr+3dDRlRwWWfLEBVEVgrBdc3Q+cRzsVVe9EtfxTlpoR4g3ly
      heYsdrfXdZT8pU3cOwkJPpslEXd7hhBRxeNpCFVRXzI1MPAZ5GZxOTNPZwpGz+IF
      K2YWJoHYUULHQACirpNNSv8=
      -----END CERTIFICATE-----
      """;

  private static String pem() {
    return "\"" + PEM.strip().replace("\n", "\\n") + "\"";
  }

  private static String shares(int count) {
    return "shares: " + Rules.repeat(count, "{name: s#, path: /srv/#}");
  }

  static Stream<Arguments> rules() {
    return Stream.concat(firmwareRules(), Stream.concat(shareRules(), windowsRules()));
  }

  private static Stream<Arguments> firmwareRules() {
    String own = "certificates: {platformKey: " + pem() + ", exchangeKeys: [" + pem() + "]";
    return Stream.of(
        arguments("spec.firmware.secureBoot", "firmware: {secureBoot: true}", "only UEFI"),
        arguments("spec.firmware.secureBoot", "machine: i440fx, " + SECURE + "}", "system manage"),
        arguments("spec.firmware.secureBoot", "boot: {kernel: /k}, " + SECURE + "}", "passes by"),
        arguments("spec.firmware.keys", "firmware: {type: uefi, " + full(own) + "}", "nobody asks"),
        arguments("spec.firmware.certificates", SECURE + ", keys: custom}", "there are none"),
        arguments("spec.firmware.certificates", SECURE + ", " + full("") + "}", "not be used"),
        arguments(
            "spec.firmware.certificates.allowed",
            SECURE + ", keys: custom, " + own + ", allowed: []}}",
            "0 certificates"),
        arguments(
            "spec.firmware.certificates.allowed[0]",
            SECURE + ", keys: custom, " + own + ", allowed: [x]}}",
            "X.509"),
        arguments(
            "spec.firmware.certificates.platformKey",
            SECURE
                + ", keys: custom, certificates: {exchangeKeys: ["
                + pem()
                + "], allowed: ["
                + pem()
                + "]}}",
            "missing or empty"),
        arguments("spec.tpm", Rules.MICROVM + "tpm: {}", "no place for a TPM"));
  }

  private static Stream<Arguments> shareRules() {
    return Stream.of(
        arguments("spec.shares", Rules.MICROVM + shares(1), "no PCI"),
        arguments("spec.shares", shares(9), "9 shares"),
        arguments("spec.shares", "machine: i440fx, " + shares(5), "5 shares"),
        arguments("spec.shares[0].path", "shares: [{name: a, path: srv}]", "absolute"),
        arguments("spec.shares[0].path", "shares: [{name: a, path: /srv/../etc}]", "absolute"),
        arguments("spec.shares[0].path", "shares: [{name: a}]", "missing"),
        arguments("spec.shares[0].path", "shares: [{name: a, path: \"/a\\nb\"}]", "control"),
        arguments("spec.shares[0].tag", "shares: [{name: a, path: /a, tag: 'a b'}]", "not a tag"),
        arguments(
            "spec.shares[0].tag",
            "shares: [{name: a, path: /a, tag: " + "t".repeat(37) + "}]",
            "not a tag"),
        arguments(
            "spec.shares[1].tag",
            "shares: [{name: a, path: /a}, {name: b, path: /b, tag: a}]",
            "the tag of another"),
        arguments(
            "spec.shares[0].name",
            "disks: [{name: a, size: 1GiB}], shares: [{name: a, path: /a}]",
            "the name of another"),
        arguments("spec.shares[0].name", "shares: [{name: A, path: /a, tag: a}]", "not a name"));
  }

  private static Stream<Arguments> windowsRules() {
    return Stream.of(
        arguments("spec.windowsSetup.computerName", "windowsSetup: {computerName: '12'}", "name"),
        arguments(
            "spec.windowsSetup.computerName",
            "windowsSetup: {computerName: ABCDEFGHIJKLMNOP}",
            "not a name"),
        arguments("spec.windowsSetup.productKey", "windowsSetup: {productKey: a-b}", "product key"),
        arguments("spec.windowsSetup.locale", "windowsSetup: {locale: German}", "not a locale"),
        arguments("spec.windowsSetup.timeZone", "windowsSetup: {timeZone: ''}", "missing"),
        arguments(
            "spec.windowsSetup.timeZone",
            "windowsSetup: {timeZone: Europe/Berlin}",
            "name of the IANA database"),
        arguments(
            "spec.windowsSetup.timeZone",
            "windowsSetup: {timeZone: Middle Earth Standard Time}",
            "no time zone"),
        arguments(
            "spec.windowsSetup.administratorPassword",
            "windowsSetup: {administratorPassword: ''}",
            "missing"),
        arguments("spec.windowsSetup.drivers", "windowsSetup: {drivers: A/b}", "not a name"),
        arguments("spec.windowsSetup", Rules.MICROVM + "windowsSetup: {}", "microvm"),
        arguments(
            "spec.windowsSetup",
            "architecture: aarch64, os: other, windowsSetup: {}",
            "machine of type virt"),
        arguments(
            "spec.cdroms[0].name",
            "windowsSetup: {}, cdroms: [{name: windows-setup}]",
            "the name of another"),
        arguments(
            "spec.cdroms",
            "windowsSetup: {drivers: v}, cdroms: [{name: a, bus: sata}, {name: b, bus: sata},"
                + " {name: c, bus: sata}, {name: d, bus: sata}, {name: e, bus: sata}]",
            "7 SATA"));
  }

  private static String full(String own) {
    return own.isEmpty()
        ? "certificates: {platformKey: "
            + pem()
            + ", exchangeKeys: ["
            + pem()
            + "], allowed: ["
            + pem()
            + "]}"
        : "keys: custom, " + own + ", allowed: [" + pem() + "]}";
  }

  @ParameterizedTest
  @MethodSource("rules")
  void eachIsToldOnce(String field, String spec, String words) {
    List<Violation> found = Rules.check(spec);
    assertThat(found).as(spec).hasSize(1);
    assertThat(found.getFirst().field()).isEqualTo(field);
    assertThat(found.getFirst().cause()).contains(words);
    assertThat(found.getFirst().remedy()).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "firmware: {type: uefi, secureBoot: true, keys: microsoft}",
        "machine: pc-q35-7.2, firmware: {type: uefi, secureBoot: true}",
        "tpm: {}",
        "os: windows, tpm: {version: none}",
        "machine: i440fx, tpm: {version: 2.0}",
        "shares: [{name: a, path: /srv/a, tag: A.b-c_9, readOnly: true, cache: always}]",
        "windowsSetup: {computerName: WEB-1, locale: zh-Hans-CN, timeZone: W. Europe Standard Time}"
      })
  void theseAreGood(String spec) {
    assertThat(Rules.check(spec)).isEmpty();
  }

  @Test
  void ownKeysAreGood() {
    assertThat(Rules.check(SECURE + ", keys: custom, " + full("") + "}")).isEmpty();
  }

  @Test
  void theVersionOfATpmNeedsNoQuotes() {
    for (String version : List.of("2.0", "\"2.0\"")) {
      assertThat(Rules.vm("tpm: {version: " + version + "}").spec().tpm())
          .isEqualTo(new Tpm(TpmVersion.V2_0));
    }
    assertThat(Rules.vm("tpm: {}").spec().tpm()).isEqualTo(new Tpm(TpmVersion.V2_0));
    for (String version : List.of("1.2", "\"1.2\"", "2", "[]")) {
      var refusal =
          catchThrowableOfType(
              ProblemException.class, () -> Rules.vm("tpm: {version: " + version + "}"));
      assertThat(refusal).as(version).isNotNull();
      assertThat(refusal.problem().field()).isEqualTo("spec.tpm.version");
    }
  }

  @Test
  void theTagOfAShareIsItsNameUnlessItHasOne() {
    VmSpec spec = Rules.vm("shares: [{name: a, path: /a}, {name: b, path: /b, tag: c}]").spec();
    assertThat(spec.shares().get(0).guestTag()).isEqualTo("a");
    assertThat(spec.shares().get(0).cache()).isEqualTo(ShareCache.AUTO);
    assertThat(spec.shares().get(1).guestTag()).isEqualTo("c");
  }

  @Test
  void thatOfCloudInitToo() {
    VmSpec spec = Rules.vm("cloudInit: {user: anna, password: hunter2}").spec();
    assertThat(spec.toString()).doesNotContain("hunter2");
    assertThat(new String(Documents.json(spec), StandardCharsets.UTF_8)).contains("hunter2");
    assertThat(new String(Documents.json(spec.withoutSecrets()), StandardCharsets.UTF_8))
        .contains("anna")
        .doesNotContain("hunter2");
  }

  @Test
  void aPasswordIsInNoTextButTheStoredDocument() {
    VmSpec spec = Rules.vm("windowsSetup: {administratorPassword: hunter2}").spec();
    assertThat(spec.toString()).doesNotContain("hunter2");
    assertThat(new String(Documents.json(spec), StandardCharsets.UTF_8)).contains("hunter2");
    assertThat(new String(Documents.json(spec.withoutSecrets()), StandardCharsets.UTF_8))
        .contains("windowsSetup")
        .doesNotContain("hunter2");
  }

  @ParameterizedTest
  @CsvSource({
    "Europe/Berlin, write Windows' name of it: W. Europe Standard Time",
    "america/new_york, write Windows' name of it: Eastern Standard Time",
    "Etc/UTC, write Windows' name of it: UTC",
    "w. europe standard time, did you mean W. Europe Standard Time?",
    "W Europe Standard Time, did you mean W. Europe Standard Time?",
    "CET2, write a name that",
  })
  void tellsWindowsNameOfATimeZone(String zone, String remedy) {
    assertThat(Rules.check("windowsSetup: {timeZone: " + zone + "}"))
        .singleElement()
        .extracting(Violation::remedy)
        .asString()
        .startsWith(remedy);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTC", "Mid-Atlantic Standard Time", "Central Standard Time_dstoff"})
  void takesEachTimeZoneOfWindows(String zone) {
    assertThat(Rules.check("windowsSetup: {timeZone: " + zone + "}")).isEmpty();
  }
}
