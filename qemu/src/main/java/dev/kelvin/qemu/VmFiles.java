package dev.kelvin.qemu;

import java.nio.file.Path;

/**
 * The files of one VM.
 *
 * @param runtime sockets; gone after a restart of the host. QEMU must be able to write there
 * @param state what the VM keeps while it exists. QEMU must be able to write there
 */
public record VmFiles(Path runtime, Path state) {
  /** The control channel. QEMU serves one client at a time. */
  public Path qmp() {
    return runtime.resolve("qmp.sock");
  }

  public Path vnc() {
    return runtime.resolve("vnc.sock");
  }

  /** The first serial port. */
  public Path serial() {
    return runtime.resolve("serial.sock");
  }

  /** The guest agent's channel. */
  public Path agent() {
    return runtime.resolve("agent.sock");
  }

  /** The pid of QEMU and its start time. */
  public Path pid() {
    return runtime.resolve("pid");
  }

  /** Where QEMU writes a screenshot. */
  public Path screenshot() {
    return runtime.resolve("screen.png");
  }

  /** What QEMU says on its standard output and error. */
  public Path output() {
    return state.resolve("qemu.log");
  }

  /** The VM's own UEFI variables. */
  public Path nvram() {
    return state.resolve("nvram.fd");
  }

  /** The cloud-init seed. */
  public Path seed() {
    return state.resolve("seed.iso");
  }

  /** What the guest wrote to its serial port. */
  public Path serialLog() {
    return state.resolve("serial.log");
  }
}
