package dev.kelvin.server.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import dev.kelvin.model.Image;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.StateReport;
import dev.kelvin.model.Vm;
import dev.kelvin.model.cpu.CpuModels;
import dev.kelvin.model.cpu.HostCpu;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Txn;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a node says of itself, and who may ask. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodeQuestionsTest {
  private static final Problem PORT =
      Problem.of(Code.CONFLICT, "The API has no port")
          .on("127.0.0.1:8006")
          .because("all are taken")
          .remedy("free one");

  private static final Action.Guests X86 = new Action.Guests(Architecture.X86_64, "tcg");

  private final List<Action> authorised = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable Problem> refusal = new AtomicReference<>();
  private Path home;
  private TestNode node;

  @BeforeAll
  void open(@TempDir Path directory) throws IOException, InterruptedException {
    home = directory;
    reopen();
  }

  private void reopen() throws IOException, InterruptedException {
    node =
        TestNode.open(
            home,
            (who, what) -> {
              assertThat(who).isEqualTo(TestNode.ASKER);
              authorised.add(what);
              return Optional.ofNullable(refusal.get());
            },
            List.of(PORT));
  }

  @AfterEach
  void clear() throws InterruptedException {
    node.stops.clear();
    node.clear();
  }

  @AfterAll
  void close() {
    node.close();
  }

  private Check check(String id) throws InterruptedException {
    return node.document(DoctorReport.class, new Action.GetDoctor()).checks().stream()
        .filter(one -> one.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no check is called " + id));
  }

  @Test
  void whatIsRefusedHasNoEffect() throws InterruptedException {
    Problem no = Problem.of(Code.FORBIDDEN, "Not this one").on("vm/web1").remedy("ask");
    refusal.set(no);
    Action create = TestNode.create(TestNode.vm("web1", Map.of()));
    for (Action what :
        List.of(create, new Action.StopDaemon(true), new Action.GetInfo(), new Action.GetVm("a"))) {
      assertThat(node.refusal(what)).isEqualTo(no);
      assertThat(authorised.getLast()).isEqualTo(what);
    }
    assertThat(node.stops).isEmpty();
    refusal.set(null);
    assertThat(node.refusal(new Action.GetVm("web1")).code()).isEqualTo(Code.NOT_FOUND);
  }

  @Test
  void theDaemonIsEndedAsAsked() throws InterruptedException {
    assertThat(node.perform(new Action.StopDaemon(false))).isEqualTo(new Outcome.Done());
    assertThat(node.perform(new Action.StopDaemon(true))).isEqualTo(new Outcome.Done());
    assertThat(node.stops).containsExactly(false, true);
  }

  @Test
  void onlyNamesOfPackagesReachThePackageManager() throws InterruptedException {
    assertThat(node.refusal(new Action.InstallPackages(List.of())).field()).isEqualTo("packages");
    for (String name : List.of("", "-y", "a b", "a;b", "../a", "A", "a\nb", "a".repeat(101))) {
      Problem problem = node.refusal(new Action.InstallPackages(List.of("mtools", name)));
      assertThat(problem.code()).as(name).isEqualTo(Code.INVALID_ARGUMENT);
    }
  }

  @Test
  void metricsCountVmsByPhase() throws InterruptedException {
    node.done(TestNode.create(TestNode.vm("one", Map.of())));
    node.done(TestNode.create(TestNode.vm("two", Map.of())));
    var bytes = (Outcome.Bytes) node.perform(new Action.GetMetrics());
    assertThat(bytes.contentType()).startsWith("text/plain; version=0.0.4");
    assertThat(new String(bytes.content(), StandardCharsets.UTF_8))
        .contains("\nkelvin_vms{phase=\"" + Phase.STOPPED.wire() + "\"} 2.0\n")
        .contains("\nkelvin_damaged_objects 0.0\n")
        .containsPattern("\nkelvin_vm_up\\{.*one.*} 0\\.0\n");
  }

  /**
   * The rest of the node goes on; the doctor, the check of the store and the measures say which.
   */
  @Test
  void whatCannotBeReadIsTold() throws IOException, InterruptedException {
    node.done(TestNode.create(TestNode.vm("whole", Map.of())));
    node.done(TestNode.create(TestNode.vm("broken", Map.of())));
    assertThat(check("state").state()).isEqualTo(CheckState.OK);
    assertThat(node.document(StateReport.class, new Action.CheckState()).findings()).isEmpty();
    String key = "/vms/" + node.vm("broken").metadata().id();
    node.leave();
    try (var store = SqliteStore.open(node.layout.store())) {
      assertThat(store.get(key)).isPresent();
      store.commit(Txn.of(Op.put(key, "{\"spec\":".getBytes(StandardCharsets.UTF_8))));
    }
    reopen();

    assertThat(node.vm("whole").status().phase()).isEqualTo(Phase.STOPPED);
    NodeInfo info = node.document(NodeInfo.class, new Action.GetInfo());
    assertThat(info.damaged()).containsExactly("vm/broken");
    Check check = check("state.vm/broken");
    assertThat(check.state()).isEqualTo(CheckState.BROKEN);
    assertThat(check.remedy()).isNotEmpty();
    assertThat(node.document(StateReport.class, new Action.CheckState()).findings())
        .extracting(StateReport.Finding::key)
        .contains(key);
    var bytes = (Outcome.Bytes) node.perform(new Action.GetMetrics());
    assertThat(new String(bytes.content(), StandardCharsets.UTF_8))
        .contains("\nkelvin_damaged_objects 1.0\n");
    node.done(new Action.DeleteVm("broken", true, false));
    assertThat(check("state").state()).isEqualTo(CheckState.OK);
  }

  @Test
  void theDoctorTellsWhatIsWrongWithTheApi() throws InterruptedException {
    Check check = check("api.tls");
    assertThat(check.state()).isEqualTo(CheckState.LIMITED);
    assertThat(check.proof()).isEqualTo("The API has no port: all are taken");
    assertThat(check.remedy()).isEqualTo("free one");
  }

  @Test
  void theHostIsExaminedAnewByATask() throws InterruptedException {
    var before = node.document(DoctorReport.class, new Action.GetDoctor()).checkedAt();
    assertThat(node.done(new Action.RunDoctor()).object()).isEqualTo("node/doctor");
    var after = node.document(DoctorReport.class, new Action.GetDoctor()).checkedAt();
    assertThat(after).isAfter(before);
  }

  @Test
  void aBackupHoldsWhatIsStored() throws IOException, InterruptedException {
    node.done(TestNode.create(TestNode.vm("saved", Map.of("team", "blue"))));
    var download = (Outcome.Download) node.perform(new Action.BackUpState());
    var out = new ByteArrayOutputStream();
    download.content().writeTo(out);
    try (var lines = new GZIPInputStream(new ByteArrayInputStream(out.toByteArray()))) {
      String text = new String(lines.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(text).contains("/vms/" + node.vm("saved").metadata().id());
    }
  }

  @Test
  void cpusAreThoseOfTheHostsQemu() throws InterruptedException {
    CpuModels models = node.document(CpuModels.class, new Action.GetCpuModels(X86));
    assertThat(models.model("Nehalem")).isPresent();
    HostCpu own = node.document(HostCpu.class, new Action.GetHostCpu(X86));
    assertThat(own).isEqualTo(models.host());
    assertThat(own.accelerator()).isEqualTo("tcg");

    Object alone = node.document(Object.class, new Action.ComputeBaseline(List.of(own)));
    assertThat(node.document(Object.class, new Action.ComputeBaseline(List.of(own, own))))
        .as("a host twice is that host")
        .isEqualTo(alone);
    var arm = new Action.Guests(Architecture.AARCH64, "kvm");
    assertThat(node.refusal(new Action.GetCpuModels(arm)).code())
        .isEqualTo(Code.CAPABILITY_MISSING);
    HostCpu foreign =
        new HostCpu("HostCpu", "aarch64", "tcg", "7.2", "", null, null, List.of(), List.of());
    assertThat(node.refusal(new Action.ComputeBaseline(List.of(foreign))).field())
        .isEqualTo("hosts[0].architecture");
  }

  @Test
  void aConsolesTicketIsGoodOnce() throws InterruptedException {
    node.done(TestNode.create(TestNode.vm("off", Map.of())));
    var ticket =
        (Outcome.Ticket) node.perform(new Action.OpenConsole("off", Action.ConsoleKind.SERIAL));
    assertThat(ticket.path()).isEqualTo("/v1/consoles/" + ticket.ticket());
    assertThat(opening(ticket.ticket()).code()).isEqualTo(Code.WRONG_STATE);
    assertThat(opening(ticket.ticket()).code()).isEqualTo(Code.UNAUTHENTICATED);
    assertThat(opening("guessed").code()).isEqualTo(Code.UNAUTHENTICATED);
  }

  private Problem opening(String ticket) {
    return TestNode.problem(() -> node.openConsole(ticket));
  }

  @Test
  void guestsThatNobodyKnowsAreNotMadeUp() throws InterruptedException {
    for (Action what :
        List.of(new Action.AdoptGuest("ghost", null), new Action.EndGuest("ghost"))) {
      Problem problem = node.refusal(what);
      assertThat(problem.code()).isEqualTo(Code.NOT_FOUND);
      assertThat(problem.object()).isEqualTo(Vm.ref("ghost"));
    }
  }

  @Test
  void anImageIsReceivedAndDeleted() throws IOException, InterruptedException {
    byte[] disk = new byte[1 << 20];
    disk[disk.length - 1] = 7;
    node.done(
        new Action.ImportImage(
            "tiny",
            Image.Format.RAW,
            Compression.NONE,
            Map.of("a", "b"),
            new ByteArrayInputStream(disk),
            disk.length));
    Image image = node.document(Image.class, new Action.GetImage("tiny"));
    assertThat(image.metadata().labels()).isEqualTo(Map.of("a", "b"));
    assertThat(image.status().digest()).isNotNull();
    assertThat(
            node.refusal(
                    new Action.PullImage(
                        "tiny",
                        "https://h.example/d.raw",
                        null,
                        null,
                        null,
                        null,
                        false,
                        null,
                        Map.of()))
                .code())
        .isEqualTo(Code.ALREADY_EXISTS);
    node.done(new Action.DeleteImage("tiny", false));
    assertThat(node.refusal(new Action.GetImage("tiny")).code()).isEqualTo(Code.NOT_FOUND);
    try (var left = Files.walk(node.layout.images())) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
  }

  @Test
  void anUploadThatBreaksOffLeavesNothing() throws IOException, InterruptedException {
    Problem problem =
        node.refusal(
            new Action.ImportImage(
                "short",
                Image.Format.RAW,
                Compression.NONE,
                Map.of(),
                new ByteArrayInputStream(new byte[1000]),
                2000));
    assertThat(problem.code()).isIn(Code.MALFORMED, Code.INVALID_ARGUMENT);
    assertThat(node.refusal(new Action.GetImage("short")).code()).isEqualTo(Code.NOT_FOUND);
    try (var left = Files.walk(node.layout.images())) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
  }
}
