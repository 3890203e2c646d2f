package dev.kelvin.qemu.control;

import java.util.List;

/** What to do about what QEMU says, for the refusals that users meet most. */
final class Advice {
  private record Known(String words, String remedy) {}

  private static final String NO_HYPERV =
      "set spec.cpu.hyperv to false, or use a newer kernel: this one's KVM lacks a part of it";

  /** The first that fits counts. */
  private static final List<Known> KNOWN =
      List.of(
          new Known(
              "O_DIRECT",
              "set the disk's cache to writeback or writethrough, or keep the volumes on another file"
                  + " system"),
          new Known(
              "host forwarding rule",
              "choose another host port, or 0 to have one chosen; something else listens on this one"),
          new Known(
              "lock",
              "stop what else uses the disk's file, such as another VM or a running qemu-img"),
          new Known(
              "No space left on device", "free some space where the volumes are, or add storage"),
          new Known(
              "unable to map backing store",
              "reserve more huge pages (vm.nr_hugepages), or leave hugePages out"),
          new Known(
              "cannot set up guest memory", "give the VM less memory, or stop another VM first"),
          new Known(
              "Could not access KVM kernel module",
              "run kelvin doctor to see what is wrong with KVM, or let the accelerator be tcg"),
          new Known("HyperV", NO_HYPERV),
          // The synthetic registers of Hyper-V begin there.
          new Known("failed to set MSR 0x400000", NO_HYPERV),
          new Known(
              "Permission denied",
              "let QEMU's user read what QEMU names, and write it if it is a disk"),
          new Known(
              "No such file or directory", "bring back the file that QEMU names, or leave it out"));

  private Advice() {}

  static String on(String words) {
    return KNOWN.stream()
        .filter(known -> words.contains(known.words()))
        .map(Known::remedy)
        .findFirst()
        .orElse("change what QEMU names");
  }
}
