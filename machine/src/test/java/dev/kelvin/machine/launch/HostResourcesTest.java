package dev.kelvin.machine.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.Commands;
import dev.kelvin.image.seed.SeedIso;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.HeldResource;
import dev.kelvin.machine.store.HeldResource.Exposure;
import dev.kelvin.machine.store.HeldResource.HostPort;
import dev.kelvin.machine.store.HeldResource.RuntimeDirectory;
import dev.kelvin.machine.store.StartedCompanion;
import dev.kelvin.model.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostResourcesTest {
  private static final String ID = "aa";

  @TempDir private Path directory;
  private final List<Integer> concealed = new ArrayList<>();
  private VmHome home;
  private HostResources resources;
  private Process helper;
  private Path leftover;
  private Path runtime;

  @BeforeEach
  void prepare() throws IOException {
    var layout = new Layout(directory, directory, directory, directory.resolve("run"));
    home = new VmHome(layout, new SeedIso(new Commands()));
    resources = new HostResources(home, concealed::add);
    helper = new ProcessBuilder("sleep", "1000").start();
    leftover = Files.createFile(directory.resolve("helper.lock"));
    runtime = Files.createDirectories(home.files(ID).runtime());
    Files.createFile(runtime.resolve("qmp.sock"));
  }

  @AfterEach
  void end() {
    helper.destroyForcibly().onExit().join();
  }

  private StartedCompanion companion() {
    String process = ProcessId.of(helper.pid()).orElseThrow().encode();
    return new StartedCompanion("tpm", process, leftover.toString());
  }

  @Test
  void allThatIsHeldIsGivenBack() {
    List<HeldResource> held =
        List.of(
            new RuntimeDirectory(runtime.toString()),
            companion(),
            new Exposure(4711),
            new HostPort("tcp", "127.0.0.1", 2222));
    resources.release(ID, held);
    assertThat(helper.onExit()).succeedsWithin(Duration.ofSeconds(10));
    assertThat(leftover).doesNotExist();
    assertThat(runtime).doesNotExist();
    assertThat(concealed).containsExactly(4711);
    resources.release(ID, held); // as after a crash in the middle
    assertThat(concealed).containsExactly(4711, 4711);
  }

  @Test
  void whatIsNotHeldStays() {
    resources.release(ID, List.of());
    resources.release(ID, List.of(new Exposure(1), new HeldResource.OfLaterKelvin()));
    assertThat(helper.isAlive()).isTrue();
    assertThat(leftover).exists();
    assertThat(runtime.resolve("qmp.sock")).exists();
    assertThat(concealed).containsExactly(1);
    resources.release(ID, List.of(companion()));
    assertThat(helper.onExit()).succeedsWithin(Duration.ofSeconds(10));
    assertThat(runtime).exists();
  }

  /** A store that was copied with its home names what another daemon's guest may use. */
  @Test
  void theDirectoryOfAnotherHomeStays() throws IOException {
    Path other = Files.createDirectory(directory.resolve("other"));
    resources.release(ID, List.of(new RuntimeDirectory(other.toString())));
    assertThat(other).exists();
    assertThat(runtime).exists();
    Files.delete(other); // its home was moved here
    resources.release(ID, List.of(new RuntimeDirectory(other.toString())));
    assertThat(runtime).doesNotExist();
  }
}
