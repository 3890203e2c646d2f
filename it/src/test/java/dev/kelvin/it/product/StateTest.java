package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.kelvin.api.ListQuery;
import dev.kelvin.etcd.EtcdServer;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.StateReport.Finding;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Power;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kelvin state}: backup, restore, check, as an administrator uses them. */
@Tag("slow")
class StateTest {
  @TempDir Path directory;

  @Test
  void aBackupComesBackAndRunningVmsAreTakenOver() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(Guests.empty("web", spec -> spec));
      daemon.create(Guests.empty("off", Guests.stopped()));
      Path file = directory.resolve("kelvin.backup");
      assertThat(daemon.kelvin("state", "backup", file.toString()).exitCode()).isZero();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      TestDaemon.Ran check = daemon.kelvin("state", "check");
      assertThat(check.output()).contains("all is well");
      assertThat(check.exitCode()).isZero();

      TestDaemon.Ran running = daemon.kelvin("state", "restore", file.toString());
      assertThat(running.exitCode()).isEqualTo(5);
      assertThat(running.output()).contains("kelvin down");

      daemon.create(Guests.empty("later", spec -> spec));
      long pid = daemon.client().vm("web").status().pid();
      daemon.kill();
      assertThat(daemon.kelvin("state", "restore", file.toString()).output()).contains("not empty");
      assertThat(daemon.kelvin("state", "restore", "--replace", file.toString()).output())
          .as("the VM \"later\" runs, and the backup does not know it")
          .contains("nobody would look after");
      daemon.restart();
      daemon.done(daemon.client().deleteVm("later", true));
      daemon.kill();
      TestDaemon.Ran restored = daemon.kelvin("state", "restore", "--replace", file.toString());
      assertThat(restored.output()).contains("restored");
      assertThat(restored.exitCode()).isZero();
      daemon.restart();
      assertThat(daemon.client().allVms(ListQuery.all())).hasSize(2);
      daemon.awaitPhase("web", Phase.RUNNING);
      assertThat(daemon.client().vm("web").status().pid()).isEqualTo(pid);
    }
  }

  @Test
  void itIsLookedAtWithoutADaemon() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(Guests.empty("web", Guests.stopped()));
      daemon.kill();
      assertThat(daemon.kelvin("state", "check"))
          .returns(0, TestDaemon.Ran::exitCode)
          .extracting(TestDaemon.Ran::output, STRING)
          .contains("all is well");
      Path file = directory.resolve("offline.backup");
      assertThat(daemon.kelvin("state", "backup", file.toString()).exitCode()).isZero();
      assertThat(daemon.kelvin("state", "restore", "--replace", file.toString()).exitCode())
          .isZero();

      Files.writeString(daemon.layout().store(), "this is no store");
      assertThat(daemon.kelvin("state", "check"))
          .returns(Code.HOST_FAILURE.exitCode(), TestDaemon.Ran::exitCode)
          .extracting(TestDaemon.Ran::output, STRING)
          .contains("The store is damaged", "backup");
      Path never = directory.resolve("never.backup");
      assertThat(daemon.kelvin("state", "backup", never.toString()).exitCode())
          .isEqualTo(Code.HOST_FAILURE.exitCode());
      assertThat(directory).isDirectoryContaining(one -> one.equals(file));
      assertThat(directory).isDirectoryNotContaining(one -> one.toString().contains("never"));

      Files.delete(daemon.layout().store());
      assertThat(daemon.kelvin("state", "check"))
          .returns(Code.NOT_FOUND.exitCode(), TestDaemon.Ran::exitCode);
      assertThat(daemon.layout().store()).doesNotExist();
    }
  }

  @Test
  void theStateMovesToEtcdAndBack() throws Exception {
    try (EtcdServer etcd = EtcdServer.start(directory);
        TestDaemon daemon = TestDaemon.start()) {
      daemon.create(Guests.empty("web", spec -> spec));
      long pid = daemon.client().vm("web").status().pid();
      Path file = directory.resolve("moving.backup");
      Path configuration = daemon.layout().config().resolve("kelvin.yaml");

      assertThat(daemon.kelvin("state", "backup", file.toString()).exitCode()).isZero();
      daemon.kill();
      Files.writeString(
          configuration,
          "state: {engine: etcd, endpoints: [\""
              + etcd.endpoint()
              + "\"], allowUnauthenticated: true}\n");
      assertThat(daemon.kelvin("state", "restore", file.toString()).exitCode()).isZero();
      daemon.restart();
      daemon.awaitPhase("web", Phase.RUNNING);
      assertThat(daemon.client().vm("web").status().pid()).isEqualTo(pid);
      assertThat(daemon.client().checkState().findings()).isEmpty();

      Path back = directory.resolve("back.backup");
      assertThat(daemon.kelvin("state", "backup", back.toString()).exitCode()).isZero();
      daemon.kill();
      Files.delete(configuration);
      assertThat(daemon.kelvin("state", "restore", "--replace", back.toString()).exitCode())
          .isZero();
      daemon.restart();
      daemon.awaitPhase("web", Phase.RUNNING);
      assertThat(daemon.client().vm("web").status().pid()).isEqualTo(pid);
    }
  }

  @Test
  void whatDoesNotFitIsFound() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      daemon.create(Guests.empty("web", Guests.stopped()));
      String id = daemon.client().vm("web").metadata().id();
      daemon.kill();
      try (Store store = SqliteStore.open(daemon.layout().store())) {
        store.commit(
            Txn.of(
                Op.delete("/vm-names/web"),
                put("/vm-names/ghost", "no-such-id"),
                put("/vm-macs/52:54:00:00:00:99", id),
                put(VmRepository.STATUSES + "no-such-id", "{\"v\":1,\"doc\":{}}"),
                put("task/torn", "{\"v\":1,\"doc\":"),
                put("task-lock/vm/web", "no-such-task")));
      }
      daemon.restart();
      assertThat(daemon.client().checkState().findings())
          .extracting(Finding::key)
          .containsExactlyInAnyOrder(
              VmRepository.VMS + id,
              "/vm-names/ghost",
              "/vm-macs/52:54:00:00:00:99",
              VmRepository.STATUSES + "no-such-id",
              "task/torn",
              "task-lock/vm/web");
      TestDaemon.Ran check = daemon.kelvin("state", "check");
      assertThat(check.exitCode()).isEqualTo(10);
      assertThat(check.output()).contains("repair: ");
      daemon.kill();
      try (Store store = SqliteStore.open(daemon.layout().store())) {
        store.commit(Txn.of(put("/vm-names/web", id), Op.delete("task/torn")));
      }
      daemon.restart();
    }
  }

  @Test
  void aVolumeThatIsGoneIsFoundAndToldOfWithWhatToDo() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      var disk = Disk.of("root", null, ByteSize.ofMiB(8));
      daemon.create(Guests.empty("web", spec -> spec.power(Power.STOPPED).disks(List.of(disk))));
      String id = daemon.client().vm("web").metadata().id();
      assertThat(daemon.kelvin("state", "check").exitCode()).isZero();
      Path file = daemon.layout().volumes().resolve(id + "-root.qcow2");
      Files.delete(file);
      TestDaemon.Ran check = daemon.kelvin("state", "check");
      assertThat(check.exitCode()).isEqualTo(10);
      assertThat(check.output())
          .contains(
              "the volume of disk root of VM web is gone: " + file, "kelvin disk detach web root");
      Files.createSymbolicLink(file, directory);
      assertThat(daemon.kelvin("state", "check").output()).contains(file + " is no file");
      Files.delete(file);
      TestDaemon.Ran start = daemon.kelvin("start", "web");
      assertThat(start.exitCode()).isEqualTo(Code.NOT_FOUND.exitCode());
      assertThat(start.output())
          .contains("The volume of disk root is missing", "kelvin disk detach web root");
      assertThat(daemon.kelvin("disk", "detach", "web", "root").exitCode()).isZero();
      assertThat(daemon.kelvin("state", "check").exitCode()).isZero();
      assertThat(daemon.kelvin("start", "web").exitCode()).isZero();
    }
  }

  @Test
  void aVolumeThatIsGoneUnderARunningVmIsNotToBeGivenUp() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      var disk = Disk.of("root", null, ByteSize.ofMiB(8));
      daemon.create(Guests.empty("web", spec -> spec.disks(List.of(disk))));
      String id = daemon.client().vm("web").metadata().id();
      Files.delete(daemon.layout().volumes().resolve(id + "-root.qcow2"));
      assertThat(daemon.kelvin("state", "check").output())
          .contains("copy that out of the guest before you stop it")
          .doesNotContain("disk detach");
    }
  }

  private static Op put(String key, String value) {
    return Op.put(key, value.getBytes(StandardCharsets.UTF_8));
  }
}
