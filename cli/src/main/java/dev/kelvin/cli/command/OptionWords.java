package dev.kelvin.cli.command;

import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.WireName;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what users write for options. */
public final class OptionWords {
  private OptionWords() {}

  /**
   * The constant that users call {@code text}.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when there is none
   */
  public static <E extends Enum<E> & WireName> E read(Class<E> type, String text, String option) {
    List<String> names = Arrays.stream(type.getEnumConstants()).map(WireName::wire).toList();
    return WireName.find(type, text)
        .orElseThrow(() ->
            Problem.of(Code.INVALID_ARGUMENT, "\"" + text + "\" is no value of " + option)
                .at(option)
                .because("it takes " + String.join(", ", names))
                .remedy(
                    Names.nearest(text, names)
                        .map(name -> "did you mean " + name + "?")
                        .orElse("write one of these"))
                .asException());
  }

  /** Labels from {@code key=value} each. */
  public static Map<String, String> labels(List<String> texts) {
    Map<String, String> labels = new LinkedHashMap<>();
    for (String text : texts) {
      int equals = text.indexOf('=');
      if (equals <= 0) {
        throw Problem.of(Code.INVALID_ARGUMENT, "\"" + text + "\" is not a label")
            .at("--label")
            .because("a label has a key and a value")
            .remedy("write it as key=value, such as team=blue")
            .asException();
      }
      String value = text.substring(equals + 1);
      String before = labels.put(text.substring(0, equals), value);
      if (before != null && !before.equals(value)) {
        throw Problem.of(
                Code.INVALID_ARGUMENT,
                "The label " + text.substring(0, equals) + " is given twice, with two values")
            .at("--label")
            .because("they are \"" + before + "\" and \"" + value + "\"")
            .remedy("leave one of them out")
            .asException();
      }
    }
    return labels;
  }
}
