package dev.kelvin.machine.qemu;

import dev.kelvin.host.process.HeadStart;
import dev.kelvin.machine.engine.Engine;
import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.engine.Signal;
import dev.kelvin.machine.guest.GuestWatch;
import dev.kelvin.machine.launch.Processes;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.HeldResource;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRecord;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.function.Consumer;

/** Runs each VM by a QEMU. */
public final class QemuEngine implements Engine {
  private final VmLauncher launcher;
  private final VmHome home;

  public QemuEngine(VmLauncher launcher, VmHome home) {
    this.launcher = launcher;
    this.home = home;
  }

  @Override
  public QemuInstance start(VmRecord vm, Consumer<Signal> signals, RunSaver saver)
      throws InterruptedException {
    return launcher.start(vm, signals, saver);
  }

  @Override
  public QemuInstance adopt(VmRecord vm, RunRecord run, Consumer<Signal> signals)
      throws InterruptedException {
    QemuInstance adopted =
        launcher.adopt(vm, run, signal -> signals.accept(Translation.of(signal)));
    try {
      adopted.watchCompanions(signals);
      // The daemon that launched it may have died before it could end this.
      HeadStart.end(adopted.process());
      return adopted;
    } catch (RuntimeException | Error e) { // nobody holds it yet, and QEMU serves one client
      adopted.close();
      throw e;
    }
  }

  @Override
  public boolean sameBoot(RunRecord run) {
    return launcher.sameBoot(run);
  }

  @Override
  public GuestWatch.Connector agent(Instance held) {
    QemuInstance qemu = own(held);
    return limit -> launcher.agent(qemu, limit);
  }

  @Override
  public void change(Instance held, VmRecord wanted, boolean back, Saver saver)
      throws InterruptedException {
    new LiveChanges(launcher, wanted, back).apply(own(held), saver);
  }

  private static QemuInstance own(Instance held) {
    if (held instanceof QemuInstance qemu) {
      return qemu;
    }
    throw new IllegalArgumentException("no QEMU is behind " + held);
  }

  @Override
  public void kill(VmRecord vm, RunRecord run) {
    Processes.killOwn(run, home.files(vm.metadata().id()).runtime());
  }

  @Override
  public void release(String id, List<HeldResource> held) {
    launcher.release(id, held);
  }

  @Override
  public void forget(VmRecord vm) {
    launcher.conceal(vm);
  }

  /** Connects to where a QEMU serves the screen of its VM (RFC 6143). */
  public SocketChannel screen(QemuInstance held) throws IOException {
    return launcher.screen(held);
  }
}
