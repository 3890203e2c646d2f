package dev.kelvin.machine;

import dev.kelvin.host.process.BootId;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.engine.Condition;
import dev.kelvin.machine.engine.DiskFailure;
import dev.kelvin.machine.engine.Engine;
import dev.kelvin.machine.engine.Instance;
import dev.kelvin.machine.engine.Signal;
import dev.kelvin.machine.guest.GuestWatch;
import dev.kelvin.machine.launch.Processes;
import dev.kelvin.machine.store.HeldResource;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs each VM by a {@code sleep}: no QEMU, no control channel, nothing but a process and signals
 * of the kernel.
 */
final class SleepEngine implements Engine {
  @Override
  public Instance start(VmRecord vm, Consumer<Signal> signals, RunSaver saver) {
    try {
      var process = new ProcessBuilder("sleep", "1000").start();
      var run =
          new RunRecord(
              ProcessId.of(process.pid()).orElseThrow().encode(),
              BootId.current(),
              "none",
              Instant.now(),
              vm.spec(),
              List.of(),
              List.of(),
              null,
              vm.uid(),
              null,
              List.of(),
              List.of());
      saver.save(run);
      return adopt(vm, run, signals);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Instance adopt(VmRecord vm, RunRecord run, Consumer<Signal> signals) {
    ProcessId process = ProcessId.decode(run.process());
    CompletableFuture<Void> _ =
        ProcessHandle.of(process.pid())
            .map(ProcessHandle::onExit)
            .orElseGet(() -> CompletableFuture.completedFuture(null))
            .thenAccept(gone -> signals.accept(new Signal.Lost("its process is not seen")));
    return new Sleeping(process, run);
  }

  @Override
  public boolean sameBoot(RunRecord run) {
    return true;
  }

  @Override
  public GuestWatch.Connector agent(Instance held) {
    throw new AssertionError("there is no agent here");
  }

  @Override
  public void change(Instance held, VmRecord wanted, boolean back, Saver saver)
      throws InterruptedException {
    saver.accept(held.withRun(held.run().withSpec(wanted.spec())));
  }

  @Override
  public void kill(VmRecord vm, RunRecord run) {
    Processes.kill(ProcessId.decode(run.process()));
  }

  @Override
  public void release(String id, List<HeldResource> held) {}

  @Override
  public void forget(VmRecord vm) {}

  private record Sleeping(ProcessId process, RunRecord run) implements Instance {
    @Override
    public @Nullable DiskFailure diskFailure() {
      return null;
    }

    @Override
    public Instance withRun(RunRecord newRun) {
      return new Sleeping(process, newRun);
    }

    @Override
    public boolean isOpen() {
      return !process.gone();
    }

    @Override
    public Condition condition() {
      try {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        boolean stopped = stat.charAt(stat.lastIndexOf(')') + 2) == 'T'; // proc_pid_stat(5)
        return stopped ? Condition.PAUSED : Condition.RUNNING;
      } catch (IOException e) {
        throw Problem.of(Code.UNAVAILABLE, "The process is gone").remedy("none").asException(e);
      }
    }

    private void signal(String name) throws InterruptedException {
      try {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void proceed() throws InterruptedException {
      signal("CONT");
    }

    @Override
    public void pause() throws InterruptedException {
      signal("STOP");
    }

    @Override
    public void reset() {
      throw lacks("a reset button");
    }

    @Override
    public void end() throws InterruptedException {
      requestShutdown();
      proceed();
    }

    @Override
    public void requestShutdown() throws InterruptedException {
      signal("TERM");
    }

    @Override
    public void sendKeys(List<String> chords) {
      throw lacks("a keyboard");
    }

    @Override
    public void screenshot(Path png, int screen) {
      throw lacks("a screen");
    }

    private static RuntimeException lacks(String what) {
      return Problem.of(Code.CAPABILITY_MISSING, "A sleep has not " + what)
          .remedy("none")
          .asException();
    }

    @Override
    public @Nullable String lastWords() {
      return null;
    }

    @Override
    public void close() {}
  }
}
