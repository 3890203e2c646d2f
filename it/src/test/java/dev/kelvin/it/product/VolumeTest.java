package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.kelvin.api.Client;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Task.TaskState;
import dev.kelvin.model.Vm;
import dev.kelvin.model.Volume;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Disk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Volumes outlive disks and VMs, and go from one to another with what is written in them. */
class VolumeTest extends OnOneDaemon {
  private static final Disk DATA = Disk.of("data", null, ByteSize.ofMiB(16));
  private static Client client;

  @BeforeAll
  static void start() throws IOException {
    client = daemon.client();
  }

  private static Vm off(String name, Disk... disks) {
    return daemon.create(
        Guests.empty(name, spec -> Guests.stopped().apply(spec).disks(List.of(disks))));
  }

  private static List<String> volumes() {
    return client.volumes().all(ListQuery.all()).stream().map(Volume::id).toList();
  }

  private static void qemuIo(String volume, String command)
      throws IOException, InterruptedException {
    var file = daemon.layout().volumes().resolve(volume + ".qcow2");
    Process io =
        new ProcessBuilder("qemu-io", "-f", "qcow2", "-c", command, file.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(io.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(io.waitFor()).as(output).isZero();
    // It ends well, too, when what it reads is not what it was told to expect.
    assertThat(output).doesNotContain("failed");
  }

  @Test
  void aVolumeGoesFromOneVmToAnother() throws IOException, InterruptedException {
    Vm a = off("a", DATA, Disk.of("own", null, ByteSize.ofMiB(1)));
    String data = a.metadata().id() + "-data";
    String own = a.metadata().id() + "-own";
    qemuIo(data, "write -P 0x5a 0 64k");
    assertThat(client.volumes().get(data).usedBy()).isEqualTo(new Volume.Use("a", "data"));
    daemon.done(client.detachDisk("a", "data"));
    assertThat(client.volumes().get(data).usedBy()).isNull();

    // Into a VM that runs, and larger.
    daemon.create(Guests.empty("b", spec -> spec));
    var larger = Disk.ofVolume("from-a", data).withSize(ByteSize.ofMiB(32));
    daemon.done(client.attachDisk("b", larger));
    assertThat(client.volumes().get(data).usedBy()).isEqualTo(new Volume.Use("b", "from-a"));
    assertThat(client.volumes().get(data).size()).isEqualTo(ByteSize.ofMiB(32));
    assertThat(client.vm("b").spec().disks())
        .extracting(Disk::name, Disk::volume, Disk::size)
        .containsExactly(tuple("from-a", data, ByteSize.ofMiB(32)));

    daemon.done(client.deleteVm("a", false));
    assertThat(volumes()).as("a's other volume went with it").containsExactly(data);

    var kept = daemon.kelvin("rm", "--force", "--keep-disks", "b");
    assertThat(kept.exitCode()).as(kept.output()).isZero();
    assertThat(client.volumes().get(data).usedBy()).isNull();
    qemuIo(data, "read -P 0x5a 0 64k");
    qemuIo(data, "read -P 0 64k 64k");
    assertThat(volumes()).doesNotContain(own);

    off("c", Disk.ofVolume("last", data));
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> client.volumes().delete(data))
        .satisfies(e -> assertThat(e.problem().cause()).isEqualTo("vm/c uses it as disk last"));
    daemon.done(client.deleteVm("c", false));
    assertThat(volumes()).isEmpty();
  }

  @Test
  void aDetachedVolumeGoesWithItsVmUnlessItIsKept() {
    Vm a = off("a", DATA);
    daemon.done(client.detachDisk("a", "data"));
    assertThat(volumes()).hasSize(1);
    daemon.done(client.deleteVm("a", false));
    assertThat(volumes()).isEmpty();
    Vm again = off("a", DATA);
    var small = Disk.of("data", null, ByteSize.ofMiB(8));
    assertThat(again.metadata().id()).isNotEqualTo(a.metadata().id());
    daemon.done(client.detachDisk("a", "data"));
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> client.attachDisk("a", small))
        .satisfies(e -> assertThat(e.problem().field()).isEqualTo("spec.disks[0].size"))
        .satisfies(e -> assertThat(e.problem().cause()).contains("16"));
    daemon.done(client.deleteVm("a", false, true));
    String data = again.metadata().id() + "-data";
    assertThat(volumes()).containsExactly(data);
    daemon.done(client.volumes().delete(data));
    assertThat(volumes()).isEmpty();
  }

  @Test
  void aCreationThatFailsLeavesTheVolumeItHadClaimed() throws IOException, InterruptedException {
    Vm a = off("a", DATA);
    String data = a.metadata().id() + "-data";
    qemuIo(data, "write -P 0x33 0 4k");
    daemon.done(client.detachDisk("a", "data"));
    Vm refused =
        Guests.empty(
            "refused",
            spec ->
                spec.boot(Boot.kernel(Guests.kernelThatQemuRefuses().toString(), null, null))
                    .disks(List.of(Disk.ofVolume("old", data), DATA)));
    Task task = daemon.ended(client.createVm(VmDocument.of(refused)));
    assertThat(task.state()).isEqualTo(TaskState.FAILED);
    Problem problem = Objects.requireNonNull(task.problem());
    assertThat(problem.remedy()).isNotBlank();
    assertThat(volumes()).containsExactly(data);
    assertThat(client.volumes().get(data).usedBy()).isNull();
    qemuIo(data, "read -P 0x33 0 4k");
  }

  @Test
  void pagesAndFilters() {
    off("a", DATA, Disk.of("more", null, ByteSize.ofMiB(1)));
    Vm b = off("b", DATA);
    assertThat(client.volumes().all(ListQuery.all().fields(List.of("usedBy.vm=b"))))
        .extracting(Volume::id)
        .containsExactly(b.metadata().id() + "-data");
    assertThat(volumes()).hasSize(3).isSorted();
  }
}
