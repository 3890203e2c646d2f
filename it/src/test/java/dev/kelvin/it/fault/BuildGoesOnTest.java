package dev.kelvin.it.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.ListQuery;
import dev.kelvin.host.program.Programs;
import dev.kelvin.it.fault.KillSwitch.Side;
import dev.kelvin.it.product.Await;
import dev.kelvin.it.product.DebianImageChecks;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.it.product.TestDaemon.Program;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One build of an image, whose daemon is killed after each thing that it stores: it goes on with
 * what it has, and what took a minute is not done again. What has come of it boots.
 */
@Tag("slow")
class BuildGoesOnTest {
  private static final String IMAGE = "half-image";
  private static final int MOST_KILLS = 40;

  /** The task; the image, reserved; that it is; the file; that it is built; the image; the end. */
  private static final int LEAST_STATES = 6;

  @TempDir Path directory;

  @Test
  void isDoneHoweverOftenItsDaemonDies() throws Exception {
    Assumptions.assumeTrue(Programs.find("mmdebstrap").isPresent(), "mmdebstrap is missing");
    try (TestDaemon daemon = TestDaemon.start(Program.of(FaultyMain.class))) {
      Set<String> states = new HashSet<>();
      KillSwitch.arm(daemon.home(), 1, Side.AFTER);
      // Its answer never comes: the daemon stands still when it has stored the task.
      Thread client = Thread.ofVirtual().start(() -> submit(daemon));
      Set<FileTime> made = new HashSet<>();
      int write = 1;
      int kills = 0;
      while (killed(daemon, kills)) {
        kills++;
        assertThat(kills).as("kills; the states were %s", states).isLessThan(MOST_KILLS);
        // What a daemon does again comes to the same: the next one gets one write further.
        write = states.add(stored(daemon)) ? 1 : write + 1;
        made.addAll(remembered(daemon));
        KillSwitch.arm(daemon.home(), write, Side.AFTER);
        daemon.restart();
      }
      client.join();
      assertThat(states).hasSizeGreaterThanOrEqualTo(LEAST_STATES);
      assertThat(made).as("when the file was made that a task remembers").hasSize(1);
      assertThat(tasks(daemon)).extracting(Task::state).containsExactly(TaskState.SUCCEEDED);
      assertThat(daemon.client().images().get(IMAGE).status().phase()).isEqualTo(ImagePhase.READY);
      assertThat(Agreement.faults(daemon)).isEmpty();
      KillSwitch.disarm(daemon.home());
      String digest = daemon.client().images().get(IMAGE).status().digest();
      DebianImageChecks.isWhatOthersHaveBuilt(Objects.requireNonNull(digest));
      Path image = Path.of(daemon.leftovers().getFirst());
      DebianImageChecks.hasNoTraceOfTheHost(image, daemon.home(), directory);
      DebianImageChecks.bootsUnderUefi(image, directory);
      daemon.clear();
    }
  }

  private static void submit(TestDaemon daemon) {
    var recipe = new BuildRecipe("debian", "bookworm", ByteSize.ofGiB(3), List.of(), null);
    try {
      daemon.client().images().build(IMAGE, recipe, Map.of());
    } catch (ProblemException e) {
      assertThat(e.problem().code()).isEqualTo(Code.UNAVAILABLE);
    }
  }

  private static List<Task> tasks(TestDaemon daemon) {
    return daemon.client().allTasks(ListQuery.all()).stream()
        .filter(task -> task.type().equals("image.build"))
        .toList();
  }

  /** Kills the daemon where it stands still; false when the task has ended before that. */
  private static boolean killed(TestDaemon daemon, int kills) throws InterruptedException {
    Await.until(
        "the daemon gets to kill " + (kills + 1) + ", or the task ends",
        Duration.ofMinutes(6),
        () -> KillSwitch.isReached(daemon.home()) || isOver(daemon));
    if (!KillSwitch.isReached(daemon.home())) {
      return false;
    }
    daemon.kill();
    return true;
  }

  private static boolean isOver(TestDaemon daemon) {
    List<Task> tasks = tasks(daemon);
    return !tasks.isEmpty() && tasks.stream().allMatch(task -> task.state().ended());
  }

  /** When the file was made of which the task knows that it is built; nothing before that. */
  private static List<FileTime> remembered(TestDaemon daemon) throws IOException {
    Path work = daemon.layout().images().resolve("work");
    try (var files = Files.walk(work)) {
      var times = new ArrayList<FileTime>();
      for (Path file : files.filter(one -> one.endsWith("image.qcow2")).toList()) {
        if (stored(daemon).contains(file.toString())) {
          times.add(Files.getLastModifiedTime(file));
        }
      }
      return times;
    }
  }

  /** All that a daemon has stored, which does not run. */
  private static String stored(TestDaemon daemon) throws IOException {
    try (Store store = SqliteStore.open(daemon.layout().store())) {
      var all = new StringBuilder();
      for (Entry entry : store.range("", null, 500).entries()) {
        all.append(entry.key()).append(' ');
        all.append(new String(entry.value(), StandardCharsets.UTF_8)).append('\n');
      }
      return all.toString();
    }
  }
}
