package dev.kelvin.server.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.Volume;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Action.Resource;
import dev.kelvin.server.action.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** VMs of a node that are only stored: what is done at once, what is a task, what is refused. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VmsOfANodeTest {
  private TestNode node;

  @BeforeAll
  void open(@TempDir Path home) throws IOException, InterruptedException {
    node = TestNode.open(home);
  }

  @AfterAll
  void close() {
    node.close();
  }

  private Vm made(String name) throws InterruptedException {
    node.done(TestNode.create(TestNode.vm(name, Map.of())));
    return node.vm(name);
  }

  @Test
  void aVmIsMadeByATaskAndCompleted() throws InterruptedException {
    Task task = node.done(TestNode.create(TestNode.vm("made", Map.of("team", "blue"))));
    assertThat(task.type()).isEqualTo("vm.create");
    assertThat(task.object()).isEqualTo("vm/made");
    var read = (Outcome.Document) node.perform(new Action.GetVm("made"));
    var vm = (Vm) read.body();
    assertThat(read.revision()).isEqualTo(vm.metadata().revision()).isPositive();
    assertThat(vm.metadata().id()).isNotEmpty();
    assertThat(vm.metadata().labels()).isEqualTo(Map.of("team", "blue"));
    assertThat(vm.spec().machine()).startsWith("pc-q35-");
    assertThat(vm.status().phase()).isEqualTo(Phase.STOPPED);
  }

  @Test
  void aDryRunMakesNothing() throws InterruptedException {
    Vm draft = TestNode.vm("tried", Map.of());
    var shown = (Outcome.Document) node.perform(new Action.CreateVm(draft, false, true));
    assertThat(((Vm) shown.body()).spec().machine()).startsWith("pc-q35-");
    Problem problem = node.refusal(new Action.GetVm("tried"));
    assertThat(problem.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(problem.object()).isEqualTo("vm/tried");
  }

  @Test
  void aDryRunOfAnUpdateChangesNothing() throws InterruptedException {
    Vm before = made("kept");
    Vm draft = before.withMetadata(before.metadata().withLabels(Map.of("a", "b")));
    var shown = (Outcome.Document) node.perform(new Action.UpdateVm("kept", draft, null, true));
    assertThat(((Vm) shown.body()).metadata().labels()).isEqualTo(Map.of("a", "b"));
    assertThat(shown.revision()).isEqualTo(before.metadata().revision());
    assertThat(node.vm("kept")).isEqualTo(before);
  }

  @Test
  void anUpdateOfWhatHasChangedMeanwhileIsRefused() throws InterruptedException {
    Vm first = made("raced");
    Vm draft = first.withMetadata(first.metadata().withLabels(Map.of("by", "one")));
    long seen = first.metadata().revision();
    node.done(new Action.UpdateVm("raced", draft, seen, false));
    Vm second = node.vm("raced");
    assertThat(second.metadata().labels()).isEqualTo(Map.of("by", "one"));
    assertThat(second.metadata().revision()).isGreaterThan(seen);

    Problem problem = node.refusal(new Action.UpdateVm("raced", draft, seen, false));
    assertThat(problem.code()).isEqualTo(Code.REVISION_MISMATCH);
    assertThat(problem.cause())
        .contains(Long.toString(seen), Long.toString(second.metadata().revision()));
    assertThat(node.vm("raced")).isEqualTo(second);
  }

  @Test
  void aNameIsTakenOnce() throws InterruptedException {
    made("taken");
    assertThat(node.refusal(TestNode.create(TestNode.vm("taken", Map.of()))).code())
        .isEqualTo(Code.ALREADY_EXISTS);
    made("other");
    assertThat(node.refusal(new Action.RenameVm("other", "taken")).code())
        .isEqualTo(Code.ALREADY_EXISTS);
    assertThat(node.refusal(new Action.RenameVm("other", "No Name")).code())
        .isEqualTo(Code.INVALID_ARGUMENT);
    node.done(new Action.RenameVm("other", "renamed"));
    assertThat(node.vm("renamed").metadata().name()).isEqualTo("renamed");
    assertThat(node.refusal(new Action.GetVm("other")).code()).isEqualTo(Code.NOT_FOUND);
  }

  @Test
  void namesAreNumberedFromTheFirstThatIsFree() throws InterruptedException {
    made("ci-1");
    made("ci-3");
    for (String expected : List.of("ci-2", "ci-4")) {
      Task task = node.done(new Action.CreateVm(TestNode.vm("ci", Map.of()), true, false));
      assertThat(task.object()).isEqualTo("vm/" + expected);
    }
    String longest = "a".repeat(60);
    Task task = node.done(new Action.CreateVm(TestNode.vm(longest, Map.of()), true, false));
    assertThat(task.object()).isEqualTo("vm/" + "a".repeat(55) + "-1");
  }

  @Test
  void devicesComeAndGo() throws InterruptedException {
    made("devices");
    node.done(new Action.AttachDisk("devices", Disk.of("more", null, ByteSize.ofMiB(1))));
    node.done(new Action.AttachNic("devices", Nic.of("net7")));
    Vm vm = node.vm("devices");
    assertThat(vm.spec().disks()).extracting(Disk::name).containsExactly("data", "more");
    assertThat(vm.spec().nics()).extracting(Nic::name).contains("net7");
    assertThat(vm.spec().nics().getLast().mac()).as("it is completed").isNotNull();

    Problem twice = node.refusal(new Action.AttachNic("devices", Nic.of("net7")));
    assertThat(twice.code()).isEqualTo(Code.ALREADY_EXISTS);
    Problem none = node.refusal(new Action.DetachNic("devices", "net8"));
    assertThat(none.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(none.remedy()).isEqualTo("did you mean \"net7\"?");
    Problem drive = node.refusal(new Action.SetMedia("devices", "cd0", null));
    assertThat(drive.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(drive.cause()).isEqualTo("it has none");

    node.done(new Action.DetachNic("devices", "net7"));
    node.done(new Action.DetachDisk("devices", "more"));
    assertThat(node.vm("devices").spec().disks()).extracting(Disk::name).containsExactly("data");
  }

  @Test
  void aVmThatIsOffCanBeAskedForLittle() throws InterruptedException {
    made("off");
    for (Action what :
        List.of(
            new Action.Screenshot("off", 1),
            new Action.SendKeys("off", List.of("a")),
            new Action.GetGuest("off"),
            new Action.ReadGuestFile("off", "/etc/hosts"),
            new Action.GuestExec(
                "off", null, List.of("true"), List.of(), new byte[0], Duration.ofSeconds(5)))) {
      Problem problem = node.refusal(what);
      assertThat(problem.code()).as("%s: %s", what, problem).isEqualTo(Code.WRONG_STATE);
      assertThat(problem.remedy()).as("%s", what).isNotNull();
    }
    for (Action.Write what :
        List.of(new Action.PauseVm("off"), new Action.ResumeVm("off"), new Action.ResetVm("off"))) {
      Problem problem = node.ended(what).problem();
      assertThat(problem).as("%s", what).isNotNull();
      assertThat(problem.code()).as("%s", what).isEqualTo(Code.WRONG_STATE);
    }
    assertThat(node.refusal(new Action.EndGuestProgram("off", "a-1")).code())
        .isEqualTo(Code.NOT_FOUND);
    assertThat(node.vm("off").status().phase()).isEqualTo(Phase.STOPPED);
  }

  @Test
  void whoeverAsksForNobodyIsToldTheNearestName() throws InterruptedException {
    made("database");
    for (Action what :
        List.of(
            new Action.GetVm("databse"),
            new Action.StartVm("databse"),
            new Action.ShutdownVm("databse", null, false),
            new Action.DeleteVm("databse", false, false),
            new Action.OpenConsole("databse", Action.ConsoleKind.SERIAL))) {
      Problem problem = node.refusal(what);
      assertThat(problem.code()).as("%s", what).isEqualTo(Code.NOT_FOUND);
      assertThat(problem.remedy()).as("%s", what).contains("\"database\"");
    }
  }

  @Test
  void whatIsDeletedIsGoneWithItsDisks() throws InterruptedException {
    Vm whole = made("doomed");
    Vm survivor = made("half");
    Path gone = volume(whole);
    Path left = volume(survivor);
    assertThat(gone).exists();
    node.done(new Action.DeleteVm("doomed", false, false));
    node.done(new Action.DeleteVm("half", false, true));
    assertThat(node.refusal(new Action.GetVm("doomed")).code()).isEqualTo(Code.NOT_FOUND);
    assertThat(gone).doesNotExist();
    assertThat(left).exists();
    String id = survivor.metadata().id() + "-data";
    assertThat(node.page(Resource.VOLUMES, Query.all()).items())
        .filteredOn(one -> ((Volume) one).id().equals(id))
        .singleElement()
        .satisfies(one -> assertThat(((Volume) one).usedBy()).isNull());
    node.done(new Action.DeleteVolume(id, false));
    assertThat(left).doesNotExist();
  }

  private Path volume(Vm vm) {
    try (var files = Files.list(node.layout.volumes())) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(vm.metadata().id()))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
