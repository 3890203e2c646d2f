package dev.kelvin.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Task.TaskState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskEngineTest {
  @TempDir Path directory;

  record Input(String word) {}

  record Say(String name) implements Step<Input> {
    @Override
    public void run(Input input, StepContext context) {
      context.remember("said", input.word());
      context.result("word/" + context.recall("said").orElseThrow());
    }
  }

  @Test
  void runsATask() throws Exception {
    var type = new TaskType<>("say", Input.class, List.of(new Say("one"), new Say("two")), true);
    try (var store = SqliteStore.open(directory.resolve("store.db"));
        var engine = new TaskEngine(store, List.of(type), InstantSource.system())) {
      String id = engine.submitExclusive("say", new Input("hello"), "vm/web1").id();
      var task = engine.await(id, Duration.ofSeconds(10));
      assertThat(task.state()).isEqualTo(TaskState.SUCCEEDED);
      assertThat(task.result()).isEqualTo("word/hello");
      assertThat(engine.get(id)).isEqualTo(task);
      assertThat(store.range("task", null, 10).entries()).hasSize(1);
    }
  }
}
