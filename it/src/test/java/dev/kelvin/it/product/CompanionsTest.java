package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.api.ListQuery;
import dev.kelvin.api.VmDocument;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.VmIsolation;
import dev.kelvin.model.VmIsolation.ConfinedProcess;
import dev.kelvin.model.VmIsolation.Wall;
import dev.kelvin.model.VmIsolation.WallState;
import dev.kelvin.model.spec.Memory;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.Share;
import dev.kelvin.model.spec.ShareCache;
import dev.kelvin.model.spec.Tpm;
import dev.kelvin.model.spec.TpmVersion;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TPMs and shared directories, used by guests, and the processes behind them. */
@Tag("slow")
class CompanionsTest extends OnOneDaemon {
  private static final Path SWTPM = Path.of("/usr/bin/swtpm");
  private static TinyGuest guest;

  @TempDir private Path work;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    guest = TinyGuest.obtain();
  }

  private static UnaryOperator<VmSpec.Builder> tpm() {
    Assumptions.assumeTrue(Files.isExecutable(SWTPM), "swtpm is not installed");
    return spec -> spec.tpm(new Tpm(TpmVersion.V2_0));
  }

  private static UnaryOperator<VmSpec.Builder> shares(Share... shares) {
    Assumptions.assumeTrue(
        daemon.client().host().doctor().checks().stream()
            .anyMatch(check -> check.id().equals("shares") && check.remedy() == null),
        "this host cannot share directories");
    return spec -> spec.shares(List.of(shares));
  }

  private static Share share(String name, Path path, boolean readOnly) {
    return new Share(name, path.toString(), null, readOnly, ShareCache.NONE);
  }

  private Path directory(String name) throws IOException {
    return Files.createDirectories(work.toRealPath().resolve(name));
  }

  private static long processes(String program) {
    return daemon.vmProcesses().stream()
        .filter(one -> TestDaemon.arguments(one).contains("/" + program))
        .count();
  }

  /** Commands of TPM 2.0 (TCG, part 3) as the bytes that /dev/tpm0 takes. */
  private static final class TpmCommands {
    private static final String PASSWORD = "00000009400000090000000000";
    private static final String INDEX = "01500016";
    private static final String OWNER = "40000001";

    static String random(int bytes) {
      return "80010000000c0000017b%04x".formatted(bytes);
    }

    /** An index of 8 bytes that the owner and the index's own password, both empty, open. */
    static String define() {
      return "80020000002d0000012a"
          + OWNER
          + PASSWORD
          + "0000"
          + "000e"
          + INDEX
          + "000b020600060000"
          + "0008";
    }

    static String write(String eightBytes) {
      return "80020000002b00000137" + OWNER + INDEX + PASSWORD + "0008" + eightBytes + "0000";
    }

    static String read() {
      return "8002000000230000014e" + OWNER + INDEX + PASSWORD + "00080000";
    }
  }

  /** What the TPM answers, in hexadecimal; a code of 0 at its 7th byte is success. */
  private static String ask(Typist typist, String command) throws IOException {
    String bytes = command.replaceAll("..", "\\\\x$0");
    String answer =
        typist.run(
            "exec 3<>/dev/tpm0; printf '"
                + bytes
                + "' >&3;"
                + " hexdump -v -e '1/1 \"%02x\"' <&3; exec 3>&-");
    assertThat(answer).as("answer to %s", command).hasSizeGreaterThanOrEqualTo(20);
    assertThat(answer.substring(12, 20)).as("code in %s", answer).isEqualTo("00000000");
    return answer;
  }

  @Test
  void aTpmKeepsItsSecretsOverRestartsOfVmAndDaemon() throws IOException, InterruptedException {
    for (String machine : List.of("q35", "i440fx")) {
      String name = "tpm-" + machine;
      daemon.create(Guests.tiny(name, guest, "", spec -> tpm().apply(spec).machine(machine)));
      daemon.awaitSerial(name, TinyGuest.READY);
      var typist = new Typist(daemon, name);
      assertThat(typist.run("cat /sys/class/tpm/tpm0/tpm_version_major")).isEqualTo("2");
      String random = ask(typist, TpmCommands.random(8));
      assertThat(ask(typist, TpmCommands.random(8))).isNotEqualTo(random);
      ask(typist, TpmCommands.define());
      ask(typist, TpmCommands.write("6b656c76696e2121"));

      if (machine.equals("q35")) {
        daemon.kill();
        daemon.restart();
        assertThat(ask(new Typist(daemon, name), TpmCommands.read())).contains("6b656c76696e2121");
      }
      daemon.done(daemon.client().stopVm(name));
      assertThat(processes("swtpm")).isZero();
      daemon.done(daemon.client().startVm(name));
      Await.until(
          "the guest boots a second time",
          Duration.ofSeconds(90),
          () -> daemon.serial(name).split(TinyGuest.READY, -1).length > 2);
      assertThat(ask(new Typist(daemon, name), TpmCommands.read())).contains("6b656c76696e2121");
      daemon.done(daemon.client().deleteVm(name, true));
    }
  }

  @Test
  void aGuestReadsAndWritesTheHostsDirectories() throws IOException, InterruptedException {
    Path open = directory("open");
    Path closed = directory("closed, odd");
    Files.writeString(open.resolve("from-host"), "hello guest");
    Files.writeString(closed.resolve("from-host"), "read me");
    daemon.create(
        Guests.tiny(
            "share",
            guest,
            "",
            spec -> shares(share("open", open, false), share("closed", closed, true)).apply(spec)));
    daemon.awaitSerial("share", TinyGuest.READY);
    var typist = new Typist(daemon, "share");
    typist.run("mkdir -p /open /closed; mount -t virtiofs open /open");
    assertThat(typist.run("cat /open/from-host")).isEqualTo("hello guest");
    typist.run("echo hello host > /open/from-guest; mkdir /open/d; ln -s x /open/d/l; sync");
    assertThat(open.resolve("from-guest")).hasContent("hello host");
    assertThat(Files.isSymbolicLink(open.resolve("d/l"))).isTrue();
    Files.writeString(open.resolve("later"), "seen at once");
    assertThat(typist.run("cat /open/later")).isEqualTo("seen at once");

    typist.run("mount -t virtiofs closed /closed");
    assertThat(typist.run("cat /closed/from-host")).isEqualTo("read me");
    assertThat(typist.run("echo x > /closed/new")).contains("Read-only file system");
    assertThat(typist.run("rm /closed/from-host")).contains("Read-only file system");
    assertThat(closed.resolve("from-host")).hasContent("read me");
    assertThat(closed.resolve("new")).doesNotExist();
    assertThat(Files.isWritable(closed)).as("the host itself still writes").isTrue();

    // The next daemon takes the file servers over with the VM, and ends them with it.
    daemon.kill();
    daemon.restart();
    assertThat(new Typist(daemon, "share").run("cat /open/later")).isEqualTo("seen at once");
    daemon.done(daemon.client().stopVm("share"));
    assertThat(processes("virtiofsd")).isZero();
  }

  @Test
  void companionsEndWithTheirQemuAlsoWhenNobodyWatches() throws IOException, InterruptedException {
    Path shared = directory("shared");
    daemon.create(
        Guests.empty("pair", spec -> tpm().apply(shares(share("one", shared, false)).apply(spec))));
    assertThat(processes("swtpm")).isEqualTo(1);
    assertThat(processes("virtiofsd")).isPositive();
    long pid = daemon.client().vm("pair").status().pid();
    daemon.kill();
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    // They end by themselves; one that does not is ended by the next daemon at the latest.
    daemon.restart();
    daemon.awaitPhase("pair", Phase.CRASHED);
    assertThat(daemon.vmProcesses()).isEmpty();

    daemon.done(daemon.client().startVm("pair"));
    pid = daemon.client().vm("pair").status().pid();
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    daemon.awaitPhase("pair", Phase.CRASHED);
    assertThat(daemon.vmProcesses()).isEmpty();
  }

  /** Also of a VM that an earlier daemon has started. */
  @Test
  void theWallsOfEachProcessAreSeen() throws IOException, InterruptedException {
    daemon.create(Guests.empty("walled", tpm()));
    for (int daemons = 0; daemons < 2; daemons++) {
      VmIsolation seen = daemon.client().isolation("walled");
      assertThat(seen.processes()).extracting(ConfinedProcess::name).containsExactly("qemu", "tpm");
      assertThat(seen.processes().getFirst().pid())
          .isEqualTo(daemon.client().vm("walled").status().pid());
      Set<String> possible = wallsThatCanBeBuilt();
      // QEMU's own network is that of the host, and the kernel does not tell of Landlock.
      Set<String> unlike = Set.of("network", "landlock");
      for (ConfinedProcess process : seen.processes()) {
        assertThat(standing(process))
            .as(process.name())
            .containsAll(possible.stream().filter(wall -> !unlike.contains(wall)).toList());
      }
      assertThat(standing(seen.processes().getFirst())).doesNotContain("network");
      assertThat(standing(seen.processes().getLast()).contains("network"))
          .isEqualTo(possible.contains("network"));
      Await.until(
          "the walls are counted",
          Duration.ofSeconds(20),
          () ->
              daemon
                  .client()
                  .metrics()
                  .contains("kelvin_vm_walls{state=\"unseen\",vm=\"walled\"} 1"));
      daemon.kill();
      daemon.restart();
    }
    daemon.done(daemon.client().stopVm("walled"));
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> daemon.client().isolation("walled"))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.WRONG_STATE))
        .satisfies(e -> assertThat(e.problem().remedy()).contains("kelvin start walled"));
  }

  /** Of a file server all that its work leaves possible. */
  @Test
  void aFileServerHasACellToo() throws IOException {
    Path shared = directory("walled");
    daemon.create(Guests.empty("server", shares(share("s", shared, false))));
    ConfinedProcess server =
        daemon.client().isolation("server").processes().stream()
            .filter(one -> one.name().equals("share-s"))
            .findAny()
            .orElseThrow();
    // It acts as any user, and its files have no limit of their own; see HelperCell.
    Set<String> unlike = Set.of("user", "capabilities", "limits", "landlock");
    assertThat(standing(server))
        .containsAll(wallsThatCanBeBuilt().stream().filter(wall -> !unlike.contains(wall)).toList())
        .doesNotContain("user", "capabilities");
    // What it has kept: nothing but the rights to act as any user with files.
    assertThat(server.walls())
        .filteredOn(wall -> wall.wall().equals("capabilities"))
        .singleElement()
        .satisfies(wall ->
            assertThat(wall.seen())
                .startsWith(
                    "effective cap_chown cap_dac_override cap_fowner cap_fsetid cap_setgid"
                        + " cap_setuid;"));
    assertThat(TestDaemon.arguments(ProcessHandle.of(server.pid()).orElseThrow()))
        .doesNotContain(shared.toString());
    daemon.done(daemon.client().deleteVm("server", true));
  }

  private static Set<String> wallsThatCanBeBuilt() {
    return daemon.client().host().doctor().checks().stream()
        .filter(check -> check.id().startsWith("wall-") && check.remedy() == null)
        .map(check -> check.id().substring("wall-".length()))
        .collect(Collectors.toSet());
  }

  private static List<String> standing(ConfinedProcess process) {
    return process.walls().stream()
        .filter(wall -> wall.state() == WallState.STANDS)
        .map(Wall::wall)
        .toList();
  }

  @Test
  void theUserIsToldWhenACompanionDies() throws IOException, InterruptedException {
    daemon.create(Guests.empty("poor", tpm()));
    daemon.vmProcesses().stream()
        .filter(one -> TestDaemon.arguments(one).contains("swtpm"))
        .forEach(ProcessHandle::destroyForcibly);
    Await.until(
        "the status tells",
        Duration.ofSeconds(20),
        () ->
            Objects.requireNonNullElse(daemon.client().vm("poor").status().message(), "")
                .contains("its TPM has failed"));
    assertThat(daemon.client().vm("poor").status().phase()).isEqualTo(Phase.RUNNING);
    daemon.done(daemon.client().stopVm("poor"));
    daemon.done(daemon.client().startVm("poor"));
    assertThat(processes("swtpm")).isEqualTo(1);
  }

  @Test
  void directoriesThatCannotBeSharedAreRefused() throws IOException {
    Path file = Files.writeString(work.resolve("file"), "");
    Path link = Files.createSymbolicLink(work.resolve("link"), daemon.layout().state());
    for (Path bad :
        List.of(
            work.resolve("absent"),
            file,
            link,
            Path.of("/"),
            daemon.layout().state(),
            daemon.layout().runtime().resolve("vms"))) {
      var vm = Guests.empty("bad", spec -> shares(share("s", bad, false)).apply(spec));
      var refusal =
          catchThrowableOfType(
              ProblemException.class, () -> daemon.client().createVm(VmDocument.of(vm)));
      assertThat(refusal).as(bad.toString()).isNotNull();
      assertThat(refusal.problem().code()).isEqualTo(Code.INVALID_ARGUMENT);
      assertThat(refusal.problem().field()).isEqualTo("spec.shares[0].path");
      var card = Nic.of("net").withNetboot(new Netboot("loader", bad.toString()), 0);
      var byTftp = Guests.empty("bad", spec -> spec.nics(List.of(card)));
      assertThatExceptionOfType(ProblemException.class)
          .as(bad.toString())
          .isThrownBy(() -> daemon.client().createVm(VmDocument.of(byTftp)))
          .satisfies(
              e -> assertThat(e.problem().field()).isEqualTo("spec.nics[0].netboot.directory"));
    }
    assertThat(daemon.client().allVms(ListQuery.all())).isEmpty();
  }

  @Test
  void aShareThatVanishedFailsTheStartAndLeavesNothing() throws IOException {
    Path shared = directory("brief");
    daemon.create(
        Guests.empty(
            "late",
            spec ->
                Guests.stopped()
                    .apply(tpm().apply(shares(share("s", shared, false)).apply(spec)))
                    .memory(Memory.of(ByteSize.ofMiB(64)))));
    Files.delete(shared);
    var task = daemon.ended(daemon.client().startVm("late"));
    assertThat(Objects.requireNonNull(task.problem()).oneLine()).contains("no directory");
    assertThat(daemon.vmProcesses()).isEmpty();
  }
}
