package dev.kelvin.model.spec;

import java.util.regex.Pattern;

/** Rules of the answers for Windows' installer. */
final class WindowsSetupRules {
  /** A NetBIOS name: Windows refuses others, and those of digits alone. */
  private static final Pattern COMPUTER =
      Pattern.compile("(?=.*[A-Za-z-])[A-Za-z0-9]([A-Za-z0-9-]{0,13}[A-Za-z0-9])?");

  private static final Pattern KEY = Pattern.compile("[A-Z0-9]{5}(-[A-Z0-9]{5}){4}");
  private static final Pattern LOCALE = Pattern.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8}){1,2}");
  private static final int MAX_PASSWORD = 127;
  private static final String FIELD = "spec.windowsSetup";

  private WindowsSetupRules() {}

  static void check(VmSpec spec, WindowsSetup setup, Violations violations) {
    violations.require(
        !spec.isOn(Board.MICROVM) && !spec.isOn(Board.VIRT),
        FIELD,
        "the answers are for Windows on a PC, which a machine of type "
            + spec.machine()
            + " is not",
        "use the machine q35, or leave it out");
    violations.require(
        setup.computerName() == null || COMPUTER.matcher(setup.computerName()).matches(),
        FIELD + ".computerName",
        "it is not a name for Windows",
        "use 1 to 15 letters, digits and -, not digits alone");
    violations.require(
        setup.productKey() == null || KEY.matcher(setup.productKey()).matches(),
        FIELD + ".productKey",
        "it is not a product key",
        "write five groups of five letters and digits: AAAAA-BBBBB-CCCCC-DDDDD-EEEEE");
    violations.require(
        LOCALE.matcher(setup.locale()).matches(),
        FIELD + ".locale",
        "it is not a locale",
        "write language and region, such as en-US or de-DE");
    timeZone(setup.timeZone(), violations);
    if (setup.edition() != null) {
      violations.line(setup.edition(), FIELD + ".edition", 128);
    }
    if (setup.administratorPassword() != null) {
      violations.line(
          setup.administratorPassword(), FIELD + ".administratorPassword", MAX_PASSWORD);
    }
    if (setup.drivers() != null) {
      violations.name(setup.drivers(), FIELD + ".drivers", 63);
    }
  }

  private static void timeZone(String zone, Violations violations) {
    String field = FIELD + ".timeZone";
    if (!violations.line(zone, field, 64) || WindowsTimeZones.knows(zone)) {
      return;
    }
    var known = WindowsTimeZones.ofIana(zone);
    if (known.isPresent()) {
      violations.add(
          field,
          "\"" + zone + "\" is a name of the IANA database, which Windows does not know",
          "write Windows' name of it: " + known.get());
      return;
    }
    violations.add(
        field,
        "Windows has no time zone \"" + zone + "\"",
        WindowsTimeZones.nearest(zone)
            .map(near -> "did you mean " + near + "?")
            .orElse("write a name that \"tzutil /l\" of Windows lists, such as UTC"));
  }
}
