package dev.kelvin.cli.command;

import java.util.List;
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
 * scripts and completion call in loops would take a third longer for it.
 */
final class Declared {
  private final CommandSpec spec;

  Declared(Command command) {
    spec = CommandSpec.wrapWithoutInspection(command);
    spec.usageMessage().sortOptions(false);
    spec.addOption(
        OptionSpec.builder("-h", "--help")
            .usageHelp(true)
            .type(boolean.class)
            .arity("0")
            .description(Command.HELP)
            .build());
  }

  /** An option with a value. */
  <V> Declared option(
      Class<V> type, Slot<V> slot, String label, String description, String... names) {
    return add(OptionSpec.builder(names).type(type).paramLabel(label), slot, description);
  }

  /** An option that can be given several times. */
  Declared list(Slot<List<String>> slot, String label, String description, String... names) {
    return add(
        OptionSpec.builder(names).type(List.class).auxiliaryTypes(String.class).paramLabel(label),
        slot,
        description);
  }

  /** An option without a value. */
  Declared flag(Slot<Boolean> slot, String description, String... names) {
    return add(OptionSpec.builder(names).type(boolean.class).arity("0"), slot, description);
  }

  private Declared add(OptionSpec.Builder option, Slot<?> slot, String description) {
    spec.addOption(
        option.description(description).getter(slot).setter(slot).initialValue(slot.get()).build());
    return this;
  }

  /** The only argument, which must be given. */
  Declared argument(Slot<String> slot, String label, String description) {
    spec.addPositional(
        PositionalParamSpec.builder()
            .type(String.class)
            .index("0")
            .arity("1")
            .paramLabel(label)
            .description(description)
            .getter(slot)
            .setter(slot)
            .required(true)
            .build());
    return this;
  }

  CommandSpec spec(String... footer) {
    spec.usageMessage().footer(footer);
    return spec;
  }

  /**
   * Leads picocli to a field.
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
