package dev.kelvin.qemu.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.HostFacts.FileServer;
import dev.kelvin.model.HostFacts.FileServerKind;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.Facts;
import dev.kelvin.qemu.GoldenCase;
import dev.kelvin.qemu.LaunchPlan;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How the processes beside QEMU are called, and what a host must have for them. */
class CompanionTest {
  private static HostFacts facts(HostFacts.Extras extras, boolean root) {
    return new Facts().extras(extras).root(root).make();
  }

  private static HostFacts withServer(@Nullable FileServer server, boolean root) {
    HostFacts.Extras all = GoldenCase.FACTS.extras();
    return facts(
        new HostFacts.Extras(all.secureUefi(), all.enrolledUefi(), all.swtpm(), server), root);
  }

  private static List<Companion> companions(String golden, HostFacts facts) throws IOException {
    return companions(GoldenCase.read(golden), facts);
  }

  private static List<Companion> companions(GoldenCase golden, HostFacts facts) {
    LaunchPlan plan = golden.plan();
    return Companion.of(
        new LaunchPlan(
            plan.name(),
            plan.id(),
            plan.spec(),
            facts,
            plan.files(),
            "tcg",
            plan.disks(),
            plan.media(),
            false,
            Map.of()));
  }

  @Test
  void theTpmOfAVmIsItsOwnUsers() throws IOException {
    Companion tpm = companions("tpm-q35", GoldenCase.FACTS).getFirst();
    assertThat(tpm.kind()).isEqualTo(Companion.Kind.TPM);
    assertThat(tpm.argv())
        .containsExactly(
            "/usr/bin/swtpm",
            "socket",
            "--tpm2",
            "--ctrl",
            "type=unixio,path=/golden/run/tpm.sock,mode=0600",
            "--tpmstate",
            "dir=/golden/state/tpm,mode=0600",
            "--terminate");
  }

  @Test
  void aTpmIsRefusedWhereItsPathHasACommaAsSwtpmWouldCutIt() throws IOException {
    VmSpec spec = GoldenCase.read("tpm-q35").spec();
    var commas = new GoldenCase("tpm", "commas", null, null, GoldenCase.HOME + "/a,b", spec);
    var refused =
        catchThrowableOfType(ProblemException.class, () -> companions(commas, GoldenCase.FACTS));
    assertThat(refused.problem().code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.problem().remedy()).contains("KELVIN_HOME");
  }

  /** Its directory has this name in its cell only: so it is known whose it is. */
  @Test
  void theServerOfQemu() throws IOException {
    List<Companion> shares = companions("share-i440fx", GoldenCase.FACTS);
    assertThat(shares).extracting(Companion::name).contains("share-a", "share-d");
    assertThat(shares).extracting(Companion::kind).containsOnly(Companion.Kind.FILE_SERVER);
    assertThat(shares.getFirst().argv())
        .containsExactly(
            "/usr/lib/qemu/virtiofsd",
            "-f",
            "--fd=3",
            "-o",
            "source=/golden/run/share-0,cache=auto,sandbox=chroot,xattr,no_posix_lock,no_flock,"
                + "modcaps=-mknod:-setfcap");
    assertThat(shares.get(1).socket()).hasToString("/golden/run/share-1.sock");
  }

  @Test
  void itsSuccessor() throws IOException {
    var server = new FileServer("/usr/libexec/virtiofsd", FileServerKind.RUST, true);
    List<Companion> shares = companions("share-many", withServer(server, true));
    assertThat(shares).extracting(Companion::kind).containsOnly(Companion.Kind.FILE_SERVER);
    assertThat(shares.get(1).argv())
        .containsExactly(
            "/usr/libexec/virtiofsd",
            "--fd=3",
            "--shared-dir=/golden/run/share-1",
            "--cache=auto",
            "--sandbox=chroot",
            "--xattr",
            "--modcaps=-mknod:-setfcap",
            "--rlimit-nofile=0",
            "--readonly");
    assertThat(shares.get(2).argv()).contains("--cache=never").doesNotContain("--readonly");
    assertThat(shares.get(3).argv()).contains("--cache=always");
  }

  /** It makes files of that user, and has no cell with a root of its own. */
  @Test
  void thatOfAnOrdinaryUserServesThePathItself() throws IOException {
    var server = new FileServer("/usr/libexec/virtiofsd", FileServerKind.RUST, true);
    Companion share = companions("share-many", withServer(server, false)).get(1);
    assertThat(share.kind()).isEqualTo(Companion.Kind.USERS_FILE_SERVER);
    assertThat(share.argv())
        .containsExactly(
            "/usr/libexec/virtiofsd",
            "--socket-path=/golden/run/share-1.sock",
            "--shared-dir=/golden/shares/b",
            "--cache=auto",
            "--sandbox=namespace",
            "--xattr",
            "--modcaps=-mknod:-setfcap",
            "--readonly");
  }

  private static void refused(String golden, HostFacts facts, String field, String remedy)
      throws IOException {
    VmSpec spec = GoldenCase.read(golden).spec();
    var refusal = catchThrowableOfType(ProblemException.class, () -> Extras.check(spec, facts));
    assertThat(refusal).as(golden).isNotNull();
    assertThat(refusal.problem().code()).isEqualTo(Code.CAPABILITY_MISSING);
    assertThat(refusal.problem().field()).isEqualTo(field);
    assertThat(refusal.problem().remedy()).contains(remedy);
  }

  @Test
  void whatTheHostLacksIsToldWithItsPackage() throws IOException {
    HostFacts bare = facts(HostFacts.Extras.none(), true);
    refused("uefi-secure-boot", bare, "spec.firmware.secureBoot", "ovmf");
    refused("uefi-own-keys", bare, "spec.firmware.secureBoot", "ovmf");
    refused("tpm-q35", bare, "spec.tpm", "swtpm");
    refused("share", bare, "spec.shares[0]", "virtiofsd");
  }

  @Test
  void anOrdinaryUserIsToldWhatTakesRoot() throws IOException {
    refused("share", facts(GoldenCase.FACTS.extras(), false), "spec.shares[0]", "root");
    var old = new FileServer("/usr/libexec/virtiofsd", FileServerKind.RUST, false);
    refused("share-many", withServer(old, false), "spec.shares[1].readOnly", "1.13");
    var server = new FileServer("/usr/libexec/virtiofsd", FileServerKind.RUST, true);
    Extras.check(GoldenCase.read("share-many").spec(), withServer(server, false));
  }
}
