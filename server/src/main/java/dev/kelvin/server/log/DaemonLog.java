package dev.kelvin.server.log;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.ErrorManager;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Writes what the daemon says to its standard error. Where that is the daemon's log file, the file
 * has a bound. A source that says too much is heard in part, and a line is cut where it is too
 * long.
 */
public final class DaemonLog extends Handler {
  /** Of the log file; the one before it is as long. */
  static final long LONGEST_FILE = 8L << 20;

  /** With the trace of an exception. */
  static final int LONGEST_LINE = 16 << 10;

  private static final int LINES = 200;
  private static final Duration SPAN = Duration.ofSeconds(10);

  private final ReentrantLock lock = new ReentrantLock();
  private final Flood flood = new Flood(LINES, SPAN);
  private final OutputStream out;
  private final @Nullable BoundedFile file;
  private final long most;
  private long written;

  DaemonLog(OutputStream out, @Nullable BoundedFile file, long most) {
    this.out = out;
    this.file = file;
    this.most = most;
    setFormatter(new SimpleFormatter());
  }

  /**
   * Has all that this process says written so, unless somebody has configured it otherwise.
   *
   * @param log where the daemon's log is when it is a file
   */
  public static void install(Path log) throws IOException {
    if (System.getProperty("java.util.logging.config.file") != null) {
      return;
    }
    var bounded = new BoundedFile(log, LONGEST_FILE);
    BoundedFile file = bounded.isStandardError() ? bounded : null;
    var made = new DaemonLog(new FileOutputStream(FileDescriptor.err), file, LONGEST_FILE);
    if (file != null) {
      file.restrict();
      made.written = file.bound();
    }
    Logger root = LogManager.getLogManager().getLogger("");
    for (Handler other : root.getHandlers()) {
      root.removeHandler(other);
    }
    root.addHandler(made);
  }

  @Override
  public void publish(@Nullable LogRecord line) {
    if (line == null || !isLoggable(line)) {
      return;
    }
    lock.lock();
    try {
      Flood.Verdict verdict = flood.judge(line.getLoggerName(), System.nanoTime());
      if (!verdict.say()) {
        return;
      }
      if (verdict.leftOut() > 0) {
        var more = new LogRecord(line.getLevel(), verdict.leftOut() + " lines were left out here");
        more.setLoggerName(line.getLoggerName());
        write(getFormatter().format(more));
      }
      write(getFormatter().format(line));
    } catch (IOException e) {
      reportError("the log cannot be written", e, ErrorManager.WRITE_FAILURE);
    } finally {
      lock.unlock();
    }
  }

  private void write(String text) throws IOException {
    String said =
        text.length() <= LONGEST_LINE
            ? text
            : text.substring(0, LONGEST_LINE) + "… (" + text.length() + " characters)\n";
    byte[] bytes = said.getBytes(StandardCharsets.UTF_8);
    out.write(bytes);
    written += bytes.length;
    if (file != null && written >= most) {
      written = 0; // whether what was written can be kept or not
      written = file.bound();
    }
  }

  @Override
  public void flush() {
    // Each line is written at once.
  }

  @Override
  public void close() {
    // The standard error is not this one's to close.
  }
}
