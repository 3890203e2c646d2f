package dev.kelvin.it.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.api.ListQuery;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.it.product.Guests;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.StateReport.Finding;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.state.store.Op;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One document that cannot be read keeps neither the daemon nor the other VMs from their work. */
@Tag("slow")
class DamagedStateTest {
  @ParameterizedTest
  @ValueSource(strings = {VmRepository.VMS, "/vm-runs/"})
  void theRestGoesOnAndTheGuestIsLeftAlone(String prefix) throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      var disk = Disk.of("data", null, ByteSize.ofMiB(8));
      daemon.create(Guests.empty("web", spec -> spec.disks(List.of(disk))));
      daemon.create(Guests.empty("off", Guests.stopped()));
      var web = daemon.client().vm("web");
      String key = prefix + web.metadata().id();
      List<Op> good = TornState.tear(daemon, key);

      assertThat(daemon.client().info().damaged()).containsExactly("vm/web");
      assertThat(daemon.kelvin("info").output()).contains("vm/web (see kelvin state check)");
      assertThat(daemon.client().metrics()).contains("kelvin_damaged_objects 1");
      assertThat(daemon.client().allVms(ListQuery.all()))
          .extracting(vm -> vm.metadata().name())
          .containsExactly("off");
      assertThatExceptionOfType(ProblemException.class)
          .isThrownBy(() -> daemon.client().vm("web"))
          .satisfies(e -> {
            assertThat(e.problem().code()).isEqualTo(Code.HOST_FAILURE);
            assertThat(e.problem().detail()).contains("VM web is damaged");
            assertThat(e.problem().remedy())
                .contains("kelvin state restore", "kelvin rm --force web");
          });
      assertThat(daemon.client().checkState().findings()).extracting(Finding::key).contains(key);
      assertThat(daemon.kelvin("volume", "ls").output()).contains("web");
      assertThat(daemon.kelvin("create", "--name", "web", "--kernel", "/dev/null").exitCode())
          .as("its name is not given to another")
          .isNotZero();
      daemon.done(daemon.client().startVm("off"));
      assertThat(ProcessHandle.of(web.status().pid())).as("the guest runs on").isPresent();

      TornState.mend(daemon, good);
      daemon.awaitPhase("web", Phase.RUNNING);
      assertThat(daemon.client().vm("web").status().pid()).isEqualTo(web.status().pid());
      assertThat(daemon.client().info().damaged()).isEmpty();
      assertThat(daemon.client().checkState().findings()).isEmpty();
    }
  }

  @Test
  void whatIsDamagedCanBeDeleted() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      UnaryOperator<VmSpec.Builder> oneDisk =
          spec -> spec.disks(List.of(Disk.of("data", null, ByteSize.ofMiB(8))));
      Vm wish = daemon.create(Guests.empty("wish", oneDisk));
      Vm run = daemon.create(Guests.empty("run", oneDisk));
      Vm kept = daemon.create(Guests.empty("kept", spec -> spec.deletionProtection(true)));
      Vm sick =
          daemon.create(Guests.empty("sick", spec -> oneDisk.apply(Guests.stopped().apply(spec))));
      daemon.done(daemon.client().deleteVm("sick", false, true));
      byte[] raw = new byte[1 << 20];
      var in = new ByteArrayInputStream(raw);
      daemon.done(
          daemon.client().images().importFile("base", Format.RAW, Map.of(), in, raw.length));
      TornState.tear(
          daemon,
          VmRepository.VMS + wish.metadata().id(),
          "/vm-runs/" + run.metadata().id(),
          "/vm-runs/" + kept.metadata().id(),
          "/images/base");
      String volume = sick.metadata().id() + "-data";
      Files.writeString(daemon.layout().volumes().resolve(volume + ".qcow2"), "overwritten");

      assertThat(daemon.kelvin("doctor").output())
          .contains("kelvin rm --force wish", "kelvin rm --force run")
          .contains("kelvin image rm --force base", "kelvin volume rm --force " + volume);
      refused(daemon, "What is stored of VM wish is damaged", "rm", "wish");
      refused(daemon, "What is stored of image base is damaged", "image", "rm", "base");
      refused(daemon, "Volume " + volume + " is damaged", "volume", "rm", volume);
      refused(daemon, "protected against deletion", "rm", "--force", "kept");

      for (Vm vm : List.of(wish, run)) {
        String name = vm.metadata().name();
        assertThat(ProcessId.of(vm.status().pid())).isPresent();
        assertThat(daemon.kelvin("rm", "--force", name).output())
            .contains(name + " is deleted", "processes were ended: " + vm.status().pid());
        assertThat(ProcessId.of(vm.status().pid())).isEmpty();
      }
      assertThat(daemon.kelvin("image", "rm", "--force", "base").output())
          .contains("base is deleted", "its file is deleted");
      assertThat(daemon.kelvin("volume", "rm", "--force", volume).exitCode()).isZero();
      assertThat(daemon.client().info().damaged()).containsExactly("vm/kept");
      assertThat(daemon.leftovers())
          .allMatch(left -> left.contains(kept.metadata().id()) || left.startsWith("process"));
      assertThat(daemon.vmProcesses())
          .extracting(ProcessHandle::pid)
          .containsExactly(kept.status().pid());
      assertThat(daemon.client().checkState().findings())
          .extracting(Finding::key)
          .containsExactly("/vm-runs/" + kept.metadata().id());
      daemon.create(Guests.empty("wish", oneDisk));
    }
  }

  private static void refused(TestDaemon daemon, String detail, String... command)
      throws Exception {
    var result = daemon.kelvin(command);
    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output()).contains(detail);
  }
}
