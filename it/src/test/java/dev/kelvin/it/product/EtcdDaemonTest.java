package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.api.ListQuery;
import dev.kelvin.etcd.EtcdServer;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon whose store is etcd: nothing else is different. */
@Tag("slow")
class EtcdDaemonTest {
  @TempDir Path directory;

  private static String configuration(EtcdServer etcd) {
    return etcd.configuration("/one/");
  }

  @Test
  void aVmIsMadeTakenOverAndDeleted() throws Exception {
    try (EtcdServer etcd = EtcdServer.start(directory);
        TestDaemon daemon = TestDaemon.start(configuration(etcd))) {
      daemon.create(Guests.empty("web", spec -> spec));
      daemon.awaitPhase("web", Phase.RUNNING);
      long pid = daemon.client().vm("web").status().pid();
      assertThat(daemon.layout().store()).doesNotExist();

      daemon.kill();
      daemon.restart();
      daemon.awaitPhase("web", Phase.RUNNING);
      assertThat(daemon.client().vm("web").status().pid()).isEqualTo(pid);

      daemon.done(daemon.client().deleteVm("web", true));
      assertThat(daemon.client().allVms(ListQuery.all())).isEmpty();
      assertThat(daemon.leftovers()).isEmpty();
    }
  }

  /** While etcd is away VMs run on and the daemon says what is wrong; then all goes on. */
  @Test
  void anOutageOfEtcdHarmsNoVm() throws Exception {
    try (EtcdServer etcd = EtcdServer.start(directory);
        TestDaemon daemon = TestDaemon.start(configuration(etcd))) {
      daemon.create(Guests.empty("web", spec -> spec));
      daemon.awaitPhase("web", Phase.RUNNING);
      etcd.kill();
      assertThat(daemon.client().vm("web").status().phase()).isEqualTo(Phase.RUNNING);
      assertThatExceptionOfType(ProblemException.class)
          .isThrownBy(() -> daemon.client().pauseVm("web"))
          .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.UNAVAILABLE));
      assertThat(daemon.vmProcesses()).hasSize(1);
      etcd.restart();
      Await.until(
          "the VM can be paused again",
          Duration.ofSeconds(30),
          () -> {
            try {
              daemon.done(daemon.client().pauseVm("web"));
              return true;
            } catch (ProblemException e) {
              return false;
            }
          });
      daemon.done(daemon.client().resumeVm("web"));
    }
  }

  @Test
  void twoNodesCannotShareKeys() throws Exception {
    try (EtcdServer etcd = EtcdServer.start(directory);
        TestDaemon _ = TestDaemon.start(configuration(etcd))) {
      assertThat(TestDaemon.refusal(configuration(etcd))).contains("belongs to another node");
    }
  }

  @Test
  void anEtcdThatLetsInEverybodyIsRefused() throws Exception {
    try (EtcdServer etcd = EtcdServer.start(directory)) {
      String open = configuration(etcd).replace(", allowUnauthenticated: true", "");
      assertThat(TestDaemon.refusal(open))
          .contains("lets in anybody", "allowUnauthenticated", "--client-cert-auth");
    }
  }

  @Test
  void etcdThatIsNotThereIsNamed() throws Exception {
    assertThat(TestDaemon.refusal("state: {engine: etcd, endpoints: [\"http://127.0.0.1:1\"]}\n"))
        .contains("http://127.0.0.1:1")
        .contains("majority");
  }
}
