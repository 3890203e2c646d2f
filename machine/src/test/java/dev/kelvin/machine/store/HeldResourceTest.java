package dev.kelvin.machine.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents;
import dev.kelvin.machine.store.HeldResource.Exposure;
import dev.kelvin.machine.store.HeldResource.HostPort;
import dev.kelvin.machine.store.HeldResource.OfLaterKelvin;
import dev.kelvin.machine.store.HeldResource.RuntimeDirectory;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.DevicePlace;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a machine holds of the host is on its record, whichever daemon has written that. */
class HeldResourceTest {
  private static final int USER = 1_879_100_000;
  private static final Path OWN = Path.of("/run/kelvin/vms/aa");
  private static final StartedCompanion SWTPM = new StartedCompanion("tpm", "12:34:boot", null);
  private static final StartedCompanion SHARE =
      new StartedCompanion("share-work", "13:35:boot", "/run/virtiofsd.lock");
  private static final Forward FORWARD = new Forward("net0", "tcp", "127.0.0.1", 2222, null, 22);
  private static final HostPort PORT = new HostPort("tcp", "127.0.0.1", 2222);

  private static RunRecord run(
      VmSpec spec, List<StartedCompanion> companions, @Nullable List<HeldResource> held) {
    return new RunRecord(
        "11:33:boot",
        "boot",
        "tcg",
        Instant.EPOCH,
        spec,
        List.of(FORWARD),
        companions,
        OWN.toString(),
        USER,
        null,
        List.of(),
        held == null ? null : HeldResource.stored(held));
  }

  private static VmSpec reachingTheHost() {
    return VmSpec.defaults().withNics(List.of(Nic.of("net0").withHostAccess(true)));
  }

  @Test
  void allThatIsHeldIsReadAgainAsItWasWritten() {
    List<HeldResource> held =
        List.of(new RuntimeDirectory(OWN.toString()), SWTPM, SHARE, new Exposure(USER));
    RunRecord run = run(VmSpec.defaults(), List.of(), held);
    RunRecord again = Documents.readTrusted(Documents.json(run), RunRecord.class);
    assertThat(again).isEqualTo(run);
    assertThat(again.holds(-1, Path.of("/other")))
        .containsExactly(
            new RuntimeDirectory(OWN.toString()), SWTPM, SHARE, new Exposure(USER), PORT);
    assertThat(again.helpers()).containsExactly(SWTPM, SHARE);
    assertThat(Documents.tree(run).get("held").toString())
        .contains("{\"runtimeDirectory\":{\"path\":\"/run/kelvin/vms/aa\"}}")
        .contains("{\"companion\":{\"name\":\"tpm\",\"process\":\"12:34:boot\"}}")
        .contains("{\"exposure\":{\"user\":1879100000}}");
  }

  @Test
  void aKindOfALaterVersionIsNoReasonNotToReadTheRest() {
    RunRecord run = run(VmSpec.defaults(), List.of(), List.of(new Exposure(USER)));
    String later =
        new String(Documents.json(run), StandardCharsets.UTF_8)
            .replace("\"held\":[", "\"held\":[{\"cgroup\":{\"path\":\"/kelvin/aa\"}},");
    RunRecord again =
        Documents.readTrusted(later.getBytes(StandardCharsets.UTF_8), RunRecord.class);
    assertThat(again.holds(USER, OWN))
        .containsExactly(new OfLaterKelvin(), new Exposure(USER), PORT);
  }

  @Test
  void whatAnEarlierDaemonGotIsKnownFromItsRecord() {
    RunRecord before = run(reachingTheHost(), List.of(SWTPM), null);
    assertThat(before.holds(USER, OWN))
        .containsExactly(new RuntimeDirectory(OWN.toString()), SWTPM, new Exposure(USER), PORT);
    assertThat(before.helpers()).containsExactly(SWTPM);
    assertThat(before.isIncomplete()).isTrue();

    RunRecord whole =
        before.completed(USER, List.of(new DevicePlace("a", "b", "pcie.0", null)), OWN);
    assertThat(whole.isIncomplete()).isFalse();
    assertThat(whole.holds(-1, Path.of("/other"))).isEqualTo(before.holds(USER, OWN));
    assertThat(whole.companions()).as("there is one list of them").isEmpty();
    assertThat(whole.helpers()).containsExactly(SWTPM);
  }

  /** Records of the first version do not even have the directory. */
  @Test
  void aRecordOfTheFirstVersionHoldsTheDirectoryOfItsHome() {
    RunRecord first =
        Documents.readTrusted(
            Documents.tree(
                java.util.Map.of(
                    "process", "11:33:boot",
                    "bootId", "boot",
                    "accelerator", "tcg",
                    "startedAt", "2026-01-02T03:04:05Z",
                    "spec", Documents.tree(reachingTheHost()))),
            RunRecord.class);
    assertThat(first.holds(USER, OWN))
        .containsExactly(new RuntimeDirectory(OWN.toString()), new Exposure(USER));
    assertThat(first.holds(-1, OWN))
        .as("of a daemon that is not root")
        .containsExactly(new RuntimeDirectory(OWN.toString()));
  }

  @Test
  void aCardThatOpensTheHostIsHeldForAsLongAsThereIsOne() {
    RunRecord run = run(VmSpec.defaults(), List.of(), List.of(SWTPM));
    RunRecord open = run.withExposure(new Exposure(USER), true);
    assertThat(open.holds(USER, OWN)).containsExactly(SWTPM, new Exposure(USER), PORT);
    assertThat(open.withExposure(new Exposure(USER), true)).isEqualTo(open);
    assertThat(open.withExposure(new Exposure(USER), false)).isEqualTo(run);
    assertThat(run.withForwards(List.of()).holds(USER, OWN)).containsExactly(SWTPM);
  }

  @Test
  void whatIsTheVmsStaysWhileAnotherProcessOfItRuns() {
    assertThat(List.of(SWTPM, PORT)).allMatch(HeldResource::ofProcess);
    assertThat(List.of(new RuntimeDirectory("/x"), new Exposure(USER), new OfLaterKelvin()))
        .noneMatch(HeldResource::ofProcess);
  }
}
