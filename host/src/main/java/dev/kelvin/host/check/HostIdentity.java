package dev.kelvin.host.check;

import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Requirements;
import dev.kelvin.host.qemu.QemuCensus;
import dev.kelvin.model.ByteSize;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the host is: for people, and as a key that changes when an examination may differ. */
final class HostIdentity {
  /** Raised when the checks change, so that what an earlier Kelvin has kept is not taken. */
  private static final int REVISION = 4;

  private final Path root;
  private final QemuCensus qemus;

  /** Read once: it costs milliseconds on a large host, and stays the same. */
  private final List<String> cpuInfo;

  /** Reads {@code /proc} and {@code /dev} below {@code root}. */
  HostIdentity(Path root, QemuCensus qemus) {
    this.root = root;
    this.qemus = qemus;
    this.cpuInfo = text("proc/cpuinfo").lines().toList();
  }

  /** One line: CPU, memory, kernel. */
  String describe() {
    return "%s, %d CPUs, %s of memory, Linux %s"
        .formatted(cpuModel(), cpus(), memory().human(), kernel());
  }

  String kernel() {
    return text("proc/sys/kernel/osrelease").strip();
  }

  String cpuModel() {
    return value(cpuInfo, "model name").or(() -> value(cpuInfo, "CPU part")).orElse("unknown CPU");
  }

  int cpus() {
    long count = cpuInfo.stream().filter(line -> line.startsWith("processor")).count();
    return Math.max(1, Math.toIntExact(count));
  }

  /**
   * How fast the time-stamp counter runs, in kHz; 0 when that is not known. Linux on x86 derives
   * bogomips from it (proc_cpuinfo(5)): two per MHz.
   */
  long tscKhz() {
    return value(cpuInfo, "bogomips")
        .filter(text -> text.matches("\\d{1,7}\\.\\d{2}"))
        .map(text -> Math.round(Double.parseDouble(text) * 500))
        .orElse(0L);
  }

  ByteSize memory() {
    List<String> lines = text("proc/meminfo").lines().toList();
    String total = value(lines, "MemTotal").orElse("0 kB");
    return new ByteSize(Long.parseLong(total.substring(0, total.indexOf(' '))) << 10);
  }

  /** Kernel, CPU, QEMU, access to KVM, user, and which of the needed tools are there. */
  String key() {
    String tools =
        Requirements.all().stream()
            .map(requirement -> requirement.isThere() ? "1" : "0")
            .collect(Collectors.joining());
    return String.join(
        " | ",
        "revision " + REVISION,
        kernel(),
        cpuModel() + " " + value(cpuInfo, "microcode").orElse("-"),
        "QEMUs " + qemus.stamps(HostIdentity::stamp).values(),
        "uid " + Users.effectiveUid(),
        "kvm " + access(root.resolve("dev/kvm")),
        "tools " + tools);
  }

  /** What changes when a file is replaced. */
  private static String stamp(Path file) {
    return file + " " + attributes(file, "size,ino,lastModifiedTime");
  }

  /**
   * What changes when a device is given to others; the rest differs after each start of the host.
   */
  private static String access(Path device) {
    return Files.exists(device)
        ? attributes(device, "mode,uid,gid") + (Files.isWritable(device) ? " open" : " shut")
        : "absent";
  }

  private static String attributes(Path file, String names) {
    try {
      return new TreeMap<>(Files.readAttributes(file, "unix:" + names)).toString();
    } catch (IOException e) {
      return "unreadable";
    }
  }

  private static Optional<String> value(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst();
  }

  private String text(String file) {
    try {
      return Files.readString(root.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException("The kernel does not show /" + file, e);
    }
  }
}
