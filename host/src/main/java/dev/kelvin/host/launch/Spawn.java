package dev.kelvin.host.launch;

import dev.kelvin.host.cell.Confined;
import dev.kelvin.host.file.Descriptor;
import dev.kelvin.host.kernel.CLibrary;
import dev.kelvin.host.kernel.CLibrary.Result;
import dev.kelvin.host.kernel.Syscalls;
import dev.kelvin.host.process.ProcessId;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts processes by posix_spawn(3) of the C library, which the JDK's own way cannot replace: that
 * closes all descriptors but the first three. A process begins in a session of its own (setsid(2)),
 * with no signal blocked, and of the daemon's descriptors with those that are handed over and no
 * other.
 */
final class Spawn {
  private static final System.Logger LOG = System.getLogger(Spawn.class.getName());

  /** Larger than those of each C library: 80 and 336 bytes in that of GNU, 80 and 336 in musl. */
  private static final long STRUCTURE = 1024;

  /** Of sigset_t: 1024 signals. */
  private static final long SIGNALS = 128;

  private static final long SETSIGMASK = 0x08;
  private static final long SETSID = 0x80;

  private static final long NONE = -1;

  /** A thread that only waits needs little. */
  private static final long STACK = 256 << 10;

  private final Syscalls kernel = new Syscalls();
  private final CLibrary library;
  private final MemorySegment closeFrom;

  private Spawn(CLibrary library, MemorySegment closeFrom) {
    this.library = library;
    this.closeFrom = closeFrom;
  }

  /**
   * The way of this host; empty where the C library cannot close what is not handed over (before
   * 2.34 of GNU's, and musl).
   */
  static Optional<Spawn> ofHost() {
    var library = new CLibrary();
    return library
        .find("posix_spawn_file_actions_addclosefrom_np")
        .map(closeFrom -> new Spawn(library, closeFrom));
  }

  /**
   * A process that has just begun. Until this is closed nothing takes its number from it, also when
   * it ends at once.
   */
  static final class Child implements AutoCloseable {
    private final long pid;
    private final Syscalls kernel;
    private final Life life;

    private Child(long pid, Syscalls kernel, Life life) {
      this.pid = pid;
      this.kernel = kernel;
      this.life = life;
    }

    /** One that the JDK has started, which reaps it as soon as it ends. */
    static Child ofJdk(Process process) {
      return new Child(process.pid(), new Syscalls(), new Life());
    }

    long pid() {
      return pid;
    }

    /**
     * Its exit code when it has ended and is reaped, 128 + N when signal N has ended it; {@value
     * #NONE} when that is not known.
     */
    CompletableFuture<Integer> ended() {
      return life.ended();
    }

    /** It takes no descriptor, which the daemon may have none left of. */
    void kill() {
      kernel.call(Syscalls.KILL, pid, ProcessId.SIGKILL);
    }

    /** From now on it is reaped. */
    @Override
    public void close() {
      life.known().complete(true);
    }
  }

  /**
   * What is known of a process, by and by.
   *
   * @param begun its pid
   * @param known that it is known, so that it can be reaped
   * @param ended how it ended
   */
  private record Life(
      CompletableFuture<Long> begun,
      CompletableFuture<Boolean> known,
      CompletableFuture<Integer> ended) {
    Life() {
      this(new CompletableFuture<>(), new CompletableFuture<>(), new CompletableFuture<>());
    }
  }

  /** What the thread that starts a process does to itself, and then to the process. */
  interface Entry {
    /** Right before the process is started, which inherits it. */
    void enter() throws IOException;

    /**
     * Right after.
     *
     * @throws IOException with which the process is ended
     */
    void started(long pid) throws IOException;
  }

  /**
   * What a process reads and writes without opening it.
   *
   * @param input null for nothing
   */
  record Streams(@Nullable Descriptor input, Descriptor output, Descriptor error) {}

  /**
   * What to start.
   *
   * @param argv the path of the program, and its arguments
   * @param descriptors that it has as 3, 4 and so on
   */
  record Order(
      List<String> argv,
      Map<String, String> environment,
      Streams streams,
      List<Descriptor> descriptors) {}

  /**
   * Starts a process, from a thread that is used for nothing else: what the entry does to it, no
   * other thread has.
   *
   * @throws IOException when the kernel refuses it, or the entry
   */
  Child start(Order order, Entry entry) throws IOException {
    return start(life -> reap(began(order, entry, life), life));
  }

  /**
   * As {@link #start}, and the thread lasts as long as the process: for the kernel that is the
   * process's parent, and to its end is bound who asks for a signal at that (PR_SET_PDEATHSIG of
   * prctl(2)). Until then it has what the entry does to it.
   */
  Child startBound(Order order, Entry entry) throws IOException {
    return start(life -> last(order, entry, life));
  }

  private Child start(Consumer<Life> work) throws IOException {
    var life = new Life();
    // Before there is a process that nobody would wait for.
    Thread.ofPlatform().daemon().stackSize(STACK).name("reaper").start(() -> work.accept(life));
    long pid = Confined.of(life.begun());
    return new Child(pid, kernel, life);
  }

  /** The pid of the process, of which is told; or none, and why. */
  private long began(Order order, Entry entry, Life life) {
    try {
      long pid = Confined.await("starter", () -> spawned(order, entry));
      life.begun().complete(pid);
      return pid;
    } catch (IOException | RuntimeException | Error e) {
      life.begun().completeExceptionally(e);
      return NONE;
    }
  }

  /** Waits for the thread that starts the process, and waits for it. */
  private void last(Order order, Entry entry, Life life) {
    // Only this platform thread waits for it: the other one may wake no virtual thread.
    var begun = new CompletableFuture<Long>();
    var waited = new CompletableFuture<Long>();
    Thread starter =
        Thread.ofPlatform()
            .daemon()
            .name("starter")
            .unstarted(() -> {
              try {
                long pid = spawned(order, entry);
                begun.complete(pid);
                life.known().join();
                waited.complete(await(pid));
              } catch (IOException | RuntimeException | Error e) {
                begun.completeExceptionally(e);
                waited.completeExceptionally(e);
              }
            });
    try {
      starter.start();
      long pid = Confined.of(begun);
      life.begun().complete(pid);
      starter.join();
      ended(pid, Confined.of(waited), life);
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      life.begun().completeExceptionally(e);
      life.ended().complete((int) NONE);
    }
  }

  /** Runs in a thread of its own, which wakes no other: in a cell it could start none. */
  private long spawned(Order order, Entry entry) throws IOException {
    var above = new ArrayList<Long>();
    try (Arena arena = Arena.ofConfined()) {
      // None of them is where another one goes to.
      int least = Launch.FIRST_DESCRIPTOR + order.descriptors().size();
      for (Descriptor one : handed(order)) {
        above.add(one.duplicate(least));
      }
      var variables = new ArrayList<String>();
      order.environment().forEach((name, value) -> variables.add(name + "=" + value));
      MemorySegment pid = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment actions = arena.allocate(STRUCTURE, Long.BYTES);
      MemorySegment attributes = arena.allocate(STRUCTURE, Long.BYTES);
      MemorySegment program = arena.allocateFrom(order.argv().getFirst());
      MemorySegment arguments = texts(arena, order.argv());
      MemorySegment environment = texts(arena, variables);
      call("posix_spawn_file_actions_init", actions.address());
      call("posix_spawnattr_init", attributes.address());
      try {
        act(arena, actions, above, order.streams().input() == null);
        call("posix_spawnattr_setflags", attributes.address(), SETSIGMASK | SETSID);
        call(
            "posix_spawnattr_setsigmask",
            attributes.address(),
            arena.allocate(SIGNALS, Long.BYTES).address());
        entry.enter();
        call(
            "posix_spawn",
            pid.address(),
            program.address(),
            actions.address(),
            attributes.address(),
            arguments.address(),
            environment.address());
        return completed(entry, pid.get(ValueLayout.JAVA_INT, 0));
      } finally {
        call("posix_spawn_file_actions_destroy", actions.address());
        call("posix_spawnattr_destroy", attributes.address());
      }
    } finally {
      above.forEach(kernel::close);
    }
  }

  private long completed(Entry entry, long pid) throws IOException {
    try {
      entry.started(pid);
      return pid;
    } catch (IOException | RuntimeException | Error e) {
      kernel.call(Syscalls.KILL, pid, ProcessId.SIGKILL);
      kernel.call(Syscalls.WAIT4, pid);
      throw e;
    }
  }

  /** All that the child gets, in the order of its numbers; the first may be missing. */
  private static List<Descriptor> handed(Order order) {
    var all = new ArrayList<Descriptor>();
    Streams streams = order.streams();
    if (streams.input() != null) {
      all.add(streams.input());
    }
    all.add(streams.output());
    all.add(streams.error());
    all.addAll(order.descriptors());
    return all;
  }

  /**
   * What the child does before it is the program, in this order.
   *
   * @param nothing whether it has nothing to read
   */
  private void act(Arena arena, MemorySegment actions, List<Long> descriptors, boolean nothing)
      throws IOException {
    long to = actions.address();
    int next = 0;
    if (nothing) {
      open(to, next++, arena.allocateFrom("/dev/null"), 0);
    }
    for (long one : descriptors) {
      call("posix_spawn_file_actions_adddup2", to, one, next++);
    }
    require(library.call(closeFrom, to, next));
  }

  private void open(long actions, long as, MemorySegment path, long flags) throws IOException {
    call("posix_spawn_file_actions_addopen", actions, as, path.address(), flags, 0);
  }

  /** An array of texts that ends with a null pointer. */
  private static MemorySegment texts(Arena arena, List<String> texts) throws IOException {
    requireWhole(texts);
    MemorySegment all = arena.allocate(ValueLayout.ADDRESS, texts.size() + 1L);
    for (int i = 0; i < texts.size(); i++) {
      all.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(texts.get(i)));
    }
    return all;
  }

  /**
   * Makes sure that texts arrive as they are.
   *
   * @throws IOException when one has a NUL in it, at which it would end
   */
  static void requireWhole(List<String> texts) throws IOException {
    if (texts.stream().anyMatch(text -> text.indexOf(0) >= 0)) {
      throw new IOException("an argument or a variable would end at the NUL that is in it");
    }
  }

  private void call(String function, long... arguments) throws IOException {
    require(library.call(library.require(function), arguments));
  }

  /** These functions give the number of an error, or 0. */
  private static void require(Result result) throws IOException {
    int error = (int) result.value();
    if (error != 0) {
      throw new IOException(Syscalls.error(error));
    }
  }

  /** Waits for a child, so that nothing of it is left when it has ended. */
  private void reap(long pid, Life life) {
    if (pid != NONE) {
      life.known().join();
      ended(pid, await(pid), life);
    }
  }

  /**
   * Waits in a thread that may be in a cell, where no class can be loaded.
   *
   * @return the status as wait4(2) gives it, or the number of an error, negative
   */
  private long await(long pid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(ValueLayout.JAVA_INT);
      Syscalls.Answer answer = kernel.call(Syscalls.WAIT4, pid, status.address(), 0, 0);
      while (!answer.ok() && answer.errno() == Syscalls.EINTR) {
        answer = kernel.call(Syscalls.WAIT4, pid, status.address(), 0, 0);
      }
      return answer.ok() ? status.get(ValueLayout.JAVA_INT, 0) : -answer.errno();
    }
  }

  /**
   * Tells how a process ended.
   *
   * @param status of {@link #await}
   */
  private static void ended(long pid, long status, Life life) {
    int signal = (int) status & 0x7F;
    int code = signal == 0 ? (int) status >> 8 & 0xFF : 128 + signal;
    if (status < 0) {
      LOG.log(
          Level.WARNING,
          "process " + pid + " cannot be waited for: " + Syscalls.error((int) -status));
    }
    life.ended().complete(status < 0 ? (int) NONE : code);
  }
}
