package dev.kelvin.image.bulk;

import dev.kelvin.model.ProblemException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * The process of a worker. Standard input is the file to work on and standard output the one to
 * write, both open already; what it has to say goes to standard error, where the JVM says what goes
 * wrong with it, too. The kernel ends it with the daemon.
 */
public final class WorkerMain {
  /** Between two reports of progress. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final FileOutputStream mouth;
  private long last = System.nanoTime();

  private WorkerMain(FileOutputStream mouth) {
    this.mouth = mouth;
  }

  /**
   * Does one job.
   *
   * @param arguments the job
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    var worker = new WorkerMain(new FileOutputStream(FileDescriptor.err));
    // This fails when the daemon has ended before the kernel was asked to tell of it: nobody has
    // the other end of the pipe.
    worker.say(new WorkerReport.Progress(0));
    worker.say(worker.work(WorkerLines.job(arguments[0])));
  }

  private WorkerReport work(BulkJob job) throws InterruptedException {
    // Neither is closed: whoever started this process has opened them.
    var in = new FileInputStream(FileDescriptor.in).getChannel();
    var out = new FileOutputStream(FileDescriptor.out).getChannel();
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
