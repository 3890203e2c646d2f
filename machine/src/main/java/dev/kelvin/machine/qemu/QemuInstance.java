package dev.kelvin.machine.qemu;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.engine.Condition;
import dev.kelvin.machine.engine.DiskFailure;
import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.engine.Signal;
import dev.kelvin.machine.guest.SerialHub;
import dev.kelvin.machine.launch.Companions;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.qemu.VmFiles;
import dev.kelvin.qemu.control.RunningVm;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A QEMU that runs, and the connections to it.
 *
 * @param serial null for a VM without a serial port
 */
public record QemuInstance(
    ProcessId process, RunningVm qemu, @Nullable SerialHub serial, VmFiles files, RunRecord run)
    implements Instance {

  @Override
  public QemuInstance withRun(RunRecord newRun) {
    return new QemuInstance(process, qemu, serial, files, newRun);
  }

  /** The user id that it runs as; negative for the daemon's own. */
  int user() {
    return Objects.requireNonNull(run.user(), "what is held has a complete record");
  }

  /** Has the end of each process that serves it told. */
  void watchCompanions(Consumer<Signal> signals) {
    Companions.watch(run.helpers(), name -> signals.accept(Translation.companionEnded(name)));
  }

  @Override
  public boolean isOpen() {
    return qemu.isOpen();
  }

  @Override
  public Condition condition() throws InterruptedException {
    return Translation.of(qemu.state());
  }

  @Override
  public @Nullable DiskFailure diskFailure() throws InterruptedException {
    return qemu.failedDisk()
        .map(disk -> new DiskFailure(disk.name(), disk.full(), null))
        .orElse(null);
  }

  @Override
  public void proceed() throws InterruptedException {
    qemu.cont();
  }

  @Override
  public void pause() throws InterruptedException {
    qemu.pause();
  }

  @Override
  public void reset() throws InterruptedException {
    qemu.reset();
  }

  @Override
  public void end() throws InterruptedException {
    qemu.quit();
  }

  @Override
  public void requestShutdown() throws InterruptedException {
    qemu.powerdown();
  }

  @Override
  public void sendKeys(List<String> chords) throws InterruptedException {
    qemu.sendKeys(chords);
  }

  @Override
  public void screenshot(Path png, int screen) throws InterruptedException {
    qemu.screenshot(png, screen);
  }

  @Override
  public @Nullable String lastWords() {
    return VmHome.lastWords(files.output());
  }

  @Override
  public void close() {
    qemu.close();
    if (serial != null) {
      serial.close();
    }
  }
}
