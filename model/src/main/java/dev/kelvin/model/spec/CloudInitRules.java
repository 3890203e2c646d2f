package dev.kelvin.model.spec;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Rules of what cloud-init is given. */
final class CloudInitRules {
  private static final Pattern HOSTNAME =
      Pattern.compile(
          "(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
              + "(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*");

  /** As in useradd(8). */
  private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_-]{0,31}");

  private static final Pattern PACKAGE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.+:=~_-]{0,127}");
  private static final int MAX_LINE = 16_384;
  private static final int MAX_DOCUMENT = 512 << 10;

  private CloudInitRules() {}

  static void check(CloudInit config, Violations violations) {
    String field = "spec.cloudInit";
    document(config.userData(), field + ".userData", violations);
    document(config.networkConfig(), field + ".networkConfig", violations);
    if (config.userData() != null) {
      boolean others =
          config.user() != null
              || config.password() != null
              || !config.sshKeys().isEmpty()
              || !config.packages().isEmpty();
      violations.require(
          !others,
          field + ".userData",
          "it replaces user, sshKeys, password and packages, some of which are given too",
          "write them into userData, or leave userData out");
    }
    violations.require(
        config.hostname() == null || HOSTNAME.matcher(config.hostname()).matches(),
        field + ".hostname",
        "it is not a host name",
        "use letters, digits, - and dots");
    violations.require(
        config.user() == null || USER.matcher(config.user()).matches(),
        field + ".user",
        "it is not a user's name",
        "use up to 32 of a-z, 0-9, _ and -, beginning with a letter or _");
    if (config.password() != null) {
      violations.line(config.password(), field + ".password", 512);
    }
    for (int i = 0; i < config.sshKeys().size(); i++) {
      String key = config.sshKeys().get(i);
      String at = field + ".sshKeys[" + i + "]";
      if (violations.line(key, at, MAX_LINE)) {
        String fault = SshKey.fault(key.strip());
        if (fault != null) {
          violations.add(
              at, fault, "write the line of a .pub file, such as ssh-ed25519 AAAA… you@host");
        }
      }
    }
    for (int i = 0; i < config.packages().size(); i++) {
      violations.require(
          PACKAGE.matcher(config.packages().get(i)).matches(),
          field + ".packages[" + i + "]",
          "\"" + config.packages().get(i) + "\" is not a package's name",
          "write one package per entry");
    }
  }

  private static void document(@Nullable String text, String field, Violations violations) {
    if (text == null) {
      return;
    }
    violations.require(!text.isBlank(), field, "it is empty", "write a document or leave it out");
    violations.require(
        text.length() <= MAX_DOCUMENT,
        field,
        "it has " + text.length() + " characters",
        "write at most " + MAX_DOCUMENT);
  }
}
