package dev.kelvin.machine;

import dev.kelvin.host.file.GuestDirectory;
import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.guest.SerialHub;
import dev.kelvin.machine.guest.SerialLog;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.qemu.QemuEngine;
import dev.kelvin.machine.qemu.QemuInstance;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.machine.supervise.VmRequest;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmIsolation;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Semaphore;

/**
 * What users do with a VM that changes nothing of what is wanted of it: its screen, its ports. What
 * they do in its guest is in {@link GuestAccess}.
 */
public final class VmAccess {
  /** How long a daemon that has just begun may take to reach a process of its predecessor. */
  private static final Duration ADOPTION = Duration.ofSeconds(5);

  /** Of a screen of 3840 x 2160 that shows noise, a picture has 25 MB. */
  private static final int MAX_PICTURE = 32 << 20;

  private final Machines machines;
  private final QemuEngine engine;
  private final VmHome home;

  /** So few pictures are read at a time: QEMU decides how large they are. */
  private final Semaphore pictures = new Semaphore(2);

  VmAccess(Machines machines, QemuEngine engine, VmHome home) {
    this.machines = machines;
    this.engine = engine;
    this.home = home;
  }

  /**
   * A screen as PNG.
   *
   * @param screen from 1
   */
  public byte[] screenshot(String vm, int screen) throws InterruptedException {
    Supervisor supervisor = machines.byName(vm);
    requireScreen(vm, screen, requireRunning(vm).run().spec().graphics().screens());
    var files = home.files(supervisor.record().metadata().id());
    Path picture = files.screenshot(UUID.randomUUID().toString());
    String name = picture.getFileName().toString();
    try (var runtime = GuestDirectory.open(files.runtime())) {
      supervisor.ask(new VmRequest.Screenshot(picture, screen));
      pictures.acquire();
      try {
        return runtime.read(name, MAX_PICTURE);
      } finally {
        pictures.release();
        runtime.delete(name);
      }
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The picture of the screen cannot be read")
          .on(Vm.ref(vm))
          .because(e.toString())
          .remedy("check the room and the permissions of " + picture.getParent())
          .asException(e);
    }
  }

  public void sendKeys(String vm, List<String> keys) throws InterruptedException {
    machines.byName(vm).ask(new VmRequest.SendKeys(keys));
  }

  /**
   * What confines the VM's processes, as the kernel shows it now. Neither the VM nor its supervisor
   * is waited for.
   *
   * @throws ProblemException wrong-state when it has no process; host-failure when one cannot be
   *     looked at
   */
  public VmIsolation isolation(String vm) {
    return Walls.of(machines, vm);
  }

  /** What is read while it is passed on: there may be more than fits into memory. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /** The last bytes that the VM wrote to its serial port, this run and earlier ones. */
  public Content serialLog(String vm, long limit) {
    Path log = home.files(machines.get(vm).metadata().id()).serialLog();
    return out -> SerialLog.copyTail(log, limit, out);
  }

  /** Somebody who looks at a serial port. */
  public interface SerialListener {
    void data(byte[] fromGuest);

    void closed(String reason);
  }

  /** A way to type into a serial port. */
  public interface SerialLine extends AutoCloseable {
    void send(byte[] toGuest);

    @Override
    void close();
  }

  /** Opens the serial port of a VM that runs. Several may be open at once. */
  public SerialLine openSerial(String vm, SerialListener listener) throws InterruptedException {
    SerialHub hub = requireRunning(vm) instanceof QemuInstance held ? held.serial() : null;
    if (hub == null) {
      throw Problem.of(Code.WRONG_STATE, "The VM has no serial port")
          .on(Vm.ref(vm))
          .because("spec.serial.enabled is false")
          .remedy("set it to true (\"kelvin edit " + vm + "\") and start the VM again")
          .asException();
    }
    var adapter =
        new SerialHub.Listener() {
          @Override
          public void data(byte[] fromGuest) {
            listener.data(fromGuest);
          }

          @Override
          public void closed(String reason) {
            listener.closed(reason);
          }
        };
    hub.add(adapter);
    return new SerialLine() {
      @Override
      public void send(byte[] toGuest) {
        try {
          hub.send(toGuest);
        } catch (IOException e) {
          throw new UncheckedIOException("typing into the serial port of " + vm, e);
        }
      }

      @Override
      public void close() {
        hub.remove(adapter, "closed");
      }
    };
  }

  /** Connects to where QEMU serves the screen of a VM that runs (RFC 6143). */
  public SocketChannel openScreen(String vm) throws InterruptedException {
    if (!(requireRunning(vm) instanceof QemuInstance running)
        || !Files.exists(running.files().vnc(), LinkOption.NOFOLLOW_LINKS)) {
      throw noScreen(vm);
    }
    try {
      return engine.screen(running);
    } catch (IOException e) {
      throw Problem.of(Code.UNAVAILABLE, "The screen of the VM cannot be reached")
          .on(Vm.ref(vm))
          .because(e.toString())
          .remedy("see whether the VM still runs: kelvin show " + vm)
          .asException(e);
    }
  }

  private static void requireScreen(String vm, int screen, int screens) {
    if (screens == 0) {
      throw noScreen(vm);
    }
    if (screen > screens) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The VM has no screen " + screen)
          .on(Vm.ref(vm))
          .because("it has " + screens)
          .remedy("name one that it has, or add one to spec.graphics.others and restart the VM")
          .asException();
    }
  }

  private static ProblemException noScreen(String vm) {
    return Problem.of(Code.WRONG_STATE, "The VM has no screen")
        .on(Vm.ref(vm))
        .because("spec.graphics.type is none")
        .remedy(
            "set it to vnc (\"kelvin edit %1$s\") and start the VM again, or: kelvin console %1$s"
                .formatted(vm))
        .asException();
  }

  private Instance requireRunning(String vm) throws InterruptedException {
    return requireRunning(vm, machines.byName(vm));
  }

  /** The process of a VM that runs. */
  static Instance requireRunning(String vm, Supervisor supervisor) throws InterruptedException {
    Instance running = supervisor.running(ADOPTION);
    if (running == null) {
      Phase phase = supervisor.snapshot().status().phase();
      throw Problem.of(Code.WRONG_STATE, "The VM is " + phase.wire())
          .on(Vm.ref(vm))
          .because(phase.hasProcess() ? "its process does not answer" : "it has no process")
          .remedy(
              phase.hasProcess()
                  ? "ask again in a moment; if it stays so, \"kelvin stop " + vm + "\" ends it"
                  : "start it with \"kelvin start " + vm + "\"")
          .asException();
    }
    return running;
  }
}
