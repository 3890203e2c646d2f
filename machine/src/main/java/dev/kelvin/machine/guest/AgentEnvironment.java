package dev.kelvin.machine.guest;

import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.QmpException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The environment that an agent gives to programs. It replaces all of it by what it is given, so
 * that whoever wants to add a variable must know the others.
 */
final class AgentEnvironment {
  /** Linux takes no more for a program and its arguments together, in the usual configuration. */
  private static final int MAX_BYTES = 256 << 10;

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String WINDOWS = "mswindows";

  private final AgentClient agent;

  AgentEnvironment(AgentClient agent) {
    this.agent = agent;
  }

  /** What a program is started with. */
  record Start(List<String> command, List<String> environment) {}

  /**
   * Adds variables to those of the agent.
   *
   * @param given {@code NAME=value}; of several with one name the last holds
   */
  Start with(List<String> command, List<String> given) throws QmpException, InterruptedException {
    if (given.isEmpty()) {
      return new Start(command, given);
    }
    List<String> own = ofLinux();
    if (own != null) {
      return new Start(command, merged(own, given, false));
    }
    if (isWindows(agent)) {
      return new Start(command, merged(ofWindows(), given, true));
    }
    // env(1) is where other systems have it, too.
    var through = new ArrayList<>(List.of("env"));
    through.addAll(given);
    through.addAll(command);
    return new Start(through, List.of());
  }

  static boolean isWindows(AgentClient agent) throws QmpException, InterruptedException {
    try {
      return WINDOWS.equals(agent.osInfo().id());
    } catch (QmpException.CommandFailed unknown) {
      // Agents before 2.10 do not tell.
      return false;
    }
  }

  /** The agent's own, which it reads as a file; null where there is no such file. */
  private @Nullable List<String> ofLinux() throws QmpException, InterruptedException {
    byte[] all;
    try {
      all = agent.readFile("/proc/self/environ", MAX_BYTES);
    } catch (QmpException.CommandFailed absent) {
      return null;
    }
    var own = new ArrayList<String>();
    int start = 0;
    for (int i = 0; i < all.length; i++) {
      if (all[i] == 0) {
        try {
          own.add(
              StandardCharsets.UTF_8
                  .newDecoder()
                  .decode(ByteBuffer.wrap(all, start, i - start))
                  .toString());
        } catch (CharacterCodingException e) {
          // The agent's protocol has no way to hand on what is not UTF-8.
        }
        start = i + 1;
      }
    }
    return own;
  }

  /** As its shell lists it, in UTF-16 because its usual output depends on the code page. */
  private List<String> ofWindows() throws QmpException, InterruptedException {
    var listed = agent.exec(List.of("cmd.exe", "/u", "/c", "set"), SOON);
    return new String(listed.out(), StandardCharsets.UTF_16LE).lines().toList();
  }

  private static List<String> merged(List<String> own, List<String> given, boolean anyCase) {
    Map<String, String> all = new LinkedHashMap<>();
    for (List<String> some : List.of(own, given)) {
      for (String variable : some) {
        int end = variable.indexOf('=');
        if (end > 0) {
          String name = variable.substring(0, end);
          all.put(anyCase ? name.toUpperCase(Locale.ROOT) : name, variable);
        }
      }
    }
    return List.copyOf(all.values());
  }
}
