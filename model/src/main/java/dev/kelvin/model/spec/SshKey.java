package dev.kelvin.model.spec;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A line of authorized_keys (sshd(8)): options, the type of the key, the key, a comment. A key that
 * was cut when it was pasted is no key, and nobody gets in by it; so it is taken apart (RFC 4253,
 * 6.6).
 */
public final class SshKey {
  private static final Pattern TYPE = Pattern.compile("(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+");

  /** Of sshd; what is none of them is no option but the name of a host, for example. */
  private static final Set<String> OPTIONS =
      Set.of(
          "agent-forwarding",
          "cert-authority",
          "command",
          "environment",
          "expiry-time",
          "from",
          "no-agent-forwarding",
          "no-port-forwarding",
          "no-pty",
          "no-touch-required",
          "no-user-rc",
          "no-x11-forwarding",
          "permitlisten",
          "permitopen",
          "port-forwarding",
          "principals",
          "pty",
          "restrict",
          "tunnel",
          "user-rc",
          "verify-required",
          "x11-forwarding");

  /** Certificates have numbers among their parts. */
  private static final String CERTIFICATE = "-cert-v01@openssh.com";

  private SshKey() {}

  /**
   * What is wrong with a key, in words that do not have it.
   *
   * @param line one line, without blanks around it
   * @return null when it is a public key
   */
  public static @Nullable String fault(String line) {
    if (line.contains("PRIVATE KEY") || line.startsWith("PuTTY-User-Key-File")) {
      return "it is a private key, which belongs in no guest; its public one is in the file that ends in .pub";
    } else if (line.startsWith("---- BEGIN SSH2 PUBLIC KEY") || line.startsWith("-----BEGIN ")) {
      return "it is a key in another form; OpenSSH's is made of it by ssh-keygen -i -f FILE";
    }
    String rest = withoutOptions(line);
    if (rest == null) {
      return "it is not a public key of OpenSSH";
    }
    String[] words = rest.split("[ \t]+", 3);
    if (words.length < 2) {
      return "it is cut: nothing follows " + words[0];
    }
    return body(words[0], words[1]);
  }

  /** The line from the key's type on; null when it has none. */
  private static @Nullable String withoutOptions(String line) {
    String rest = line;
    if (!TYPE.matcher(firstWord(line)).matches()) {
      int end = endOfOptions(line);
      rest = end < 0 ? "" : line.substring(end).strip();
    }
    return TYPE.matcher(firstWord(rest)).matches() ? rest : null;
  }

  private static String firstWord(String text) {
    int end = 0;
    while (end < text.length() && !isBlank(text.charAt(end))) {
      end++;
    }
    return text.substring(0, end);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  /** Where the options end that a line begins with; -1 when it begins with something else. */
  private static int endOfOptions(String line) {
    int at = 0;
    while (at < line.length()) {
      int start = at;
      while (at < line.length()
          && (Character.isLetterOrDigit(line.charAt(at)) || line.charAt(at) == '-')) {
        at++;
      }
      if (!OPTIONS.contains(line.substring(start, at).toLowerCase(Locale.ROOT))) {
        return -1;
      }
      at = line.startsWith("=\"", at) ? endOfQuotes(line, at + 2) : at;
      if (at < line.length() && isBlank(line.charAt(at))) {
        return at;
      } else if (at >= line.length() || line.charAt(at) != ',') {
        return -1;
      }
      at++;
    }
    return -1;
  }

  /** What follows the quotes that are open; a backslash takes its meaning from one. */
  private static int endOfQuotes(String line, int start) {
    for (int at = start; at < line.length(); at++) {
      if (line.charAt(at) == '"' && line.charAt(at - 1) != '\\') {
        return at + 1;
      }
    }
    return line.length();
  }

  private static @Nullable String body(String type, String base64) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      return "it is cut or damaged: what follows " + type + " is no whole base64";
    }
    ByteBuffer parts = ByteBuffer.wrap(bytes);
    byte[] first = part(parts);
    if (first == null) {
      return cut(type);
    }
    String inner = new String(first, StandardCharsets.ISO_8859_1);
    if (!inner.equals(type)) {
      return "it is damaged: it says " + type + ", and its content is of another type";
    }
    if (type.endsWith(CERTIFICATE)) {
      return parts.hasRemaining() ? null : cut(type);
    }
    int count = 0;
    while (parts.hasRemaining()) {
      if (part(parts) == null) {
        return cut(type);
      }
      count++;
    }
    return count < least(type) ? cut(type) : null;
  }

  private static String cut(String type) {
    return "it is cut: the key after " + type + " is not whole";
  }

  /** How many parts a key has besides its type. */
  private static int least(String type) {
    return switch (type) {
      case "ssh-rsa",
          "ecdsa-sha2-nistp256",
          "ecdsa-sha2-nistp384",
          "ecdsa-sha2-nistp521",
          "sk-ssh-ed25519@openssh.com" ->
          2;
      case "sk-ecdsa-sha2-nistp256@openssh.com" -> 3;
      case "ssh-dss" -> 4;
      default -> 1;
    };
  }

  /** The next part: four bytes of length, then as many; null when that is more than there is. */
  private static byte @Nullable [] part(ByteBuffer from) {
    if (from.remaining() < Integer.BYTES) {
      return null;
    }
    int length = from.getInt();
    if (length < 0 || length > from.remaining()) {
      return null;
    }
    byte[] part = new byte[length];
    from.get(part);
    return part;
  }
}
