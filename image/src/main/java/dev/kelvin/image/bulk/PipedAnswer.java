package dev.kelvin.image.bulk;

import dev.kelvin.host.program.WorkerProcess;
import dev.kelvin.image.web.Answer;
import dev.kelvin.image.web.AnswerHead;
import dev.kelvin.image.web.FileRequest;
import dev.kelvin.image.web.Unfinished;
import dev.kelvin.image.web.Urls;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An answer that a worker gets. Its head is what the worker says, its body what comes through the
 * pipe; how the worker ends tells whether that was all. The worker has no file, so there is nothing
 * to believe it but the bytes, which are the server's anyway.
 */
final class PipedAnswer implements Answer {
  /** A JVM begins on a host that is busy. */
  private static final Duration START = Duration.ofSeconds(30);

  private final FileRequest request;
  private final PipedBody body;
  private final CompletableFuture<AnswerHead> told = new CompletableFuture<>();
  private final CompletableFuture<Integer> ended = new CompletableFuture<>();
  private final WorkerVoice voice;
  private @Nullable Thread runner;
  private @Nullable AnswerHead head;

  private PipedAnswer(FileRequest request) {
    this.request = request;
    this.voice = new WorkerVoice(request.uri().toString());
    this.body = new PipedBody(request.limits().stall(), this::requireWhole);
  }

  /**
   * Starts a worker and waits for the head of the answer.
   *
   * @param job the worker's, from what it is told and what hears its output
   * @param release is called once, when there is no worker any more
   * @throws IOException when the server cannot be reached, or the worker is killed
   */
  static PipedAnswer begin(
      WorkerProcess processes,
      FileRequest request,
      Function<PipedBody, WorkerProcess.Job> job,
      Runnable release)
      throws IOException, InterruptedException {
    var answer = new PipedAnswer(request);
    answer.runner =
        Thread.ofVirtual()
            .name("download")
            .start(() -> answer.run(processes, job.apply(answer.body), release));
    try {
      answer.head = answer.awaitHead();
      return answer;
    } catch (IOException | InterruptedException | RuntimeException e) {
      answer.close();
      throw e;
    }
  }

  private void run(WorkerProcess processes, WorkerProcess.Job job, Runnable release) {
    try {
      ended.complete(processes.run(job, this::take, () -> {}));
    } catch (InterruptedException | RuntimeException | Error e) {
      // Whatever it is: who waits for it must not wait for ever.
      ended.completeExceptionally(e);
    } finally {
      release.run();
    }
  }

  /** Takes a line of the worker. */
  private void take(String line) {
    switch (voice.hear(line)) {
      case WorkerReport.Head(AnswerHead answer) -> {
        if (!answer.answers(request.uri()) || !told.complete(answer)) {
          throw voice.nonsense("this is no answer to what was asked");
        }
      }
      case WorkerReport.Done _ -> {
        if (!told.isDone()) {
          throw voice.nonsense("it is done before there was an answer");
        }
      }
      case WorkerReport.Progress _ -> throw voice.nonsense("it was not asked how far it is");
      case WorkerReport.Broken _, WorkerReport.Failed _ -> {}
      case null -> {}
    }
  }

  /** Where a redirect has led to and could not be followed, if the worker names such a place. */
  private String address(@Nullable String said) {
    try {
      return Urls.check(WorkerLines.shown(said, ""), "url").toString();
    } catch (ProblemException e) {
      return request.uri().toString(); // whatever else it names is none of its business
    }
  }

  private AnswerHead awaitHead() throws IOException, InterruptedException {
    Duration patience = START.plus(request.limits().untilHead());
    try {
      CompletableFuture.anyOf(told, ended).get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new IOException("the server does not answer in time", e);
    } catch (ExecutionException e) {
      throw fault(e);
    }
    if (told.isDone()) {
      return told.join();
    }
    String why = broken(ended.join());
    throw new IOException(why.isEmpty() ? "there was no answer" : why);
  }

  /**
   * At the end of the output.
   *
   * @throws Unfinished when not all has come that the server has
   */
  private void requireWhole() throws IOException {
    try {
      String why = broken(ended.get(request.limits().stall().toNanos(), TimeUnit.NANOSECONDS));
      if (!why.isEmpty()) {
        throw new Unfinished(why, null);
      }
    } catch (TimeoutException e) {
      throw new Unfinished("what downloads does not end", e);
    } catch (ExecutionException e) {
      throw fault(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while a worker ended");
    }
  }

  /**
   * Why not all has come, although the worker has ended in good order or was killed; empty when all
   * has.
   *
   * @param code its exit code
   */
  private String broken(int code) {
    return switch (voice.last()) {
      case WorkerReport.Done _ -> "";
      case WorkerReport.Broken(String why) -> WorkerLines.shown(why, "the server broke off");
      case WorkerReport.Failed(Problem problem) ->
          throw WorkerLines.shown(problem, address(problem.object())).asException();
      case WorkerReport.Progress _, WorkerReport.Head _ ->
          throw new IllegalStateException("it goes on after these");
      case null -> {
        if (code != WorkerEnds.KILLED) {
          throw voice.early(code);
        }
        yield "what downloads was killed";
      }
    };
  }

  private static RuntimeException fault(ExecutionException e) {
    return e.getCause() instanceof ProblemException known
        ? known
        : new IllegalStateException("a worker cannot be followed", e.getCause());
  }

  @Override
  public AnswerHead head() {
    if (head == null) {
      throw new IllegalStateException("there is no answer without a head");
    }
    return head;
  }

  @Override
  public InputStream body() {
    return body;
  }

  /** Ends the worker, and waits for that. */
  @Override
  public void close() {
    body.close();
    if (runner != null) {
      runner.interrupt();
    }
    ended.handle((code, fault) -> 0).join();
  }
}
