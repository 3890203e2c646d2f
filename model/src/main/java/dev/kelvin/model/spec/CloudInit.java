package dev.kelvin.model.spec;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What cloud-init does at the guest's first boot (data source NoCloud).
 *
 * @param hostname null for the name of the VM
 * @param user the account to make, with sudo; null for the image's default
 * @param sshKeys public keys that may log in as that user, each a line of authorized_keys
 * @param password of that user, hashed as by {@code openssl passwd -6} or in the clear; written
 *     only, never shown again
 * @param packages to install
 * @param userData a whole user-data document instead of the fields above
 * @param networkConfig a whole network-config document; null lets every card use DHCP
 */
public record CloudInit(
    @Nullable String hostname,
    @Nullable String user,
    List<String> sshKeys,
    @Nullable String password,
    List<String> packages,
    @Nullable String userData,
    @Nullable String networkConfig) {
  public CloudInit {
    sshKeys = sshKeys == null ? List.of() : lines(sshKeys);
    packages = packages == null ? List.of() : List.copyOf(packages);
    userData = plain(userData);
    networkConfig = plain(networkConfig);
  }

  /**
   * Without what editors of Windows write: a byte order mark, for which cloud-init would not see
   * the first line, and line ends that a script's interpreter would have in its name.
   */
  private static @Nullable String plain(@Nullable String text) {
    if (text == null) {
      return null;
    }
    String marked = text.startsWith("\uFEFF") ? text.substring(1) : text;
    return marked.replace("\r\n", "\n");
  }

  /** Each key alone: of a whole authorized_keys, or of a .pub file with its line end. */
  private static List<String> lines(List<String> keys) {
    return keys.stream()
        .flatMap(key ->
            key.isBlank()
                ? Stream.of(key)
                : key.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#")))
        .toList();
  }

  public CloudInit withPassword(@Nullable String newPassword) {
    return new CloudInit(hostname, user, sshKeys, newPassword, packages, userData, networkConfig);
  }

  /** A record's own text would show the password in logs. */
  @Override
  public String toString() {
    return "CloudInit[hostname=" + hostname + ", user=" + user + "]";
  }
}
