package dev.kelvin.host.check;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.host.program.Distribution;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.program.Requirements;
import dev.kelvin.host.qemu.QemuInspector;
import dev.kelvin.host.qemu.QemuInspector.Qemu;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Whether the installed QEMU has what Kelvin's VMs are made of. */
final class QemuChecks {
  private static final Checks VERSION = new Checks("qemu", "QEMU");

  /** The oldest QEMU that Kelvin is made for. */
  private static final int[] OLDEST = {7, 2};

  private static final List<String> DEVICES =
      List.of(
          "virtio-blk-pci",
          "virtio-scsi-pci",
          "scsi-hd",
          "scsi-cd",
          "nvme",
          "ide-hd",
          "ide-cd",
          "ich9-ahci",
          "virtio-net-pci",
          "e1000e",
          "virtio-rng-pci",
          "virtio-serial-pci",
          "virtserialport",
          "pcie-root-port",
          "VGA",
          "qemu-xhci",
          "usb-tablet",
          "virtio-balloon-pci",
          "isa-serial",
          "pvpanic",
          "virtio-blk-device",
          "virtio-net-device");

  private static final String SANDBOX =
      "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

  private final Commands commands;
  private final Optional<Distribution> distribution;
  private final Path scratch;

  /** Checks that write their files to the directory {@code scratch}. */
  QemuChecks(Commands commands, Optional<Distribution> distribution, Path scratch) {
    this.commands = commands;
    this.distribution = distribution;
    this.scratch = scratch;
  }

  /** For a host without QEMU. */
  List<Check> absent() {
    return List.of(
        VERSION.required(
            "looked for " + QemuInspector.PROGRAM + " in " + Programs.path(),
            Requirements.remedyFor(QemuInspector.PROGRAM, distribution)));
  }

  /** For a host whose QEMU, or the one that was picked, is of no use. */
  static Check unusable(Problem why) {
    String remedy = why.remedy();
    return VERSION.required(
        why.oneLine(), remedy == null ? "install the distribution's own QEMU" : remedy);
  }

  List<Check> all(Qemu qemu, @Nullable UefiFirmware uefi) throws InterruptedException {
    return List.of(
        version(qemu),
        devices(qemu),
        firmware(uefi),
        sandbox(qemu),
        qemuImg(),
        asynchronousIo(qemu));
  }

  static Check version(Qemu qemu) {
    String seen = qemu.binary() + " says it is version " + qemu.version();
    String[] parts = qemu.version().split("\\.", -1);
    int major = Integer.parseInt(parts[0]);
    boolean old =
        major < OLDEST[0] || (major == OLDEST[0] && Integer.parseInt(parts[1]) < OLDEST[1]);
    return old
        ? VERSION.limited(
            seen + "; Kelvin is made for 7.2 and newer", "upgrade QEMU (Debian 12 has 7.2)")
        : VERSION.ok(seen + "; " + qemu.machines().size() + " machine types");
  }

  static Check devices(Qemu qemu) {
    var check = new Checks("qemu-devices", "QEMU's devices");
    List<String> lacking = DEVICES.stream().filter(d -> !qemu.devices().contains(d)).toList();
    return lacking.isEmpty()
        ? check.ok(
            "it lists "
                + qemu.devices().size()
                + ", among them the "
                + DEVICES.size()
                + " that Kelvin uses")
        : check.limited(
            "it does not list " + String.join(", ", lacking),
            "VMs without these devices run; for the others install the full QEMU of the distribution");
  }

  private Check firmware(@Nullable UefiFirmware uefi) {
    var check = new Checks("uefi", "UEFI firmware");
    return uefi == null
        ? check.required(
            "found neither a descriptor of a firmware without Secure Boot nor its files",
            Requirements.remedyFor("ovmf", distribution))
        : check.ok("can read " + uefi.code() + " and " + uefi.variables());
  }

  private Check sandbox(Qemu qemu) throws InterruptedException {
    var check = new Checks("seccomp", "QEMU's own sandbox (seccomp)");
    Result result = startAndQuit(qemu, "-sandbox", SANDBOX);
    return result.ok()
        ? check.ok("QEMU started with -sandbox " + SANDBOX)
        : check.absent(
            "QEMU refused -sandbox on: " + result.lastError(),
            "use a QEMU that is built with seccomp; VMs are confined by user without it");
  }

  private Check asynchronousIo(Qemu qemu) throws InterruptedException {
    var check = new Checks("qemu-io-uring", "io_uring in QEMU");
    Path file = scratch.resolve("disk.raw");
    try {
      Files.write(file, new byte[4096]);
    } catch (IOException e) {
      throw new UncheckedIOException(scratch + " takes no files", e);
    }
    Result result =
        startAndQuit(
            qemu,
            "-blockdev",
            "driver=file,node-name=probe,cache.direct=off,aio=io_uring,filename=" + file);
    return result.ok()
        ? check.ok("QEMU opened a file with aio=io_uring")
        : check.absent(
            "QEMU refused aio=io_uring: " + result.lastError(),
            "nothing to do: threads do its work");
  }

  private Check qemuImg() throws InterruptedException {
    var check = new Checks("qemu-img", "qemu-img");
    if (Programs.find("qemu-img").isEmpty()) {
      return check.required(
          "looked for it in " + Programs.path(), Requirements.remedyFor("qemu-img", distribution));
    }
    String file = scratch.resolve("disk.qcow2").toString();
    Result made = commands.run(quick("qemu-img", "create", "-f", "qcow2", file, "16M"));
    Result checked =
        made.ok() ? commands.run(quick("qemu-img", "check", "-f", "qcow2", file)) : made;
    return checked.ok()
        ? check.ok("made a qcow2 file and checked it")
        : check.broken(
            "making and checking a qcow2 file: " + checked.lastError(),
            "install the distribution's own qemu-img again");
  }

  private Result startAndQuit(Qemu qemu, String... arguments) throws InterruptedException {
    Stream<String> argv =
        Stream.concat(
            Stream.of(
                qemu.binary().toString(),
                "-no-user-config",
                "-nodefaults",
                "-machine",
                "none",
                "-display",
                "none",
                "-monitor",
                "stdio"),
            Stream.of(arguments));
    byte[] quit = "quit\n".getBytes(StandardCharsets.US_ASCII);
    return commands.run(
        Command.of(argv.toList())
            .environment(qemu.files().environment())
            .timeout(Duration.ofSeconds(30))
            .input(quit));
  }

  private static Command quick(String... argv) {
    return Command.of(argv).timeout(Duration.ofSeconds(30));
  }
}
