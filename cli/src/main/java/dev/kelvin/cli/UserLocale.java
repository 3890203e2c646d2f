package dev.kelvin.cli;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The locale of the user and that of this program. A JVM reads arguments, variables and names of
 * files by its locale, and without one of UTF-8 damages all that is not ASCII. So the launcher
 * gives it {@code LC_ALL=C.UTF-8}; what this program starts shall have the user's own again.
 */
public final class UserLocale {
  /** Has the user's LC_ALL while the launcher's is in its place; empty when there was none. */
  private static final String KEPT = "KELVIN_LC_ALL";

  private static final String LC_ALL = "LC_ALL";

  /** What the JVM puts in the place of bytes that it cannot decode. */
  private static final char NOT_DECODED = '\uFFFD';

  private UserLocale() {}

  /** The environment as the user has it. */
  static Map<String, String> restored(Map<String, String> environment) {
    String kept = environment.get(KEPT);
    if (kept == null) {
      return environment;
    }
    var restored = new HashMap<>(environment);
    restored.remove(KEPT);
    if (kept.isEmpty()) {
      restored.remove(LC_ALL);
    } else {
      restored.put(LC_ALL, kept);
    }
    return Map.copyOf(restored);
  }

  /** Has a program that is a JVM of Kelvin's read everything as UTF-8. */
  public static void setUtf8(Map<String, String> environment) {
    environment.put(LC_ALL, "C.UTF-8");
  }

  /**
   * Refuses arguments that are not what was typed.
   *
   * @param encoding by which the JVM has decoded them
   * @param commandLine the kernel's own copy (proc_pid_cmdline(5)), only read when one looks
   *     damaged
   * @throws dev.kelvin.model.ProblemException invalid-argument, with the argument
   */
  static void check(List<String> arguments, String encoding, Path commandLine) throws IOException {
    for (String argument : arguments) {
      // The character itself may have been typed, too.
      if (argument.indexOf(NOT_DECODED) >= 0
          && !(encoding.equals("UTF-8") && isUtf8(Files.readAllBytes(commandLine)))) {
        throw Problem.of(Code.INVALID_ARGUMENT, "An argument cannot be read")
            .on(argument)
            .because(
                encoding.equals("UTF-8")
                    ? "it is not UTF-8"
                    : "it is not ASCII, and this program has no locale of UTF-8")
            .remedy(
                encoding.equals("UTF-8")
                    ? "write it in UTF-8; rename the file if it is one's name"
                    : "set LC_ALL=C.UTF-8, or use the launcher \"kelvin\", which does")
            .asException();
      }
    }
  }

  private static boolean isUtf8(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
