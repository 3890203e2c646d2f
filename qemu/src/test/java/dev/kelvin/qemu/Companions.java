package dev.kelvin.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.qemu.launch.Companion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The real processes beside a QEMU of a test. */
public final class Companions implements AutoCloseable {
  private final List<Process> processes = new ArrayList<>();
  private final List<Companion> companions;

  private Companions(List<Companion> companions) {
    this.companions = companions;
  }

  public static boolean root() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
  }

  /** Starts them and waits until each has its socket. */
  public static Companions start(List<Companion> wanted) throws IOException {
    var started = new Companions(wanted);
    try {
      for (Companion one : wanted) {
        var builder = new ProcessBuilder(one.argv()).redirectErrorStream(true);
        builder.redirectOutput(one.output().toFile());
        started.processes.add(builder.start());
      }
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      for (int i = 0; i < wanted.size(); i++) {
        Companion one = wanted.get(i);
        while (!Files.exists(one.socket())) {
          assertThat(started.processes.get(i).isAlive() && System.nanoTime() < end)
              .as("%s: %s", one.argv(), Files.readString(one.output()))
              .isTrue();
          LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
      }
      return started;
    } catch (IOException | RuntimeException | Error e) {
      started.close();
      throw e;
    }
  }

  /** Whether they end by themselves now that their QEMU is gone. */
  public boolean awaitEnds() throws InterruptedException {
    for (Process one : processes) {
      if (!one.waitFor(10, TimeUnit.SECONDS)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    processes.forEach(Process::destroyForcibly);
    for (Companion one : companions) {
      Files.deleteIfExists(Companion.lockFile(one.socket()));
    }
  }
}
