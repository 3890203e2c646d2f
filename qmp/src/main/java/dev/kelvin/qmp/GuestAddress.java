package dev.kelvin.qmp;

import java.net.InetAddress;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The addresses that an agent tells ({@code GuestIpAddress}, {@code GuestNetworkInterface} of
 * qga/qapi-schema.json). People and scripts use them in commands, so that only what is an address
 * gets through. Whether the guest really has it is not known.
 */
final class GuestAddress {
  /** The longest address there is in text: IPv6 that ends as IPv4. */
  private static final int LONGEST = 45;

  /** Neither names, nor IPv6 with a zone, nor IPv4 of less than four numbers or with octal ones. */
  private static final Pattern NUMBERS =
      Pattern.compile("(0|[1-9]\\d*)(\\.(0|[1-9]\\d*)){3}|(?=.*:)[0-9a-fA-F.:]{2," + LONGEST + "}");

  private static final Pattern MAC = Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}");

  /** What agents of Windows say of a prefix that they cannot find out. */
  private static final int UNKNOWN = -1;

  private GuestAddress() {}

  /** An address with the length of its prefix, as 10.0.2.15/24; null for anything else. */
  static @Nullable String withPrefix(JsonNode told) {
    String text = told.path("ip-address").asString("");
    if (!NUMBERS.matcher(text).matches()) {
      return null;
    }
    try {
      InetAddress.ofLiteral(text);
    } catch (IllegalArgumentException _) {
      return null;
    }
    int longest = text.indexOf(':') < 0 ? 32 : 128;
    int prefix = told.path("prefix").asInt(longest + 1);
    if (prefix == UNKNOWN) {
      prefix = longest;
    }
    return prefix < 0 || prefix > longest ? null : text + "/" + prefix;
  }

  /** An Ethernet address; null for anything else. */
  static @Nullable String mac(JsonNode told) {
    String text = told.asString("");
    return MAC.matcher(text).matches() ? text : null;
  }
}
