package dev.kelvin.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Emulator;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.HostFacts.Extras;
import dev.kelvin.model.HostFacts.FileServer;
import dev.kelvin.model.HostFacts.FileServerKind;
import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.QemuFiles;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.SpecRules;
import dev.kelvin.model.spec.VmSpec;
import dev.kelvin.qemu.launch.Pinning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One case of the command line: {@code NAME.yaml} says what is wanted, {@code NAME.args} what QEMU
 * is called with, one word a line.
 *
 * @param name of the files
 * @param about what the case shows
 * @param accelerator {@code tcg} unless it says otherwise
 * @param raw disks whose volume is raw, not qcow2
 * @param home directory of all files; null for {@link #HOME}
 */
public record GoldenCase(
    @Nullable String name,
    String about,
    @Nullable String accelerator,
    @Nullable List<String> raw,
    @Nullable String home,
    VmSpec spec) {

  /** Every path of every golden is below it, so that a test can put other files in its place. */
  public static final String HOME = "/golden";

  static final Path DIRECTORY = Path.of("src/test/resources/goldens");

  private static final Set<String> DEVICES =
      words(
          "virtio-blk-pci virtio-blk-device virtio-scsi-pci virtio-scsi-device scsi-hd scsi-cd",
          "nvme ich9-ahci ide-hd ide-cd e1000e rtl8139 virtio-net-pci virtio-net-device VGA",
          "virtio-vga cirrus-vga ramfb qxl-vga qxl secondary-vga qemu-xhci usb-tablet usb-kbd virtio-serial-pci i6300esb",
          "virtio-serial-device virtserialport virtio-rng-pci virtio-rng-device pcie-root-port",
          "tpm-crb tpm-tis tpm-tis-device vhost-user-fs-pci pvpanic pvpanic-pci intel-hda ich9-intel-hda hda-duplex virtio-gpu-pci");

  /** On an x86_64 host that has QEMU for every architecture. */
  public static final HostFacts FACTS =
      new HostFacts(
          "/usr/bin/qemu-system-x86_64",
          "7.2.22",
          List.of("kvm", "tcg"),
          Map.of("q35", "pc-q35-7.2", "pc", "pc-i440fx-7.2"),
          Set.of("pc-q35-7.2", "pc-i440fx-7.2", "microvm", "pc-q35-6.2", "pc-i440fx-6.1"),
          DEVICES,
          Set.of("qemu64", "Nehalem", "pentium3", "Skylake-Server", "EPYC"),
          8,
          ByteSize.ofGiB(32),
          new UefiFirmware(HOME + "/firmware/CODE.fd", HOME + "/firmware/VARS.fd"),
          true,
          2_700_000,
          new Extras(
              new UefiFirmware(HOME + "/firmware/CODE.secboot.fd", HOME + "/firmware/VARS.fd"),
              new UefiFirmware(HOME + "/firmware/CODE.ms.fd", HOME + "/firmware/VARS.ms.fd"),
              "/usr/bin/swtpm",
              new FileServer("/usr/lib/qemu/virtiofsd", FileServerKind.QEMU, false)),
          Map.of(
              Architecture.I386,
              new Emulator(
                  "/usr/bin/qemu-system-i386",
                  "7.2.22",
                  Map.of("q35", "pc-q35-7.2", "pc", "pc-i440fx-7.2"),
                  Set.of("pc-q35-7.2", "pc-i440fx-7.2"),
                  DEVICES,
                  Set.of("qemu32", "pentium3"),
                  null,
                  QemuFiles.usual()),
              Architecture.AARCH64,
              new Emulator(
                  "/usr/bin/qemu-system-aarch64",
                  "7.2.22",
                  Map.of("virt", "virt-7.2"),
                  Set.of("virt-7.2", "virt-6.2"),
                  DEVICES,
                  Set.of("cortex-a57", "cortex-a72"),
                  new UefiFirmware(HOME + "/firmware/ARM_CODE.fd", HOME + "/firmware/ARM_VARS.fd"),
                  QemuFiles.usual())),
          Map.of(),
          QemuFiles.usual());

  private static Set<String> words(String... lines) {
    return Stream.of(lines).flatMap(line -> Stream.of(line.split(" "))).collect(Collectors.toSet());
  }

  /** The names of all cases. */
  public static List<String> names() throws IOException {
    return files(".yaml");
  }

  public static List<String> files(String suffix) throws IOException {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(file -> file.endsWith(suffix))
          .map(file -> file.substring(0, file.length() - suffix.length()))
          .sorted()
          .toList();
    }
  }

  public static GoldenCase read(String name) throws IOException {
    byte[] text = Files.readAllBytes(DIRECTORY.resolve(name + ".yaml"));
    var read = Documents.read(text, Documents.Syntax.YAML, GoldenCase.class);
    return new GoldenCase(name, read.about, read.accelerator, read.raw, read.home, read.spec);
  }

  public static Path args(String name) {
    return DIRECTORY.resolve(name + ".args");
  }

  /** The plan that a daemon would make of the case's spec, which must break no rule. */
  public LaunchPlan plan() {
    var vm = new Vm(Metadata.named("golden"), spec, VmStatus.initial());
    assertThat(SpecRules.check(vm)).as("a golden is of a valid spec").isEmpty();
    var macs = new AtomicInteger();
    VmSpec pinned =
        Pinning.pin(spec, FACTS, () -> "52:54:00:00:00:%02x".formatted(macs.incrementAndGet()));
    Path base = Path.of(home == null ? HOME : home);
    Map<String, BlockSource> disks = new HashMap<>();
    for (var disk : pinned.disks()) {
      String format = raw != null && raw.contains(disk.name()) ? "raw" : "qcow2";
      disks.put(
          disk.name(),
          new BlockSource(
              base.resolve("volumes/" + disk.name() + "." + format).toString(),
              format,
              disk.image() == null || format.equals("raw")
                  ? null
                  : base.resolve("images/" + disk.image() + ".qcow2").toString()));
    }
    Map<String, Path> media = new HashMap<>();
    for (var cdrom : pinned.cdroms()) {
      if (cdrom.image() != null) {
        media.put(cdrom.name(), base.resolve("images/" + cdrom.image() + ".iso"));
      }
    }
    return new LaunchPlan(
        "golden",
        "00112233445566778899",
        pinned,
        FACTS.of(pinned.architecture()),
        new VmFiles(base.resolve("run"), base.resolve("state"), base.resolve("state")),
        accelerator == null ? "tcg" : accelerator,
        disks,
        media,
        pinned.cloudInit() != null,
        forwards(pinned));
  }

  /** Host ports as a daemon resolves them: those wanted, and 40000 and on for those to choose. */
  private static Map<String, List<Forward>> forwards(VmSpec spec) {
    var next = new AtomicInteger(40_000);
    return spec.nics().stream()
        .collect(
            Collectors.toMap(
                nic -> nic.name(),
                nic ->
                    nic.forwards().stream()
                        .map(forward ->
                            new Forward(
                                nic.name(),
                                forward.protocol().wire(),
                                forward.hostAddress(),
                                forward.hostPort() == 0
                                    ? next.getAndIncrement()
                                    : forward.hostPort(),
                                forward.guestAddress(),
                                forward.guestPort()))
                        .toList()));
  }
}
