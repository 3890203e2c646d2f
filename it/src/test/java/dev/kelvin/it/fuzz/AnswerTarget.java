package dev.kelvin.it.fuzz;

import dev.kelvin.codec.Answers;
import dev.kelvin.codec.UnreadableAnswer;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import java.util.List;
import java.util.function.Consumer;

/** What a daemon, or whatever is in its place, answers: it is read, or refused with a reason. */
public final class AnswerTarget {
  private static final List<Consumer<byte[]>> READERS =
      List.of(
          json -> Answers.read(json, Vm.class),
          json -> Answers.read(json, Task.class),
          json -> Answers.list(json, Vm.class));

  private AnswerTarget() {}

  public static void fuzzerTestOneInput(byte[] input) {
    for (Consumer<byte[]> reader : READERS) {
      try {
        reader.accept(input);
      } catch (UnreadableAnswer e) {
        if (e.getMessage() == null || e.getMessage().isBlank()) {
          throw new AssertionError("a refusal that says nothing", e);
        }
      }
    }
  }
}
