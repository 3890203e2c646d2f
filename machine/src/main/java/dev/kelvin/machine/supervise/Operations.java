package dev.kelvin.machine.supervise;

import dev.kelvin.machine.supervise.Mailbox.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What takes as long as a guest likes, such as to give a device up or to shut down, goes on beside
 * the mailbox of the supervisor. So all else that is asked is seen to meanwhile, above all a stop.
 * A VM has one operation of each kind at a time; those of different kinds do not wait for each
 * other.
 *
 * <p>Used by the supervisor's thread, but for what {@link Work} says.
 */
final class Operations {
  private static final System.Logger LOG = System.getLogger(Operations.class.getName());

  /** How long one that is broken off is waited for. */
  private static final Duration UNDO = Duration.ofSeconds(2);

  /** What operations do. */
  enum Kind {
    /** Plug devices in and pull them out. */
    DEVICES,
    /** Ask the guest to shut down, until the time for that is over. */
    SHUTDOWN
  }

  /** Runs in a thread of its own; what changes the VM it has done by the supervisor's. */
  @FunctionalInterface
  interface Work {
    /**
     * Does it.
     *
     * @param inside does something by the supervisor's thread, and waits for that
     */
    void run(Inside inside) throws InterruptedException;
  }

  @FunctionalInterface
  interface Inside {
    void run(Runnable change) throws InterruptedException;
  }

  private record Operation(Thread thread, CompletableFuture<Void> answer) {}

  private final Consumer<Message> mailbox;
  private final List<Message.Ask> later = new ArrayList<>();
  private final Map<Kind, Operation> current = new EnumMap<>(Kind.class);

  /**
   * None yet.
   *
   * @param mailbox of the supervisor
   */
  Operations(Consumer<Message> mailbox) {
    this.mailbox = mailbox;
  }

  boolean busy() {
    return !current.isEmpty();
  }

  boolean busy(Kind kind) {
    return current.containsKey(kind);
  }

  /**
   * Begins one, while there is none of its kind.
   *
   * @param answer of who asked for it; when it is done before, nobody waits for it any more
   * @param ended told how it ended, null for well; it gives the answer. Not told of one that was
   *     {@link #cancel cancelled}
   */
  void begin(
      Kind kind,
      String name,
      CompletableFuture<Void> answer,
      Work work,
      Consumer<@Nullable Throwable> ended) {
    Thread thread =
        Thread.ofVirtual()
            .name(name)
            .unstarted(() -> {
              Throwable failure = null;
              try {
                work.run(this::inside);
              } catch (RuntimeException | InterruptedException | Error e) {
                if (e instanceof Error) {
                  LOG.log(System.Logger.Level.ERROR, "in the operation " + name, e);
                }
                failure = e;
              }
              Throwable why = failure;
              var done = new Operation(Thread.currentThread(), answer);
              mailbox.accept(new Message.Inside(() -> finish(kind, done, ended, why), answer));
            });
    current.put(kind, new Operation(thread, answer));
    thread.start();
  }

  /** Breaks one off; nothing more is heard of it. */
  void cancel(Kind kind) {
    Operation now = current.remove(kind);
    if (now != null) {
      now.thread.interrupt();
    }
  }

  private void finish(
      Kind kind,
      Operation operation,
      Consumer<@Nullable Throwable> ended,
      @Nullable Throwable why) {
    if (!current.remove(kind, operation)) {
      return; // cancelled; perhaps the next one is under way
    }
    CompletableFuture<Void> answer = operation.answer();
    try {
      ended.accept(why);
    } catch (RuntimeException | Error e) { // nobody else would answer
      answer.completeExceptionally(e);
      if (e instanceof Error) {
        LOG.log(System.Logger.Level.ERROR, "after an operation", e);
      }
    } finally {
      List.copyOf(later).forEach(mailbox);
      later.clear();
    }
  }

  private void inside(Runnable change) throws InterruptedException {
    var done = new CompletableFuture<Void>();
    mailbox.accept(
        new Message.Inside(
            () -> {
              try {
                change.run();
                done.complete(null);
              } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
              }
            },
            done));
    try {
      done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /**
   * Keeps a request for when the change of devices under way has ended; one for which nobody waits
   * any more is broken off for it. Tasks that change devices exclude each other, so it is rare: it
   * takes one whose undoing failed and that was given up ({@code kelvin task abandon}) while it was
   * tried again. Its guest may keep a device meanwhile, and the next task comes at once.
   *
   * @return false when there is none
   */
  boolean defer(Message.Ask ask) {
    Operation now = current.get(Kind.DEVICES);
    if (now == null) {
      return false;
    }
    later.add(ask);
    if (now.answer.isDone()) {
      now.thread.interrupt();
    }
    return true;
  }

  /** Breaks all off, and lets them undo what is half done; all who wait get this as the answer. */
  void end(RuntimeException why) {
    for (Operation now : current.values()) {
      now.thread.interrupt();
      now.answer.completeExceptionally(why);
    }
    try {
      for (Operation now : current.values()) {
        if (!now.thread.join(UNDO)) {
          LOG.log(System.Logger.Level.WARNING, now.thread.getName() + " is left behind");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    later.forEach(ask -> ask.answer().completeExceptionally(why));
    later.clear();
  }
}
