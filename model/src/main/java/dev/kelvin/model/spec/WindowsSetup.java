package dev.kelvin.model.spec;

import org.jspecify.annotations.Nullable;

/**
 * The answers with which Windows' installer goes through without a person: Kelvin makes of them a
 * CD with {@code autounattend.xml}.
 *
 * @param computerName null for one that Windows makes up
 * @param administratorPassword in the clear; written only, never shown again
 * @param productKey five groups of five; null for an edition that is activated later
 * @param edition the image to install, as the installation CD names it, such as {@code Windows
 *     Server 2022 SERVERSTANDARD}; null when the product key tells or the CD has one only
 * @param locale language and region, such as {@code de-DE}
 * @param timeZone as {@code tzutil /l} lists it
 * @param drivers the image (format iso) of virtio-win, whose drivers the installer then loads; null
 *     for none
 */
public record WindowsSetup(
    @Nullable String computerName,
    @Nullable String administratorPassword,
    @Nullable String productKey,
    @Nullable String edition,
    String locale,
    String timeZone,
    @Nullable String drivers) {
  /** The name of the CD drive with the answers. */
  public static final String ANSWERS = "windows-setup";

  /** The name of the CD drive with the drivers. */
  public static final String DRIVERS = "windows-drivers";

  public WindowsSetup {
    locale = locale == null ? "en-US" : locale;
    timeZone = timeZone == null ? "UTC" : timeZone;
  }

  public WindowsSetup withAdministratorPassword(@Nullable String password) {
    return new WindowsSetup(computerName, password, productKey, edition, locale, timeZone, drivers);
  }

  /** A record's own text would show the password in logs. */
  @Override
  public String toString() {
    return "WindowsSetup[computerName=" + computerName + ", locale=" + locale + "]";
  }
}
