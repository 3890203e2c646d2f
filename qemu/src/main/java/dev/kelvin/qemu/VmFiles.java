package dev.kelvin.qemu;

import java.nio.file.Path;

/**
 * The files of one VM.
 *
 * @param runtime sockets; gone after a restart of the host. QEMU must be able to write there
 * @param state what the VM keeps while it exists. QEMU must be able to write there
 * @param kept logs and notes, where QEMU must not be able to write: a guest may have taken it over
 */
public record VmFiles(Path runtime, Path state, Path kept) {
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

  /** The TPM emulator's control channel. */
  public Path tpm() {
    return runtime.resolve("tpm.sock");
  }

  /** The channel of the file server behind a share, by its place in the spec. */
  public Path share(int index) {
    return runtime.resolve("share-" + index + ".sock");
  }

  /**
   * Where the file server behind a share finds what it serves, in its own view of files; outside
   * there is nothing.
   */
  public Path shared(int index) {
    return runtime.resolve("share-" + index);
  }

  /** The pid of QEMU and its start time. */
  public Path pid() {
    return runtime.resolve("pid");
  }

  /** Where QEMU writes one screenshot. */
  public Path screenshot(String unique) {
    return runtime.resolve("screen-" + unique + ".png");
  }

  /** What QEMU says on its standard output and error. */
  public Path output() {
    return kept.resolve("qemu.log");
  }

  /** The VM's own UEFI variables. */
  public Path nvram() {
    return state.resolve("nvram.fd");
  }

  /** What the VM's variables were made from. */
  public Path nvramKey() {
    return kept.resolve("nvram.key");
  }

  /** What the VM's TPM keeps. */
  public Path tpmState() {
    return state.resolve("tpm");
  }

  /** What the TPM emulator says. */
  public Path tpmLog() {
    return kept.resolve("tpm.log");
  }

  /** What the file server behind a share says. */
  public Path shareLog(int index) {
    return kept.resolve("share-" + index + ".log");
  }

  /** The CD with the answers for Windows' installer. */
  public Path windowsSetup() {
    return state.resolve("windows-setup.iso");
  }

  /** The cloud-init seed. */
  public Path seed() {
    return state.resolve("seed.iso");
  }

  /** What the guest wrote to its serial port. */
  public Path serialLog() {
    return kept.resolve("serial.log");
  }
}
