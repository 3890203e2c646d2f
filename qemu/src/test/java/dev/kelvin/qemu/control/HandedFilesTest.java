package dev.kelvin.qemu.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.file.Descriptor;
import dev.kelvin.host.file.DescriptorSender;
import dev.kelvin.host.launch.Launch;
import dev.kelvin.host.launch.PlainLauncher;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.qemu.testkit.TestQemu;
import dev.kelvin.qmp.Cost;
import dev.kelvin.qmp.Enclosure;
import dev.kelvin.qmp.QmpClient;
import dev.kelvin.qmp.QmpException;
import dev.kelvin.qmp.QmpListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

/** A real QEMU uses files that it is handed, by its launch and later, and that no path leads to. */
@Timeout(60)
@ParameterizedClass
@EnumSource(TestQemu.class)
class HandedFilesTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @Parameter TestQemu which = TestQemu.HOST;

  @TempDir Path directory;

  @Test
  void opensWhatItIsHanded() throws Exception {
    ProcessId qemu;
    try (Descriptor begun = unlinked(1 << 20)) {
      qemu = launch(begun);
    }
    try (var client = connect();
        Descriptor file = unlinked(2 << 20)) {
      assertThat(size(client, "begun")).isEqualTo(1 << 20);
      give(client, file);
      client.execute(
          "blockdev-add",
          Map.of(
              "driver",
              "file",
              "node-name",
              "given",
              "read-only",
              true,
              "filename",
              "/dev/fdset/8"),
          Cost.NORMAL);
      assertThat(size(client, "given")).isEqualTo(2 << 20);
      client.execute("blockdev-del", Map.of("node-name", "given"), Cost.NORMAL);
      client.execute("remove-fd", Map.of("fdset-id", 8), Cost.NORMAL);

      Descriptor closed = unlinked(512);
      closed.close();
      assertThatThrownBy(() -> give(client, closed))
          .isInstanceOf(QmpException.Busy.class)
          .hasMessageContaining("add-fd could not be sent: the descriptor is closed");
      assertThat(client.execute("query-status", Cost.QUICK).path("status").asString())
          .as("the connection stands")
          .isEqualTo("prelaunch");
    } finally {
      ProcessHandle.of(qemu.pid()).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  private Descriptor unlinked(int bytes) throws IOException {
    Path file = Files.write(directory.resolve("file"), new byte[bytes]);
    Descriptor open = Descriptor.toRead(file);
    Files.delete(file);
    return open;
  }

  private ProcessId launch(Descriptor file) throws IOException {
    List<String> argv =
        List.of(
            "/usr/bin/qemu-system-x86_64",
            "-machine",
            "none",
            "-nodefaults",
            "-display",
            "none",
            "-S",
            "-qmp",
            "unix:" + socket() + ",server=on,wait=off",
            "-add-fd",
            "set=7,fd=" + Launch.FIRST_DESCRIPTOR,
            "-blockdev",
            "driver=file,node-name=begun,read-only=on,filename=/dev/fdset/7");
    return new PlainLauncher(CellSupport::ofHost)
        .launch(
            new Launch(
                "vm/handed",
                which.argv(argv),
                directory,
                directory.resolve("output"),
                Confinement.none(),
                which.environment(),
                List.of(file)));
  }

  private Path socket() {
    return directory.resolve("qmp.sock");
  }

  /** The socket is there a moment before QEMU listens on it. */
  private QmpClient connect() throws Exception {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (true) {
      try {
        return QmpClient.connect(socket(), SOON, QmpListener.none());
      } catch (QmpException.Disconnected e) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError(Files.readString(directory.resolve("output")), e);
        }
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  private static void give(QmpClient client, Descriptor file) throws Exception {
    try (var sender = new DescriptorSender(file)) {
      Enclosure enclosure =
          (channel, bytes) -> {
            try {
              return sender.send(channel, bytes);
            } catch (DescriptorSender.NotSentException e) {
              throw new Enclosure.NotSent(String.valueOf(e.getMessage()), e);
            }
          };
      client.execute("add-fd", Map.of("fdset-id", 8), enclosure, Cost.NORMAL);
    }
  }

  private static long size(QmpClient client, String node) throws Exception {
    for (JsonNode one : client.execute("query-named-block-nodes", Cost.NORMAL)) {
      if (one.path("node-name").asString("").equals(node)) {
        return one.path("image").path("virtual-size").asLong();
      }
    }
    throw new AssertionError("no node " + node);
  }
}
