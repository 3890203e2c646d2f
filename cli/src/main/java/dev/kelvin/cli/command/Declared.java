package dev.kelvin.cli.command;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.IGetter;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * The options of a command, told by calls instead of annotations. To read an annotation the JVM
 * spins a class, and to set an annotated field a few more; no AOT cache holds them. A command that
 * scripts and completion call in loops would take a third longer for it, and for a parser that can
 * explain all mistakes a third again: so words without any riddle are {@linkplain #take taken}
 * without it.
 */
public final class Declared {
  private final Command command;
  private final List<Known> options = new ArrayList<>();
  private @Nullable Known argument;
  private String[] footer = {};

  Declared(Command command) {
    this.command = command;
  }

  /** What stands in an option's place of a value. */
  private enum Takes {
    NOTHING,
    VALUE,
    VALUES
  }

  /** An option or an argument. No record: to compare those the JVM spins classes, too. */
  private static final class Known {
    private final List<String> names;
    private final Class<?> type;
    private final Takes takes;
    private final Slot<?> slot;
    private final String label;
    private final String description;

    Known(
        List<String> names,
        Class<?> type,
        Takes takes,
        Slot<?> slot,
        String label,
        String description) {
      this.names = names;
      this.type = type;
      this.takes = takes;
      this.slot = slot;
      this.label = label;
      this.description = description;
    }

    /** What a word stands for; null when that takes somebody who can explain it. */
    @Nullable Object value(String word) {
      if (type != String.class) {
        for (Object constant : type.getEnumConstants()) {
          if (((Enum<?>) constant).name().equalsIgnoreCase(word)) {
            return constant;
          }
        }
        return null;
      }
      return word;
    }
  }

  /** An option with a value, which is a text or of an enum. */
  <V> Declared option(
      Class<V> type, Slot<V> slot, String label, String description, String... names) {
    options.add(new Known(List.of(names), type, Takes.VALUE, slot, label, description));
    return this;
  }

  /** An option that can be given several times. */
  Declared list(Slot<List<String>> slot, String label, String description, String... names) {
    options.add(new Known(List.of(names), String.class, Takes.VALUES, slot, label, description));
    return this;
  }

  /** An option without a value. */
  Declared flag(Slot<Boolean> slot, String description, String... names) {
    options.add(new Known(List.of(names), Boolean.class, Takes.NOTHING, slot, "", description));
    return this;
  }

  /** The only argument, which must be given. */
  Declared argument(Slot<String> slot, String label, String description) {
    argument = new Known(List.of(), String.class, Takes.VALUE, slot, label, description);
    return this;
  }

  /** What its help ends with. */
  Declared footer(String... lines) {
    footer = lines;
    return this;
  }

  /**
   * Takes the words that were typed, if each is an option's whole name, the value of one or the
   * argument. Otherwise nothing is changed, and picocli is to read and to judge them.
   */
  public boolean take(List<String> words) {
    Map<Known, Object> given = new HashMap<>();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      Known known = word.startsWith("-") ? named(word) : argument;
      if (known == null) {
        return false;
      }
      boolean separate = known != argument && known.takes != Takes.NOTHING;
      i += separate ? 1 : 0;
      String value = i < words.size() ? words.get(i) : "";
      if (!put(given, known, value)) {
        return false;
      }
    }
    if (argument != null && !given.containsKey(argument)) {
      return false;
    }
    given.forEach((known, value) -> known.slot.set(value));
    return true;
  }

  private @Nullable Known named(String word) {
    for (Known option : options) {
      if (option.names.contains(word)) {
        return option;
      }
    }
    return null;
  }

  /** Notes a value, or that an option is given; false when that needs to be judged. */
  private static boolean put(Map<Known, Object> given, Known known, String word) {
    if (known.takes == Takes.NOTHING) {
      return given.put(known, true) == null;
    }
    // What begins so may be an option, or name a file with more words.
    if (word.isEmpty() || word.startsWith("-") || word.startsWith("@")) {
      return false;
    }
    if (known.takes == Takes.VALUES) {
      var all = new ArrayList<Object>((List<?>) given.getOrDefault(known, List.of()));
      all.add(word);
      given.put(known, all);
      return true;
    }
    Object value = known.value(word);
    return value != null && given.put(known, value) == null;
  }

  /** The same for picocli. */
  CommandSpec spec() {
    CommandSpec spec = CommandSpec.wrapWithoutInspection(command);
    spec.usageMessage().sortOptions(false);
    spec.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .type(boolean.class)
            .arity("0")
            .description(Command.HELP)
            .build());
    for (Known option : options) {
      spec.addOption(specOf(option));
    }
    Known only = argument;
    if (only != null) {
      spec.addPositional(
          PositionalParamSpec.builder()
              .type(String.class)
              .index("0")
              .arity("1")
              .paramLabel(only.label)
              .description(only.description)
              .getter(only.slot)
              .setter(only.slot)
              .required(true)
              .build());
    }
    spec.usageMessage().footer(footer);
    return spec;
  }

  private static OptionSpec specOf(Known option) {
    OptionSpec.Builder builder = OptionSpec.builder(option.names.toArray(String[]::new));
    switch (option.takes) {
      case NOTHING -> builder.type(boolean.class).arity("0");
      case VALUE -> builder.type(option.type).paramLabel(option.label);
      case VALUES -> builder.type(List.class).auxiliaryTypes(String.class).paramLabel(option.label);
    }
    return builder
        .description(option.description)
        .getter(option.slot)
        .setter(option.slot)
        .initialValue(option.slot.get())
        .build();
  }

  /**
   * Leads to a field.
   *
   * @param read what the field has
   * @param write gives it a value
   */
  record Slot<V>(Supplier<@Nullable V> read, Consumer<V> write) implements IGetter, ISetter {
    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as picocli has it
    public <T> T get() {
      return (T) read.get();
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T set(T value) {
      T before = get();
      write.accept((V) value);
      return before;
    }
  }
}
