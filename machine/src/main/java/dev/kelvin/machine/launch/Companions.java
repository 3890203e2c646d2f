package dev.kelvin.machine.launch;

import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.file.GuestDirectory;
import dev.kelvin.host.launch.Launch;
import dev.kelvin.host.launch.ProcessLauncher;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.StartedCompanion;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.qemu.launch.Companion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The processes that serve a VM's QEMU: its TPM, its shared directories. Each is started before
 * QEMU and noted in the run's record with it; each ends by itself when QEMU closes the connection,
 * also when no daemon runs, and is ended by force when it does not.
 */
public final class Companions {
  private static final Logger LOG = System.getLogger(Companions.class.getName());
  private static final Duration READY_DEADLINE = Duration.ofSeconds(20);
  private static final Duration AGAIN = Duration.ofSeconds(5);
  private static final Duration END_DEADLINE = Duration.ofSeconds(2);

  /** What a helper may reach. */
  @FunctionalInterface
  public interface Cells {
    Confinement of(Companion helper) throws InterruptedException;
  }

  private final ProcessLauncher processes;

  public Companions(ProcessLauncher processes) {
    this.processes = processes;
  }

  /**
   * Starts all, and waits until QEMU can reach each. When one fails, none is left.
   *
   * @param cells what each may reach
   * @throws dev.kelvin.model.ProblemException host-failure with what the one that failed has said
   */
  public List<StartedCompanion> start(
      VmRecord vm, Cells cells, List<Companion> wanted, Path directory)
      throws InterruptedException {
    var started = new ArrayList<StartedCompanion>();
    try {
      for (Companion one : wanted) {
        Files.deleteIfExists(one.output());
        ProcessId process =
            processes.launch(
                new Launch(
                    vm.ref() + " " + one.name(),
                    one.argv(),
                    directory,
                    one.output(),
                    cells.of(one)));
        started.add(
            new StartedCompanion(
                one.name(),
                process.encode(),
                one.leavesLockFile() ? Companion.lockFile(one.socket()).toString() : null));
        awaitSocket(vm, one, process);
        try (var runtime = GuestDirectory.open(directory)) {
          runtime.giveSocket(one.socket().getFileName().toString(), vm.uid());
        }
      }
      return List.copyOf(started);
    } catch (IOException e) {
      end(started);
      throw new UncheckedIOException("preparing the companions of a VM", e);
    } catch (RuntimeException | InterruptedException e) {
      end(started);
      throw e;
    }
  }

  private static void awaitSocket(VmRecord vm, Companion one, ProcessId process) {
    long end = System.nanoTime() + READY_DEADLINE.toNanos();
    while (!Files.exists(one.socket(), LinkOption.NOFOLLOW_LINKS)) {
      if (process.gone() || System.nanoTime() > end) {
        String words = VmHome.lastWords(one.output());
        throw Problem.of(
                Code.HOST_FAILURE, "A helper process of the VM did not start: " + one.name())
            .on(vm.ref())
            .because(
                words == null
                    ? one.argv().getFirst() + " ended without a word, or hangs"
                    : one.argv().getFirst() + ": " + words)
            .remedy("see kelvin doctor; what it said is in " + one.output())
            .asException();
      }
      LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
    }
  }

  /** Calls {@code ended} with the name of each that ends, or has ended already. */
  public static void watch(List<StartedCompanion> running, Consumer<String> ended) {
    running.forEach(one -> watch(one, ProcessId.decode(one.process()), ended));
  }

  private static void watch(StartedCompanion one, ProcessId process, Consumer<String> ended) {
    if (process.gone()) {
      ended.accept(one.name());
      return;
    }
    CompletableFuture<ProcessHandle> end =
        ProcessHandle.of(process.pid())
            .map(ProcessHandle::onExit)
            .orElseGet(() -> CompletableFuture.failedFuture(new IOException("it is not seen")));
    CompletableFuture<ProcessHandle> _ =
        end.whenComplete((gone, failure) -> {
          if (process.gone()) {
            ended.accept(one.name());
            return;
          }
          // The JDK takes one that it cannot see for one that has ended.
          LOG.log(Level.DEBUG, "process " + process.pid() + " is looked at again", failure);
          CompletableFuture.delayedExecutor(AGAIN.toSeconds(), TimeUnit.SECONDS)
              .execute(() -> watch(one, process, ended));
        });
  }

  /** Waits for those whose QEMU is gone, and ends by force what stays. */
  public static void end(List<StartedCompanion> running) {
    for (StartedCompanion one : running) {
      ProcessId process = ProcessId.decode(one.process());
      if (!Processes.awaitEnd(process, END_DEADLINE)) {
        LOG.log(Level.INFO, () -> one.name() + " outlived its QEMU and is ended");
        Processes.kill(process);
      }
      if (one.leftover() != null) {
        try {
          Files.deleteIfExists(Path.of(one.leftover()));
        } catch (IOException e) {
          LOG.log(Level.WARNING, "removing " + one.leftover(), e);
        }
      }
    }
  }
}
