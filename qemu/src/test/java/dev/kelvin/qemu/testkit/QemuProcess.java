package dev.kelvin.qemu.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;

/** A QEMU that a test has started; closing kills it. */
public final class QemuProcess implements AutoCloseable {
  public static final Path BINARY = Path.of("/usr/bin/qemu-system-x86_64");

  private final Process process;
  private final Path log;

  private QemuProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts QEMU.
   *
   * @param argv the first word is the binary
   * @param log gets what it says
   * @throws TestAbortedException on a host without QEMU
   */
  public static QemuProcess start(List<String> argv, Path log) throws IOException {
    return start(argv, Map.of(), log);
  }

  /**
   * As {@link #start(List, Path)}.
   *
   * @param environment added to the test's own
   */
  public static QemuProcess start(List<String> argv, Map<String, String> environment, Path log)
      throws IOException {
    requireBinary();
    var builder = new ProcessBuilder(argv).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    var process = builder.start();
    process.getOutputStream().close();
    return new QemuProcess(process, log);
  }

  /** Skips the test on a host without QEMU. */
  public static void requireBinary() {
    if (!Files.isExecutable(BINARY)) {
      throw new TestAbortedException("QEMU is not installed (" + BINARY + ")");
    }
  }

  public long pid() {
    return process.pid();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** What it said until now. */
  public String said() throws IOException {
    return Files.readString(log);
  }

  /** The exit code, once it ends. */
  public int awaitExit(Duration timeout) throws InterruptedException, IOException {
    if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("QEMU still runs after " + timeout + "; it said: " + said());
    }
    return process.exitValue();
  }

  public void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() {
    kill();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
