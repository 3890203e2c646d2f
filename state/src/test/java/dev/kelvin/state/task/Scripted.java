package dev.kelvin.state.task;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A task type whose steps a..c note what they do, and do what a test tells them. */
final class Scripted {
  static final String TYPE = "scripted";

  /** What a step does when it runs. */
  enum Way {
    PASS,
    REFUSE,
    BREAK,
    ERR,
    WAIT,
    WAIT_DEAF
  }

  /** Which step goes which way; the others pass. */
  record Input(String step, Way way, int failingUndos) {}

  private final BlockingQueue<String> notes = new LinkedBlockingQueue<>();
  private final AtomicInteger undos = new AtomicInteger();
  private final CountDownLatch release = new CountDownLatch(1);
  private final CountDownLatch waiting = new CountDownLatch(1);

  static Input passing() {
    return new Input("", Way.PASS, 0);
  }

  TaskType<Input> type() {
    return type(true);
  }

  TaskType<Input> type(boolean cancellable) {
    return new TaskType<>(
        TYPE, Input.class, List.of(new Noting("a"), new Noting("b"), new Noting("c")), cancellable);
  }

  /** What was done up to now. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /** Waits until a step waits. */
  void awaitWaiting() throws InterruptedException {
    if (!waiting.await(20, TimeUnit.SECONDS)) {
      throw new AssertionError("no step waits: " + notes());
    }
  }

  /** Lets the step go on that waits. */
  void release() {
    release.countDown();
  }

  /** What a step of {@code names} each notes. */
  static List<String> noted(String verb, String... names) {
    List<String> all = new ArrayList<>();
    for (String name : names) {
      all.add(verb + " " + name);
    }
    return all;
  }

  private final class Noting implements Step<Input> {
    private final String name;

    Noting(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void run(Input input, StepContext context) throws Exception {
      notes.add("run " + name);
      context.report(new Progress(1, 4, "bytes", "in " + name));
      context.remember(name, "was here");
      context.result("scripted/" + name);
      if (name.equals(input.step())) {
        go(input.way());
      }
    }

    private void go(Way way) throws InterruptedException {
      switch (way) {
        case PASS -> {}
        case REFUSE ->
            throw Problem.of(Code.HOST_FAILURE, "Refused on purpose").remedy("none").asException();
        case BREAK -> throw new IllegalStateException("broken on purpose");
        case ERR -> throw new StackOverflowError("on purpose");
        case WAIT -> {
          waiting.countDown();
          release.await();
        }
        case WAIT_DEAF -> {
          waiting.countDown();
          while (release.getCount() > 0) {
            Thread.onSpinWait();
          }
        }
      }
    }

    @Override
    public void undo(Input input, StepContext context) {
      notes.add("undo " + name + (Thread.currentThread().isInterrupted() ? ", interrupted" : ""));
      if (name.equals(input.step()) && undos.getAndIncrement() < input.failingUndos()) {
        throw Problem.of(Code.UNAVAILABLE, "Not undone on purpose")
            .because("the test says so")
            .remedy("wait")
            .asException();
      }
    }
  }
}
