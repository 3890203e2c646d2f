package dev.kelvin.it.fuzz;

import dev.kelvin.codec.Answers;
import dev.kelvin.codec.UnreadableAnswer;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import java.util.List;
import java.util.function.Function;

/** What a daemon, or whatever is in its place, answers: it is read, or refused with a reason. */
public final class AnswerTarget {
  private static final List<Function<byte[], Object>> READERS =
      List.of(
          json -> Answers.read(json, Vm.class),
          json -> Answers.read(json, Task.class),
          json -> Answers.list(json, Vm.class));

  private AnswerTarget() {}

  public static void fuzzerTestOneInput(byte[] input) {
    for (Function<byte[], Object> reader : READERS) {
      try {
        reader.apply(input);
      } catch (UnreadableAnswer e) {
        if (e.getMessage() == null || e.getMessage().isBlank()) {
          throw new AssertionError("a refusal that says nothing", e);
        }
      }
    }
  }
}
