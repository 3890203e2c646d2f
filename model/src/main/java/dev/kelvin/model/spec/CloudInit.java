package dev.kelvin.model.spec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What cloud-init does at the guest's first boot (data source NoCloud).
 *
 * @param hostname null for the name of the VM
 * @param user the account to make, with sudo; null for the image's default
 * @param sshKeys public keys that may log in as that user
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
    sshKeys = sshKeys == null ? List.of() : List.copyOf(sshKeys);
    packages = packages == null ? List.of() : List.copyOf(packages);
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
