package dev.kelvin.it.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.ListQuery;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.it.product.Guests;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.UnknownGuest;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The store is lost, another one or older than the guests: none of them is ended. */
@Tag("slow")
class LostStoreTest {
  private static Vm web() {
    return Guests.empty(
        "web", spec -> spec.disks(List.of(Disk.of("data", null, ByteSize.ofMiB(8)))));
  }

  private static long pid(TestDaemon daemon) {
    return daemon.client().vm("web").status().pid();
  }

  @Test
  void whatTheDaemonSaysOfADamagedStoreIsTrue() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(web());
      long pid = pid(daemon);
      String volume = daemon.client().volumes().all(ListQuery.all()).getFirst().id();
      daemon.kill();
      Path store = daemon.layout().store();
      deleteLogs(store); // of which SQLite would mend the file
      Files.writeString(store, "this is not a database");
      assertThat(daemon.another().output())
          .contains(
              "move it away to begin with an empty one; VMs that run go on, and volumes stay on"
                  + " the disk");
      Files.move(store, daemon.home().resolve("away.db"));
      daemon.restart();

      assertThat(ProcessHandle.of(pid)).as("the guest runs on").isPresent();
      assertThat(daemon.client().info().unknown())
          .singleElement()
          .satisfies(guest -> {
            assertThat(guest.name()).isEqualTo("web");
            assertThat(guest.pids()).containsExactly(pid);
            assertThat(guest.adoptable()).isTrue();
          });
      assertThat(daemon.kelvin("info").output()).contains("web (see kelvin doctor)");
      assertThat(daemon.kelvin("doctor").output()).contains("kelvin state adopt web");
      assertThat(daemon.kelvin("stop", "web").output()).contains("kelvin state adopt web");
      Task deletion = daemon.ended(daemon.client().volumes().delete(volume));
      assertThat(deletion.state()).isEqualTo(TaskState.FAILED);
      daemon.create(Guests.empty("other", spec -> spec));

      assertThat(daemon.kelvin("state", "adopt", "web").exitCode()).isZero();
      daemon.awaitPhase("web", Phase.RUNNING);
      assertThat(pid(daemon)).isEqualTo(pid);
      assertThat(daemon.client().info().unknown()).isEmpty();
      assertThat(daemon.client().checkState().findings()).isEmpty();
      daemon.done(daemon.client().stopVm("web"));
      daemon.done(daemon.client().startVm("web"));
    }
  }

  @Test
  void aGuestOfAnEmptyStoreIsEndedByNameAndItsVolumesStay() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(web());
      long pid = pid(daemon);
      daemon.kill();
      Files.write(daemon.layout().store(), new byte[0]);
      daemon.restart();
      assertThat(daemon.client().info().unknown())
          .extracting(UnknownGuest::pids)
          .containsExactly(List.of(pid));
      assertThat(daemon.kelvin("state", "end", "web").exitCode()).isZero();
      assertThat(ProcessId.of(pid)).as("the process; its remains may wait for init").isEmpty();
      assertThat(daemon.client().info().unknown()).isEmpty();
      assertThat(daemon.client().volumes().all(ListQuery.all())).hasSize(1);
    }
  }

  @Test
  void aGuestThatAnOlderStoreDoesNotKnowToRunIsTakenOver() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(Guests.empty("web", Guests.stopped()));
      daemon.terminate();
      Path store = daemon.layout().store();
      byte[] older = Files.readAllBytes(store);
      daemon.restart();
      daemon.done(daemon.client().startVm("web"));
      long pid = pid(daemon);
      daemon.kill();
      deleteLogs(store);
      Files.write(store, older);
      daemon.restart();
      daemon.awaitPhase("web", Phase.RUNNING);
      assertThat(pid(daemon)).isEqualTo(pid);
      assertThat(daemon.client().info().unknown()).isEmpty();
    }
  }

  private static void deleteLogs(Path store) throws IOException {
    Files.deleteIfExists(store.resolveSibling(store.getFileName() + "-wal"));
  }

  /** Kills the daemon, and starts it with an empty store. */
  static void lose(TestDaemon daemon) throws IOException, InterruptedException {
    daemon.kill();
    Path store = daemon.layout().store();
    deleteLogs(store);
    Files.delete(store);
    daemon.restart();
  }
}
