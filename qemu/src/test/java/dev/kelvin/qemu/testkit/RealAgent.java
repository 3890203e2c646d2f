package dev.kelvin.qemu.testkit;

import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.QmpException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The real guest agent, which runs on the host for once: what its guest is, this host is. */
public final class RealAgent implements AutoCloseable {
  private static final Duration SOON = Duration.ofSeconds(20);

  private final Path directory;
  private final Process process;
  private final AgentClient client;

  private RealAgent(Path directory, Process process, AgentClient client) {
    this.directory = directory;
    this.process = process;
    this.client = client;
  }

  /**
   * Starts it; skips the test where it cannot be had.
   *
   * @param directory for its socket and its files
   */
  public static RealAgent start(Path directory) throws IOException, InterruptedException {
    Path binary = DebianPackages.file("qemu-guest-agent", "usr/sbin/qemu-ga");
    Path socket = directory.resolve("agent.sock");
    Process process =
        new ProcessBuilder(
                binary.toString(),
                "-m",
                "unix-listen",
                "-p",
                socket.toString(),
                "-t",
                directory.toString(),
                "-f",
                directory.resolve("agent.pid").toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("agent.log").toFile())
            .start();
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!Files.exists(socket) && process.isAlive() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(1_000_000);
    }
    var agent = new RealAgent(directory, process, AgentClient.connect(socket, SOON));
    agent.awaitAnswer();
    return agent;
  }

  /** The socket is there a moment before the agent listens. */
  private void awaitAnswer() throws IOException, InterruptedException {
    for (int attempt = 0; ; attempt++) {
      try {
        client.ping(SOON);
        return;
      } catch (QmpException e) {
        if (!(e instanceof QmpException.Disconnected) || attempt == 1000 || !process.isAlive()) {
          close();
          throw new AssertionError(Files.readString(directory.resolve("agent.log")), e);
        }
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  public AgentClient client() {
    return client;
  }

  public long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    client.close();
    process.destroyForcibly().onExit().orTimeout(10, TimeUnit.SECONDS).join();
  }
}
