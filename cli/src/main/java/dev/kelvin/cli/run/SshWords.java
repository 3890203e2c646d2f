package dev.kelvin.cli.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The words of a call of ssh(1) that depends on nothing but Kelvin: neither on the user's and the
 * host's configuration nor on an agent, whose keys may be more than a guest lets somebody try. What
 * the user writes wins: of most options ssh takes the first that it reads, so the user's come
 * first.
 */
final class SshWords {
  /** Options of ssh with an argument (OpenSSH 6.6 to 10). */
  private static final String WITH_ARGUMENT = "BbcDEeFIiJLlmOoPpQRSWw";

  private static final String WITHOUT_ARGUMENT = "1246AaCfGgKkMNnqsTtVvXxYy";

  private final List<String> options = new ArrayList<>();
  private final List<String> command;
  private boolean configuration;
  private boolean agent;

  /**
   * Reads what the user has written.
   *
   * @param further options of ssh, then the command to run
   */
  SshWords(List<String> further) {
    int i = 0;
    while (i < further.size() && further.get(i).startsWith("-") && further.get(i).length() > 1) {
      String word = further.get(i);
      if (word.equals("--")) {
        i++;
        break;
      }
      i += take(word, i + 1 < further.size() ? further.get(i + 1) : "");
    }
    command = further.subList(Math.min(i, further.size()), further.size());
  }

  /** Reads one word of options, and its argument when that is the next word. */
  private int take(String word, String next) {
    for (int at = 1; at < word.length(); at++) {
      char option = word.charAt(at);
      if (WITH_ARGUMENT.indexOf(option) >= 0) {
        boolean here = at + 1 < word.length();
        note(option, here ? word.substring(at + 1) : next);
        options.add(word);
        if (!here) {
          options.add(next);
        }
        return here ? 1 : 2;
      }
      agent |= option == 'A';
      if (WITHOUT_ARGUMENT.indexOf(option) < 0) {
        break; // ssh says that there is none
      }
    }
    options.add(word);
    return 1;
  }

  private void note(char option, String argument) {
    String lower = argument.strip().toLowerCase(Locale.ROOT);
    configuration |= option == 'F';
    agent |=
        option == 'o' && (lower.startsWith("forwardagent") || lower.startsWith("identityagent"));
  }

  /**
   * Where to log in.
   *
   * @param login the user, if one is known, and the address
   * @param name under which the guest's key is known
   * @param knownHosts the file with that key alone
   */
  record Target(String login, int port, String name, Path knownHosts) {}

  /** All words of the call. */
  List<String> command(Target target, List<Path> identities) {
    var words = new ArrayList<>(List.of("ssh"));
    words.addAll(options);
    if (!configuration) {
      words.addAll(List.of("-F", "none"));
    }
    words.addAll(List.of("-p", String.valueOf(target.port())));
    identities.forEach(key -> words.addAll(List.of("-i", key.toString())));
    words.addAll(List.of("-o", "IdentitiesOnly=yes"));
    if (!agent) {
      words.addAll(List.of("-o", "IdentityAgent=none"));
    }
    words.addAll(List.of("-o", "StrictHostKeyChecking=accept-new"));
    words.addAll(List.of("-o", "UserKnownHostsFile=" + quoted(target.knownHosts())));
    words.addAll(List.of("-o", "HostKeyAlias=" + target.name(), "-o", "LogLevel=ERROR"));
    words.add("--");
    words.add(target.login());
    words.addAll(command);
    return words;
  }

  /** In an option of this kind a space would begin another file, and a percent sign a token. */
  private static String quoted(Path file) {
    String text = file.toString().replace("%", "%%");
    return text.indexOf(' ') < 0 ? text : '"' + text + '"';
  }
}
