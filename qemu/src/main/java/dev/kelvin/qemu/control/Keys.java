package dev.kelvin.qemu.control;

import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Names of keys: those of QAPI's QKeyCode, and some that people write instead. */
final class Keys {
  /** More would overrun QEMU's own queue of input. */
  private static final int MAX_CHORDS = 64;

  private static final int MAX_TOGETHER = 6;

  static final Set<String> CODES =
      Set.of(
          """
          shift shift_r alt alt_r ctrl ctrl_r menu esc 1 2 3 4 5 6 7 8 9 0 minus equal backspace \
          tab q w e r t y u i o p bracket_left bracket_right ret a s d f g h j k l semicolon \
          apostrophe grave_accent backslash z x c v b n m comma dot slash asterisk spc caps_lock \
          f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 num_lock scroll_lock kp_divide kp_multiply \
          kp_subtract kp_add kp_enter kp_decimal kp_comma kp_equals kp_0 kp_1 kp_2 kp_3 kp_4 kp_5 \
          kp_6 kp_7 kp_8 kp_9 sysrq less print home pgup pgdn end left up down right insert delete \
          meta_l meta_r compose pause power sleep wake help volumeup volumedown audiomute\
          """
              .split(" "));

  private static final Map<String, String> ALIASES =
      Map.ofEntries(
          Map.entry("enter", "ret"),
          Map.entry("return", "ret"),
          Map.entry("escape", "esc"),
          Map.entry("space", "spc"),
          Map.entry("del", "delete"),
          Map.entry("ins", "insert"),
          Map.entry("control", "ctrl"),
          Map.entry("meta", "meta_l"),
          Map.entry("win", "meta_l"),
          Map.entry("super", "meta_l"),
          Map.entry("pageup", "pgup"),
          Map.entry("pagedown", "pgdn"),
          Map.entry("period", "dot"));

  private Keys() {}

  /**
   * Reads chords.
   *
   * @return for each chord the keys to press together, as QEMU names them
   * @throws dev.kelvin.model.ProblemException invalid-argument for a key that there is none of
   */
  static List<List<String>> parse(List<String> chords) {
    if (chords.isEmpty() || chords.size() > MAX_CHORDS) {
      throw Problem.of(Code.INVALID_ARGUMENT, "No or too many keys")
          .at("keys")
          .because("there are " + chords.size())
          .remedy("send 1 to " + MAX_CHORDS + " at a time")
          .asException();
    }
    return chords.stream().map(Keys::chord).toList();
  }

  private static List<String> chord(String chord) {
    List<String> keys = List.of(chord.toLowerCase(Locale.ROOT).split("-", -1));
    if (keys.size() > MAX_TOGETHER) {
      throw Problem.of(Code.INVALID_ARGUMENT, "Too many keys at once")
          .at("keys")
          .because(chord + " has " + keys.size() + " keys")
          .remedy("press at most " + MAX_TOGETHER + " together")
          .asException();
    }
    return keys.stream().map(Keys::key).toList();
  }

  private static String key(String name) {
    String code = ALIASES.getOrDefault(name, name);
    if (!CODES.contains(code)) {
      var known = new TreeSet<>(CODES);
      known.addAll(ALIASES.keySet());
      throw Problem.of(Code.INVALID_ARGUMENT, "There is no key \"" + name + "\"")
          .at("keys")
          .because("neither QEMU nor Kelvin has a key of that name")
          .remedy(
              Names.nearest(name, List.copyOf(known))
                  .map(near -> "did you mean \"" + near + "\"?")
                  .orElse("keys are: " + known.stream().collect(Collectors.joining(", "))))
          .asException();
    }
    return code;
  }
}
