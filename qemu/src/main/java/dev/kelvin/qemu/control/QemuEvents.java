package dev.kelvin.qemu.control;

/** Hears the signals of one QEMU, one after another, on one virtual thread. */
@FunctionalInterface
public interface QemuEvents {
  void signal(QemuSignal signal);
}
