package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.Client;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Vm;
import dev.kelvin.model.Volume;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.CdromBus;
import dev.kelvin.model.spec.Cpu;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.Protocol;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices that come and go while the guest runs, seen from inside it. */
class HotPlugTest {
  private static final ByteSize SMALL = ByteSize.ofMiB(16);

  @TempDir private Path work;

  @Test
  void disksCardsAndMediaComeAndGo() throws IOException, InterruptedException {
    TinyGuest guest = TinyGuest.obtain();
    try (TestDaemon daemon = TestDaemon.start()) {
      Client client = daemon.client();
      importIso(daemon);
      Vm vm =
          Guests.tiny(
              "plug",
              guest,
              "",
              spec -> spec.cdroms(List.of(new Cdrom("cd", null, CdromBus.VIRTIO_SCSI, null))));
      daemon.create(vm);
      daemon.awaitSerial("plug", TinyGuest.READY);
      var typist = new Typist(daemon, "plug");

      daemon.done(client.attachDisk("plug", Disk.of("data", null, ByteSize.ofMiB(64))));
      seen(typist, "cat /sys/block/vda/size", "131072");
      var forward = PortForward.of(Protocol.TCP, "127.0.0.1", 0, 80);
      daemon.done(client.attachNic("plug", Nic.of("lan").withForwards(List.of(forward))));
      seen(typist, "ls /sys/class/net | grep -c eth", "1");
      assertThat(client.vm("plug").status().forwards()).hasSize(1);
      assertThat(client.vm("plug").spec().nics().getFirst().mac()).startsWith("52:54:00:");

      daemon.done(client.setMedia("plug", "cd", "tools"));
      seen(typist, "mount -t iso9660 /dev/sr0 /mnt && cat /mnt/hello.txt", "from-the-disc");
      typist.run("umount /mnt");
      daemon.done(client.setMedia("plug", "cd", null));

      typist.run("echo kept > /dev/vda; sync");
      daemon.done(client.detachDisk("plug", "data"));
      seen(typist, "ls /sys/block | grep -c vda", "0");
      String volume = client.vm("plug").metadata().id() + "-data";
      assertThat(client.volumes().get(volume).usedBy()).isNull();
      daemon.done(client.attachDisk("plug", Disk.ofVolume("again", volume)));
      seen(typist, "head -n 1 /dev/vda", "kept");
      assertThat(client.volumes().get(volume).usedBy()).isEqualTo(new Volume.Use("plug", "again"));
      daemon.done(client.detachNic("plug", "lan"));
      seen(typist, "ls /sys/class/net | grep -c eth", "0");
      assertThat(client.vm("plug").status().forwards()).isEmpty();

      Vm now = client.vm("plug");
      var larger = now.withSpec(now.spec().toBuilder().cpu(Cpu.of(2)).build());
      daemon.done(client.updateVm("plug", VmDocument.of(larger), null));
      assertThat(client.vm("plug").status().restartRequired()).containsExactly("spec.cpu");
    }
  }

  /** Nothing runs in the VM that would let a disk go. */
  @Test
  void aVmThatKeepsItsDiskIsStoppedAtOnceAndStartsWithoutIt() throws IOException {
    try (TestDaemon daemon = TestDaemon.start()) {
      Client client = daemon.client();
      var disks = List.of(Disk.of("one", null, SMALL), Disk.of("two", null, SMALL));
      daemon.create(Guests.empty("keeps", spec -> spec.disks(disks)));
      Task detach = client.detachDisk("keeps", "two");
      Await.until(
          "the disk is no more wanted",
          Duration.ofSeconds(20),
          () -> client.vm("keeps").spec().disks().size() == 1);
      daemon.done(client.stopVm("keeps"));
      assertThat(daemon.ended(detach).state()).isEqualTo(TaskState.SUCCEEDED);
      Vm after = client.vm("keeps");
      assertThat(after.status().phase()).isEqualTo(Phase.STOPPED);
      assertThat(after.spec().power()).isEqualTo(Power.STOPPED);
      assertThat(after.spec().disks()).extracting(Disk::name).containsExactly("one");
      assertThat(client.volumes().all(ListQuery.all()))
          .extracting(Volume::usedBy)
          .containsExactlyInAnyOrder(new Volume.Use("keeps", "one"), null);
      daemon.done(client.startVm("keeps"));
    }
  }

  private void importIso(TestDaemon daemon) throws IOException, InterruptedException {
    Path content = Files.createDirectories(work.resolve("content"));
    Files.writeString(content.resolve("hello.txt"), "from-the-disc\n");
    Path iso = work.resolve("tools.iso");
    Process made =
        new ProcessBuilder("genisoimage", "-quiet", "-r", "-o", iso.toString(), content.toString())
            .inheritIO()
            .start();
    assertThat(made.waitFor()).isZero();
    try (var in = Files.newInputStream(iso)) {
      daemon.done(
          daemon.client().images().importFile("tools", Format.ISO, Map.of(), in, Files.size(iso)));
    }
  }

  /** Runs a command in the guest again and again until it prints what is wanted. */
  private static void seen(Typist typist, String command, String wanted) {
    Await.until(
        command + " prints " + wanted,
        Duration.ofMinutes(1),
        () -> typist.run(command).equals(wanted));
  }
}
