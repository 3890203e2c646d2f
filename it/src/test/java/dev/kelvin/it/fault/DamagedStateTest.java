package dev.kelvin.it.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.api.ListQuery;
import dev.kelvin.it.product.Guests;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.machine.VmRepository;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.StateReport.Finding;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.state.Op;
import dev.kelvin.state.SqliteStore;
import dev.kelvin.state.Store;
import dev.kelvin.state.Txn;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One document that cannot be read keeps neither the daemon nor the other VMs from their work. */
@Tag("slow")
class DamagedStateTest {
  private static final byte[] TORN = "{\"v\":1,\"doc\":{\"meta".getBytes(StandardCharsets.UTF_8);

  @ParameterizedTest
  @ValueSource(strings = {VmRepository.VMS, "/vm-runs/"})
  void theRestGoesOnAndTheGuestIsLeftAlone(String prefix) throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      var disk = Disk.of("data", null, ByteSize.ofMiB(8));
      daemon.create(Guests.empty("web", spec -> spec.disks(List.of(disk))));
      daemon.create(Guests.empty("off", Guests.stopped()));
      var web = daemon.client().vm("web");
      String key = prefix + web.metadata().id();
      daemon.kill();
      byte[] good = replace(daemon, key, TORN);
      daemon.restart();

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
            assertThat(e.problem().remedy()).contains("kelvin state check");
          });
      assertThat(daemon.client().checkState().findings()).extracting(Finding::key).contains(key);
      assertThat(daemon.kelvin("volume", "ls").output()).contains("web");
      assertThat(daemon.kelvin("create", "--name", "web", "--kernel", "/dev/null").exitCode())
          .as("its name is not given to another")
          .isNotZero();
      daemon.done(daemon.client().startVm("off"));
      assertThat(ProcessHandle.of(web.status().pid())).as("the guest runs on").isPresent();

      daemon.kill();
      replace(daemon, key, good);
      daemon.restart();
      daemon.awaitPhase("web", Phase.RUNNING);
      assertThat(daemon.client().vm("web").status().pid()).isEqualTo(web.status().pid());
      assertThat(daemon.client().info().damaged()).isEmpty();
      assertThat(daemon.client().checkState().findings()).isEmpty();
    }
  }

  /** Puts other bytes there; returns those before. */
  private static byte[] replace(TestDaemon daemon, String key, byte[] value) {
    try (Store store = SqliteStore.open(daemon.layout().store())) {
      byte[] before = store.get(key).orElseThrow().value();
      store.commit(Txn.of(Op.put(key, value)));
      return before;
    }
  }
}
