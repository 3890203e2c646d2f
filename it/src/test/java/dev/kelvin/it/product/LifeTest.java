package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.Client;
import dev.kelvin.api.http.EventStream;
import dev.kelvin.api.http.MessageSocket;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Phase;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.VmStatus.ExitReason;
import dev.kelvin.model.spec.Restart;
import dev.kelvin.model.spec.RestartMode;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The life of a VM, as its user sees it. */
class LifeTest extends OnOneDaemon {
  private static TinyGuest guest;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    guest = TinyGuest.obtain();
  }

  private static Client client() {
    return daemon.client();
  }

  private static VmStatus status(String vm) {
    return client().vm(vm).status();
  }

  private static ExitReason lastExit(String vm) {
    return Objects.requireNonNull(status(vm).lastExit()).reason();
  }

  private static void type(String vm, String line) throws IOException {
    try (MessageSocket console = client().console(vm, Client.Console.SERIAL)) {
      console.send((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void startsPausesShowsItsScreenAndShutsDown() throws IOException {
    daemon.create(Guests.tiny("life", guest, "", spec -> spec));
    daemon.awaitSerial("life", TinyGuest.READY);
    VmStatus running = status("life");
    assertThat(running.phase()).isEqualTo(Phase.RUNNING);
    assertThat(running.pid()).isPositive();
    assertThat(whatLedTo("vm.running", "vm/life")).contains("\"starting\"", "\"started\"");

    daemon.done(client().pauseVm("life"));
    assertThat(status("life").phase()).isEqualTo(Phase.PAUSED);
    daemon.done(client().resumeVm("life"));
    assertThat(status("life").phase()).isEqualTo(Phase.RUNNING);

    assertThat(client().screenshot("life")).startsWith(0x89, 'P', 'N', 'G');
    client().sendKeys("life", List.of("ret"));

    daemon.done(client().shutdownVm("life", Duration.ofSeconds(30), false));
    assertThat(status("life").phase()).isEqualTo(Phase.STOPPED);
    assertThat(lastExit("life")).isEqualTo(ExitReason.SHUTDOWN);
    assertThat(status("life").pid()).isZero();

    daemon.done(client().startVm("life"));
    assertThat(status("life").pid()).isPositive().isNotEqualTo(running.pid());
    daemon.done(client().renameVm("life", "afterlife"));
    daemon.done(client().stopVm("afterlife"));
    assertThat(lastExit("afterlife")).isEqualTo(ExitReason.STOPPED);
  }

  /** The data of the first event of a type that an object had. */
  private static String whatLedTo(String type, String object) throws IOException {
    try (EventStream events = client().events(0L, object)) {
      while (true) {
        EventStream.Item item = Objects.requireNonNull(events.next());
        JsonNode event = Documents.tree(item.data().getBytes(StandardCharsets.UTF_8));
        if (event.path("type").asString().equals(type)) {
          return event.path("data").toString();
        }
      }
    }
  }

  @Test
  void aPowerOffFromInsideIsToldFromACrash() throws IOException {
    daemon.create(Guests.tiny("off", guest, "", spec -> spec));
    daemon.awaitSerial("off", TinyGuest.READY);
    type("off", "poweroff -f");
    daemon.awaitPhase("off", Phase.STOPPED);
    assertThat(lastExit("off")).isEqualTo(ExitReason.GUEST_POWEROFF);
  }

  @Test
  void aRebootKeepsTheProcess() throws IOException {
    daemon.create(Guests.tiny("again", guest, "", spec -> spec));
    daemon.awaitSerial("again", TinyGuest.READY);
    long pid = status("again").pid();
    type("again", "reboot -f");
    Await.until(
        "the guest boots a second time",
        Duration.ofSeconds(60),
        () -> daemon.serial("again").split(TinyGuest.READY, -1).length > 2);
    assertThat(status("again").phase()).isEqualTo(Phase.RUNNING);
    assertThat(status("again").pid()).isEqualTo(pid);
  }

  @Test
  void aPanicIsSeen() throws IOException {
    daemon.create(Guests.tiny("panic", guest, "", spec -> spec));
    daemon.awaitSerial("panic", TinyGuest.READY);
    type("panic", "echo c > /proc/sysrq-trigger");
    daemon.awaitPhase("panic", Phase.CRASHED);
    assertThat(lastExit("panic")).isEqualTo(ExitReason.GUEST_PANIC);
  }

  @Test
  void aKilledProcessIsACrashAndIsRestartedIfThatIsThePolicy() {
    var policy = new Restart(RestartMode.ON_FAILURE, 1);
    daemon.create(Guests.empty("phoenix", spec -> spec.restart(policy)));
    long first = status("phoenix").pid();
    ProcessHandle.of(first).orElseThrow().destroyForcibly();
    Await.until(
        "it is started again",
        Duration.ofSeconds(20),
        () -> {
          VmStatus seen = status("phoenix");
          return seen.phase() == Phase.RUNNING && seen.pid() != first;
        });
    assertThat(status("phoenix").restarts()).isEqualTo(1);
    assertThat(lastExit("phoenix")).isEqualTo(ExitReason.CRASH);

    ProcessHandle.of(status("phoenix").pid()).orElseThrow().destroyForcibly();
    Await.until(
        "it gives up after the one attempt",
        Duration.ofSeconds(20),
        () -> {
          VmStatus seen = status("phoenix");
          return seen.phase() == Phase.CRASHED && seen.message() != null;
        });
  }

  @Test
  void aGuestThatDoesNotListenIsStoppedAtTheDeadlineOnlyWithForce() {
    daemon.create(Guests.empty("deaf", spec -> spec));
    var refused = daemon.ended(client().shutdownVm("deaf", Duration.ofSeconds(1), false));
    assertThat(Objects.requireNonNull(refused.problem()).code().wire()).isEqualTo("timeout");
    assertThat(status("deaf").phase()).isEqualTo(Phase.RUNNING);
    daemon.done(client().shutdownVm("deaf", Duration.ofSeconds(1), true));
    assertThat(status("deaf").phase()).isEqualTo(Phase.STOPPED);
  }
}
