package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.run.HostPreparer.Need;
import dev.kelvin.cli.run.ImagePreparer;
import dev.kelvin.cli.run.VmWish;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Names;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.Accelerator;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.Power;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say what a new VM is like. */
public final class VmOptions {
  private static final String USUAL_DISK = "10GiB";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The VM's name. Usual: such as debian-1.")
  @Nullable String name;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "SPEC",
      description =
          "Take the VM from this document (YAML or JSON, - for standard input) instead of options.")
  @Nullable String file;

  @Option(
      names = "--image",
      paramLabel = "FILE|NAME",
      description = "Boot from this image. A file (its name has a . or a /) is imported first.")
  @Nullable String image;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "The format of the file: raw, qcow2, vmdk, vhd, vhdx or vdi. Usual: what its ending says.")
  @Nullable String format;

  @Option(
      names = "--iso",
      paramLabel = "FILE|NAME",
      description = "Put this CD into the drive, and boot from it as long as the disk is empty.")
  @Nullable String iso;

  @Option(names = "--kernel", paramLabel = "FILE", description = "Boot this Linux kernel directly.")
  @Nullable String kernel;

  @Option(
      names = "--initrd",
      paramLabel = "FILE",
      description = "The initial RAM disk for that kernel.")
  @Nullable String initrd;

  @Option(
      names = "--cmdline",
      paramLabel = "TEXT",
      description = "The command line for that kernel. Usual: that of a serial console.")
  @Nullable String cmdline;

  @Option(
      names = "--netboot",
      paramLabel = "FILE|URL",
      description =
          "Boot from the network as long as the disk is empty: this URL (http, tftp; the host is"
              + " 10.0.2.2), or this file, by TFTP, with what is beside it.")
  @Nullable String netboot;

  @Option(
      names = "--host-access",
      description =
          "Let the guest reach what listens on the host itself (10.0.2.2), Kelvin's API among it."
              + " Usual: only to boot from the host's own address.")
  boolean hostAccess;

  @Option(
      names = {"--memory", "--ram"},
      paramLabel = "SIZE",
      description = "Main memory. Usual: 1GiB.")
  @Nullable String memory;

  @Option(
      names = {"--cpus", "--vcpus"},
      paramLabel = "N",
      description = "Virtual CPUs. Usual: 2.")
  @Nullable Integer cpus;

  @Option(
      names = "--disk",
      paramLabel = "SIZE",
      description =
          "How large the disk is. Usual: "
              + USUAL_DISK
              + ", or the size of a larger image; none for a kernel that is booted directly.")
  @Nullable String disk;

  @Mixin HardwareOptions hardware = new HardwareOptions();

  @Option(
      names = "--secure-boot",
      negatable = true,
      description =
          "Start with UEFI, and only what Microsoft has signed. Usual: only with --os windows, where"
              + " the host has it.")
  @Nullable Boolean secureBoot;

  @Option(
      names = "--tpm",
      negatable = true,
      description = "Give it a TPM 2.0. Usual: only with --os windows, where the host has swtpm.")
  @Nullable Boolean tpm;

  @Option(
      names = "--share",
      paramLabel = "PATH[:TAG][:ro]",
      description =
          "Share this directory with the guest, which mounts it by its tag (mount -t virtiofs TAG"
              + " /mnt). Usual tag: the directory's name. Can be given several times.")
  List<String> shares = List.of();

  @Option(
      names = "--accelerator",
      paramLabel = "NAME",
      description =
          "auto, kvm or tcg. With kvm it fails where that is not proven to work. Usual: auto.")
  @Nullable String accelerator;

  @Mixin SetupOptions setup = new SetupOptions();

  @Option(
      names = "--forward",
      paramLabel = "[[ADDRESS:]HOST:][GUESTADDRESS:]GUEST[/udp]",
      description = {
        "A host port that leads to a guest port. Can be given several times. A guest that sets its own",
        "address needs that, too: 8080:10.0.2.50:80."
      })
  List<String> forwards = List.of();

  @Option(
      names = {"-l", "--label"},
      paramLabel = "KEY=VALUE",
      description = "A label. Can be given several times.")
  List<String> labels = List.of();

  /** Finds what cannot be meant, before anything is done. */
  void check(@Nullable String distribution) {
    if (name != null) {
      Names.check(name, "--name");
    }
    if (file != null) {
      conflict("-f", distribution != null || describes());
      return;
    }
    setup.check();
    hardware.check();
    int sources = (distribution == null ? 0 : 1) + (image == null ? 0 : 1);
    if (sources > 1) {
      throw both("a distribution", "--image");
    }
    checkWithoutEffect(distribution != null || image != null);
    if (sources == 0 && iso == null && kernel == null && netboot == null) {
      throw Problem.of(Code.INVALID_ARGUMENT, "What the VM boots is missing")
          .because("no distribution, --image, --iso, --kernel, --netboot or -f is given")
          .remedy("try: kelvin run debian")
          .asException();
    }
    if (kernel == null && (initrd != null || cmdline != null)) {
      throw Problem.of(Code.INVALID_ARGUMENT, "There is no kernel for --initrd and --cmdline")
          .because("they go with a kernel that is booted directly")
          .remedy("add --kernel FILE")
          .asException();
    }
    if (cpus != null && cpus < 1) {
      throw Problem.of(Code.INVALID_ARGUMENT, "A VM cannot have " + cpus + " CPUs")
          .at("--cpus")
          .because("a guest runs on at least one")
          .remedy("give it 1 or more: --cpus 2")
          .asException();
    }
  }

  /** What would be passed over in silence. */
  private void checkWithoutEffect(boolean cloud) {
    if (setup.given() && !cloud) {
      throw Problem.of(
              Code.INVALID_ARGUMENT, setup.first() + " has no effect without an image to set up")
          .at(setup.first())
          .because("it is for cloud-init, which runs in guests of distributions and disk images")
          .remedy("name a distribution or --image, or leave " + setup.first() + " out")
          .asException();
    }
    if (format != null && (image == null || !ImagePreparer.isFile(image))) {
      throw Problem.of(Code.INVALID_ARGUMENT, "--format has no effect without a file to import")
          .at("--format")
          .because(
              image == null
                  ? "it says what the file of --image is, and there is no --image"
                  : "\""
                      + image
                      + "\" is the name of an image that is there, whose format is known")
          .remedy("leave --format out, or name a file: --image ./FILE")
          .asException();
    }
  }

  private boolean describes() {
    boolean sources = image != null || iso != null || kernel != null || netboot != null;
    boolean sizes = memory != null || cpus != null || disk != null || cmdline != null;
    boolean extras = secureBoot != null || tpm != null || !shares.isEmpty();
    boolean kinds = extras || hardware.given() || accelerator != null || setup.given();
    boolean lists = !forwards.isEmpty() || !labels.isEmpty() || hostAccess;
    return sources || sizes || kinds || lists || initrd != null || format != null;
  }

  /** What the host must have for it; a document may want anything but a build. */
  Set<Need> needs(@Nullable String distribution) {
    boolean plain = file == null && distribution == null && image == null && !setup.given();
    return plain ? Set.of(Need.RUN) : Set.of(Need.RUN, Need.GUESTS);
  }

  private static void conflict(String option, boolean given) {
    if (given) {
      throw both(option, "options that describe the VM");
    }
  }

  static dev.kelvin.model.ProblemException both(String one, String other) {
    return Problem.of(Code.INVALID_ARGUMENT, one + " and " + other + " exclude each other")
        .because("each of them says what the VM is to be")
        .remedy("leave one of them out")
        .asException();
  }

  /** What the VM's name begins with when it is not given. */
  String stem(@Nullable String distribution, @Nullable String imageName) {
    if (distribution != null) {
      int end = distribution.indexOf(':');
      return end < 0 ? distribution : distribution.substring(0, end);
    }
    return imageName == null ? "vm" : imageName;
  }

  /** The VM that is meant, with its images made ready. */
  VmWish wish(
      Session session, @Nullable String distribution, Power power, BooleanSupplier toolsForBuilds) {
    boolean cloud = distribution != null || image != null;
    var wish =
        new VmWish(
            power,
            hardware.read(),
            accelerator == null
                ? Accelerator.AUTO
                : OptionWords.read(Accelerator.class, accelerator, "--accelerator"),
            cpus == null ? 2 : cpus,
            memory == null ? ByteSize.ofGiB(1) : Units.size(memory, "--memory"),
            boot(session),
            null,
            null,
            disk == null ? null : Units.size(disk, "--disk"),
            forwards.stream().map(Forwards::parse).toList(),
            cloud ? setup.cloudInit(session) : null,
            OptionWords.labels(labels),
            new VmWish.Extras(
                secureBoot, tpm, Shares.parse(session, shares), netboot(session), reachesHost()));
    // Images come last: making them takes minutes, and nothing that was typed may fail after that.
    var images = new ImagePreparer(session, toolsForBuilds);
    String root = distribution != null ? images.ofName(distribution) : null;
    if (image != null) {
      root = images.ofFileOrName(image, format);
    }
    ByteSize size = disk == null ? usualDisk(images, root) : wish.diskSize();
    return wish.with(root, iso == null ? null : images.ofIso(iso), size);
  }

  private Boot boot(Session session) {
    if (kernel == null) {
      return Boot.none();
    }
    return Boot.kernel(
        session.file(kernel).toString(),
        initrd == null ? null : session.file(initrd).toString(),
        cmdline == null ? hardware.serialConsole() : cmdline);
  }

  /** A guest that shall boot from the host has to reach it. */
  private boolean reachesHost() {
    boolean fromHost = netboot != null && netboot.matches("[a-z]+://10\\.0\\.2\\.2([:/].*)?");
    return hostAccess || fromHost;
  }

  private @Nullable Netboot netboot(Session session) {
    if (netboot == null || netboot.contains("://")) {
      return netboot == null ? null : new Netboot(netboot, null);
    }
    Path file = session.file(netboot);
    Path directory = file.getParent();
    if (!Files.isRegularFile(file) || directory == null) {
      throw Problem.of(Code.NOT_FOUND, "There is no file " + file)
          .at("--netboot")
          .because("neither a URL nor a file has that name")
          .remedy("write the path of a boot loader such as pxelinux.0, or a URL")
          .asException();
    }
    return new Netboot(String.valueOf(file.getFileName()), directory.toString());
  }

  /** How large the first disk is when nobody says so: a larger image has to fit. */
  private @Nullable ByteSize usualDisk(ImagePreparer images, @Nullable String root) {
    ByteSize usual = Units.size(USUAL_DISK, "--disk");
    if (root == null) {
      return kernel != null && iso == null ? null : usual;
    }
    ByteSize least = images.virtualSize(root);
    return least.compareTo(usual) > 0 ? least : usual;
  }
}
