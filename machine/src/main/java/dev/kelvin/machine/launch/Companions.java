package dev.kelvin.machine.launch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Layer;
import dev.kelvin.host.file.Descriptor;
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
import java.util.Map;
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

  /** What both kinds of file servers say of themselves when nothing is left that could fail. */
  private static final String WAITS = "Waiting for vhost-user socket connection";

  private static final Duration WORD_DEADLINE = Duration.ofSeconds(2);
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
        Confinement cell = cells.of(one);
        ProcessId process =
            switch (one.kind()) {
              case TPM, USERS_FILE_SERVER ->
                  processes.launch(launch(vm, one, directory, cell, List.of()));
              case FILE_SERVER -> {
                requireRoot(vm, one, cell);
                try (var listening = Descriptor.listening(one.socket())) {
                  yield processes.launch(launch(vm, one, directory, cell, List.of(listening)));
                }
              }
            };
        started.add(new StartedCompanion(one.name(), process.encode(), null));
        awaitReady(vm, one, process);
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

  private static Launch launch(
      VmRecord vm, Companion one, Path directory, Confinement cell, List<Descriptor> handed) {
    return new Launch(
        vm.ref() + " " + one.name(), one.argv(), directory, one.output(), cell, Map.of(), handed);
  }

  /**
   * Without a root of its own a server would serve with root's rights what its path leads to.
   *
   * @throws dev.kelvin.model.ProblemException capability-missing where none can be built
   */
  private void requireRoot(VmRecord vm, Companion one, Confinement cell) {
    String why = processes.missing(cell).get(Layer.ROOT);
    if (why != null) {
      throw Problem.of(Code.CAPABILITY_MISSING, "No directory can be shared here")
          .on(vm.ref())
          .because("its server, " + one.name() + ", would not be shut into it: " + why)
          .remedy("see \"kelvin doctor --security\" for wall-root, or take the share from the VM")
          .asException();
    }
  }

  private static boolean isReady(Companion one) throws IOException {
    return switch (one.kind()) {
      case TPM, USERS_FILE_SERVER -> Files.exists(one.socket(), LinkOption.NOFOLLOW_LINKS);
      case FILE_SERVER -> Files.readString(one.output(), ISO_8859_1).contains(WAITS);
    };
  }

  private static void awaitReady(VmRecord vm, Companion one, ProcessId process) throws IOException {
    // One that is handed its socket need not say so: QEMU is answered when it is ready.
    boolean handed = one.kind() == Companion.Kind.FILE_SERVER;
    long begin = System.nanoTime();
    while (!isReady(one) || process.gone()) {
      Duration passed = Duration.ofNanos(System.nanoTime() - begin);
      if (handed && !process.gone() && passed.compareTo(WORD_DEADLINE) > 0) {
        LOG.log(Level.DEBUG, () -> one.name() + " does not say that it waits for QEMU");
        return;
      }
      if (process.gone() || passed.compareTo(READY_DEADLINE) > 0) {
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
