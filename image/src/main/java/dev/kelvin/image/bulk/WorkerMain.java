package dev.kelvin.image.bulk;

import dev.kelvin.image.web.Answer;
import dev.kelvin.image.web.EnvironmentProxies;
import dev.kelvin.image.web.Unfinished;
import dev.kelvin.image.web.Web;
import dev.kelvin.model.ProblemException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * The process of a worker. Standard input is the file to work on and standard output the one to
 * write, both open already, or both are pipes; what it has to say goes to standard error, where the
 * JVM says what goes wrong with it, too. The kernel ends it with the daemon.
 */
public final class WorkerMain {
  /** Between two reports of progress. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  /** What a pipe holds at once (pipe(7)). */
  private static final int PIECE = 64 << 10;

  private final FileOutputStream mouth;
  private long last = System.nanoTime();

  private WorkerMain(FileOutputStream mouth) {
    this.mouth = mouth;
  }

  /**
   * Does one job.
   *
   * @param arguments the job, unless that is told on standard input
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    var worker = new WorkerMain(new FileOutputStream(FileDescriptor.err));
    // Neither is closed: whoever started this process has opened them.
    var in = new FileInputStream(FileDescriptor.in);
    var out = new FileOutputStream(FileDescriptor.out);
    String told =
        arguments.length > 0 ? arguments[0] : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    worker.say(
        switch (WorkerLines.job(told)) {
          case BulkJob.Fetch fetch -> worker.fetch(fetch, out);
          case BulkJob other -> {
            // This fails when the daemon has ended before the kernel was asked to tell of it:
            // nobody has the other end of the pipe.
            worker.say(new WorkerReport.Progress(0));
            yield worker.work(other, in.getChannel(), out.getChannel());
          }
        });
  }

  private WorkerReport fetch(BulkJob.Fetch job, OutputStream out) throws InterruptedException {
    job.trust().forEach(System::setProperty);
    var proxies = new EnvironmentProxies(job.proxies());
    try (Answer answer = Web.once(job.request(), proxies, Optional.empty())) {
      say(new WorkerReport.Head(answer.head()));
      byte[] buffer = new byte[PIECE];
      for (int n = answer.body().read(buffer); n >= 0; n = answer.body().read(buffer)) {
        out.write(buffer, 0, n);
      }
      return new WorkerReport.Done("");
    } catch (ProblemException e) {
      return new WorkerReport.Failed(e.problem());
    } catch (Unfinished e) {
      return new WorkerReport.Broken(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return new WorkerReport.Broken(Web.reason(e));
    }
  }

  private WorkerReport work(BulkJob job, FileChannel in, FileChannel out)
      throws InterruptedException {
    try {
      return new WorkerReport.Done(OwnThread.run(job, in, out, this::progress));
    } catch (ProblemException e) {
      return new WorkerReport.Failed(e.problem());
    } catch (IOException e) {
      return new WorkerReport.Failed(OwnThread.failure(e));
    }
  }

  private void progress(long read) {
    long now = System.nanoTime();
    if (now - last >= PAUSE.toNanos()) {
      last = now;
      try {
        say(new WorkerReport.Progress(read));
      } catch (IOException e) {
        throw new IllegalStateException("the daemon does not listen", e);
      }
    }
  }

  private void say(WorkerReport report) throws IOException {
    mouth.write((WorkerLines.text(report) + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
