package dev.kelvin.machine;

import dev.kelvin.machine.guest.AgentSource;
import dev.kelvin.machine.guest.GuestFiles;
import dev.kelvin.machine.guest.GuestProgram;
import dev.kelvin.machine.guest.GuestPrograms;
import dev.kelvin.machine.guest.GuestTrees;
import dev.kelvin.machine.guest.GuestWatch;
import dev.kelvin.machine.supervise.Supervisor;
import dev.kelvin.model.Code;
import dev.kelvin.model.GuestInfo;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.qmp.AgentClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What users do in guests, by their agents. */
public final class GuestAccess {
  /** How long whoever ends a program waits for its end: more than its guest is given for it. */
  private static final Duration ENDING = Duration.ofSeconds(45);

  private final Machines machines;
  private final ConcurrentMap<Key, Running> programs = new ConcurrentHashMap<>();

  GuestAccess(Machines machines) {
    this.machines = machines;
  }

  /** A program that somebody waits for, by the name that its client gave it. */
  private record Key(String vm, String id) {}

  /**
   * A program that runs.
   *
   * @param unwanted opened to have it ended
   * @param over how it ended: with a problem, or empty
   */
  private record Running(CountDownLatch unwanted, CompletableFuture<Optional<Problem>> over) {
    Running() {
      this(new CountDownLatch(1), new CompletableFuture<>());
    }
  }

  /** What the agent said last. */
  public GuestInfo guest(String vm) throws InterruptedException {
    GuestWatch watch = requireGuest(vm);
    GuestInfo info = watch.last();
    if (info == null) {
      watch.agent();
      throw Problem.of(Code.GUEST_AGENT, "The guest has just begun to answer")
          .on(Vm.ref(vm))
          .because("its agent is there and has not told of itself yet")
          .remedy("ask again in a moment")
          .asException();
    }
    return info;
  }

  private GuestWatch requireGuest(String vm) throws InterruptedException {
    Supervisor supervisor = machines.byName(vm);
    VmAccess.requireRunning(vm, supervisor);
    VmStatus status = supervisor.snapshot().status();
    if (status.phase() == Phase.PAUSED) {
      String why = status.message();
      throw Problem.of(Code.WRONG_STATE, "The VM is paused")
          .on(Vm.ref(vm))
          .because("nothing runs in its guest meanwhile" + (why == null ? "" : " (" + why + ")"))
          .remedy("let it go on: kelvin resume " + vm)
          .asException();
    }
    GuestWatch watch = supervisor.guest();
    if (watch == null) {
      throw Problem.of(Code.GUEST_AGENT, "The VM has no channel to a guest agent")
          .on(Vm.ref(vm))
          .because("spec.guestAgent is false")
          .remedy("set it to true (\"kelvin edit " + vm + "\") and start the VM again")
          .asException();
    }
    return watch;
  }

  private AgentSource source(String vm) {
    return () -> requireGuest(vm).agent();
  }

  /**
   * Runs a program in the guest and waits for its end.
   *
   * @param id by which {@link #end} finds it; null when nobody will ask for that
   * @param environment {@code NAME=value}, which it gets beside what the agent itself has
   * @param input for its standard input
   * @param timeout how long it may run before it is ended
   */
  public AgentClient.ExecResult exec(
      String vm,
      @Nullable String id,
      List<String> command,
      List<String> environment,
      byte[] input,
      Duration timeout)
      throws InterruptedException {
    var program = new GuestProgram(command, environment, input, timeout);
    var running = new Running();
    Key key = id == null ? null : new Key(vm, id);
    if (key != null && programs.putIfAbsent(key, running) != null) {
      throw Problem.of(Code.CONFLICT, "A program with that id runs already")
          .on(Vm.ref(vm))
          .at("id")
          .because("\"" + id + "\" is what another request has called its program")
          .remedy("choose another id for each program")
          .asException();
    }
    Optional<Problem> end = Optional.empty();
    try {
      return new GuestPrograms(vm, source(vm)).run(program, running.unwanted());
    } catch (RuntimeException | InterruptedException | Error e) {
      end = Optional.of(ProblemException.toProblem(e));
      throw e;
    } finally {
      if (key != null) {
        programs.remove(key, running);
      }
      running.over().complete(end);
    }
  }

  /**
   * Ends a program that somebody waits for. Returns when it has ended.
   *
   * @throws ProblemException not-found when there is none with that id; otherwise what tells that
   *     it runs on
   */
  public void end(String vm, String id) throws InterruptedException {
    machines.byName(vm);
    Running running = programs.get(new Key(vm, id));
    if (running == null) {
      throw Problem.of(Code.NOT_FOUND, "No program with that id runs")
          .on(Vm.ref(vm))
          .because("no request has called its program \"" + id + "\", or it has ended")
          .remedy("programs are found as long as the request that has started them is answered")
          .asException();
    }
    running.unwanted().countDown();
    try {
      Optional<Problem> end = running.over().get(ENDING.toSeconds(), TimeUnit.SECONDS);
      if (end.isPresent() && end.get().code() != Code.CANCELLED) {
        throw end.get().asException();
      }
    } catch (TimeoutException e) {
      throw Problem.of(Code.TIMEOUT, "The program has not ended yet")
          .on(Vm.ref(vm))
          .because("its guest takes long to end it")
          .remedy("ask again")
          .asException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("it is never completed exceptionally", e);
    }
  }

  /** What is read while it is passed on, and opened when that begins. */
  private interface Reading {
    void to(OutputStream out) throws IOException, InterruptedException;
  }

  private static VmAccess.Content content(Reading reading) {
    return out -> {
      try {
        reading.to(out);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("while a file of the guest was read");
      }
    };
  }

  /** A file of the guest. */
  public VmAccess.Content readFile(String vm, String path) throws InterruptedException {
    requireGuest(vm).agent();
    return content(out -> new GuestFiles(vm, source(vm)).read(path, out));
  }

  /**
   * Writes a file of the guest; one that is there stays as it is until the new one is whole.
   *
   * @param mode permissions of one that was not there
   */
  public void writeFile(String vm, String path, int mode, InputStream content)
      throws InterruptedException {
    new GuestFiles(vm, source(vm)).write(path, mode, content);
  }

  /** An archive of a directory of the guest. */
  public VmAccess.Content readTree(String vm, String path) throws InterruptedException {
    requireGuest(vm).agent();
    return content(out -> new GuestTrees(vm, source(vm)).read(path, out));
  }

  /**
   * Unpacks an archive in the guest.
   *
   * @param name what to make in {@code path} when that is a directory already; null for nothing
   * @param mode permissions of the directory when it is made
   */
  public void writeTree(
      String vm, String path, @Nullable String name, int mode, InputStream archive)
      throws InterruptedException {
    new GuestTrees(vm, source(vm)).write(path, name, mode, archive);
  }
}
