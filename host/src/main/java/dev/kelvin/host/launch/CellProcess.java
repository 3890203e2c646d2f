package dev.kelvin.host.launch;

import dev.kelvin.host.process.ProcessId;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A process that was started in a cell, in the form of the JDK's own. */
final class CellProcess extends Process {
  private static final System.Logger LOG = System.getLogger(CellProcess.class.getName());
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Spawn.Child child;
  private final Optional<ProcessId> id;
  private final InputStream output;
  private final InputStream error;

  /**
   * @param child that nobody has reaped yet
   * @param output what it writes to its standard output, as far as that is a pipe
   * @param error and to its standard error
   */
  CellProcess(Spawn.Child child, InputStream output, InputStream error) {
    this.child = child;
    this.id = ProcessId.of(child.pid());
    this.output = output;
    this.error = error;
  }

  @Override
  public OutputStream getOutputStream() {
    return OutputStream.nullOutputStream();
  }

  @Override
  public InputStream getInputStream() {
    return output;
  }

  @Override
  public InputStream getErrorStream() {
    return error;
  }

  @Override
  public int waitFor() throws InterruptedException {
    try {
      return child.ended().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("it is told in any case", e);
    }
  }

  @Override
  public boolean waitFor(long timeout, TimeUnit unit) throws InterruptedException {
    CompletableFuture<Integer> ended = child.ended();
    try {
      ended.get(timeout, unit);
      return true;
    } catch (TimeoutException e) {
      return ended.isDone();
    } catch (ExecutionException e) {
      throw new IllegalStateException("it is told in any case", e);
    }
  }

  @Override
  public int exitValue() {
    if (!child.ended().isDone()) {
      throw new IllegalThreadStateException("it has not ended");
    }
    return child.ended().join();
  }

  /** Its first process is not asked: it would hear nothing (pid_namespaces(7)). */
  @Override
  public void destroy() {
    try {
      if (id.isPresent() && !id.get().kill(PATIENCE)) {
        LOG.log(Level.WARNING, "Process {0} does not die: it hangs in the kernel", pid());
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "Process " + pid() + " cannot be killed", e);
    }
  }

  @Override
  public long pid() {
    return child.pid();
  }
}
