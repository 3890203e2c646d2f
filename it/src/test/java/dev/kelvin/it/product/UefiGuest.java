package dev.kelvin.it.product;

import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.QmpException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A guest of plain QEMU under software emulation, as raw as it can be started. */
final class UefiGuest implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(6);
  private static final Path FIRMWARE = Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd");
  private static final Path VARIABLES = Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd");

  private final Process process;
  private final Path serial;
  private final AgentClient agent;

  /** Whether the host has a firmware for it. */
  static boolean possible() {
    return Files.exists(FIRMWARE);
  }

  private UefiGuest(Process process, Path serial, AgentClient agent) {
    this.process = process;
    this.serial = serial;
    this.agent = agent;
  }

  /** Starts a guest from a disk, under UEFI and with no card; its files are in the directory. */
  static UefiGuest start(Path directory, Path disk, Path seed)
      throws IOException, InterruptedException {
    Path serial = directory.resolve("serial.log");
    Path socket = directory.resolve("agent.sock");
    List<String> argv = new ArrayList<>(List.of("qemu-system-x86_64", "-nodefaults"));
    argv.addAll(List.of("-machine", "q35,accel=tcg", "-cpu", "max", "-smp", "2", "-m", "1024"));
    argv.addAll(List.of("-display", "none", "-serial", "file:" + serial));
    argv.addAll(List.of("-drive", "if=virtio,format=qcow2,file=" + disk));
    argv.addAll(List.of("-drive", "if=virtio,format=raw,readonly=on,file=" + seed));
    argv.addAll(List.of("-device", "virtio-rng-pci", "-device", "virtio-serial-pci"));
    argv.addAll(List.of("-chardev", "socket,id=agent,server=on,wait=off,path=" + socket));
    argv.addAll(List.of("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"));
    Path nvram = Files.copy(VARIABLES, directory.resolve("nvram.fd"));
    argv.addAll(List.of("-drive", "if=pflash,format=raw,readonly=on,file=" + FIRMWARE));
    argv.addAll(List.of("-drive", "if=pflash,format=raw,file=" + nvram));
    Process process =
        new ProcessBuilder(argv)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("qemu.log").toFile())
            .start();
    return new UefiGuest(process, serial, AgentClient.connect(socket, Duration.ofSeconds(30)));
  }

  /** Waits until cloud-init has done its work; returns what it says of it. */
  String awaitCloudInit() throws QmpException, InterruptedException, IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new AssertionError("the guest is not ready; its console:\n" + console());
      }
      try {
        agent.ping(Duration.ofSeconds(2));
        return run("cloud-init", "status", "--wait", "--long");
      } catch (QmpException.TimedOut | QmpException.Disconnected e) {
        // The agent is not up yet; ask again.
        process.waitFor(200, TimeUnit.MILLISECONDS);
      }
    }
  }

  /** Runs a program in the guest; returns its output. */
  String run(String... argv) throws QmpException, InterruptedException {
    var result = agent.exec(List.of(argv), PATIENCE);
    return new String(result.out(), StandardCharsets.UTF_8)
        + new String(result.err(), StandardCharsets.UTF_8);
  }

  String console() throws IOException {
    return Files.exists(serial) ? Files.readString(serial, StandardCharsets.ISO_8859_1) : "";
  }

  @Override
  public void close() {
    agent.close();
    process.destroyForcibly().onExit().join();
  }
}
