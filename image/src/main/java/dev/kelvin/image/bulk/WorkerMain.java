package dev.kelvin.image.bulk;

import dev.kelvin.model.ProblemException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
   * @param arguments the pid of the daemon, and the job
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    // A daemon that ended before the kernel was asked to tell of it.
    if (!parent().equals(arguments[0])) {
      return;
    }
    var worker = new WorkerMain(new FileOutputStream(FileDescriptor.err));
    worker.say(worker.work(WorkerLines.job(arguments[1])));
  }

  private WorkerReport work(BulkJob job) throws InterruptedException {
    // Neither is closed: whoever started this process has opened them.
    var in = new FileInputStream(FileDescriptor.in).getChannel();
    var out = new FileOutputStream(FileDescriptor.out).getChannel();
    try {
      say(new WorkerReport.Progress(0));
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

  /** The pid of the parent process (proc_pid_stat(5)); its second field may have any character. */
  private static String parent() throws IOException {
    String stat = Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1);
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", 3)[1];
  }
}
