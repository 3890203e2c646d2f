package dev.kelvin.qemu.testkit;

import dev.kelvin.host.file.Cpio;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Linux guest of two files, which boots to a shell on its serial port in a few seconds of
 * software emulation. Kernel, modules and busybox are Debian's own packages, fetched once per user
 * with {@code apt-get download} into a cache directory; on a host without them the test is skipped.
 *
 * <p>Its shell says {@link #READY} when it takes commands. With {@code tick} on the kernel's
 * command line it writes {@code TICK n} each second. The power button powers it off, unless {@code
 * nobutton} is on the command line.
 */
public record TinyGuest(Path kernel, Path initrd) {
  public static final String READY = "TINY-GUEST-READY";

  /** Kernel command line; words may be added. */
  public static final String CMDLINE =
      "console=ttyS0 quiet rdinit=/init no_timer_check random.trust_cpu=on";

  /** Part of the cache's key: a change of what is below makes a new initramfs. */
  private static final int FORM = 8;

  private static final String META_PACKAGE = "linux-image-cloud-amd64";

  /** What is loaded at boot, besides what these depend on. */
  private static final List<String> MODULES =
      List.of(
          "virtio_pci",
          "virtio_mmio",
          "virtio_blk",
          "virtio_net",
          "virtio_scsi",
          "virtio_console",
          "virtio-rng",
          "sd_mod",
          "sr_mod",
          "ata_piix",
          "isofs",
          "virtiofs",
          "pvpanic-mmio",
          "evdev",
          "button");

  private static final String INIT =
      """
      #!/bin/busybox sh
      /bin/busybox mkdir -p /proc /sys /dev /tmp /mnt /etc/acpi/PWRF
      /bin/busybox --install -s /bin
      export PATH=/bin
      mount -t proc proc /proc
      mount -t sysfs sys /sys
      mount -t devtmpfs dev /dev
      for m in $(cat /modules/order); do insmod /modules/$m || echo "NO MODULE $m"; done
      ip link set lo up
      if ! grep -q nobutton /proc/cmdline; then
        printf '#!/bin/sh\\npoweroff -f\\n' > /etc/acpi/PWRF/00000080
        chmod 755 /etc/acpi/PWRF/00000080
        acpid -f -d > /dev/null 2>&1 &
      fi
      if grep -q tick /proc/cmdline; then
        (n=0; while :; do n=$((n+1)); echo "TICK $n"; sleep 1; done) &
      fi
      stty -echo
      dmesg -n 1
      # The shell greets before it reads this file; what comes after READY is the test's own.
      echo 'echo TINY-GUEST-READY' > /etc/rc
      export ENV=/etc/rc PS1=
      exec setsid cttyhack sh
      """;

  /**
   * The guest's files, made if they are not in the cache.
   *
   * @throws org.opentest4j.TestAbortedException when this host cannot get the packages
   */
  public static TinyGuest obtain() throws IOException, InterruptedException {
    var packages = DebianPackages.own();
    String kernelPackage = packages.dependency(META_PACKAGE, "linux-image-");
    return in(
        DebianPackages.cached(
            "tiny-" + FORM + "-" + kernelPackage,
            work -> make(work, packages, kernelPackage, MODULES)));
  }

  /**
   * The same of another architecture, with a kernel for real machines, which has the driver of a
   * watchdog. Once made it is kept, whatever newer kernels there are.
   *
   * @param debian Debian's name of the architecture, such as {@code arm64}
   * @param metaPackage of the kernel, such as {@code linux-image-arm64}
   */
  public static TinyGuest obtain(String debian, String metaPackage)
      throws IOException, InterruptedException {
    return in(
        DebianPackages.cached(
            "tiny-" + FORM + "-" + debian + "-" + metaPackage,
            work -> {
              Path lists = work.resolve("apt");
              var packages = DebianPackages.of(debian, lists);
              String kernelPackage = packages.dependency(metaPackage, "linux-image-");
              var modules = new ArrayList<>(MODULES);
              modules.add("i6300esb");
              make(work, packages, kernelPackage, modules);
              DebianPackages.deleteTree(lists);
            }));
  }

  private static TinyGuest in(Path directory) {
    return new TinyGuest(directory.resolve("vmlinuz"), directory.resolve("initrd"));
  }

  private static void make(
      Path work, DebianPackages packages, String kernelPackage, List<String> modules)
      throws IOException, InterruptedException {
    Path root = work.resolve("root");
    packages.unpack(work, List.of(kernelPackage, "busybox-static"), root);
    Files.move(only(root.resolve("boot"), "vmlinuz-"), work.resolve("vmlinuz"));
    var archive = new Cpio();
    List.of("bin", "modules").forEach(archive::directory);
    archive.program("bin/busybox", Files.readAllBytes(root.resolve("bin/busybox")));
    archive.program("init", INIT.getBytes(StandardCharsets.UTF_8));
    Map<String, Path> known = modules(root.resolve("lib/modules"));
    Set<String> order = new LinkedHashSet<>();
    for (String module : modules) {
      addModule(module, known, order, archive);
    }
    archive.program(
        "modules/order", (String.join("\n", order) + "\n").getBytes(StandardCharsets.UTF_8));
    Files.write(work.resolve("initrd"), archive.finish());
    DebianPackages.deleteTree(root);
  }

  /** Adds a module after those that it depends on. */
  private static void addModule(
      String name, Map<String, Path> known, Set<String> order, Cpio archive) throws IOException {
    Path file = known.get(canonical(name));
    if (file == null) {
      // Built into this kernel.
      return;
    }
    byte[] content = Files.readAllBytes(file);
    String fileName = file.getFileName().toString();
    if (order.contains(fileName)) {
      return;
    }
    for (String dependency : dependencies(content)) {
      addModule(dependency, known, order, archive);
    }
    order.add(fileName);
    archive.program("modules/" + fileName, content);
  }

  private static Map<String, Path> modules(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(path -> path.toString().endsWith(".ko"))
          .collect(
              Collectors.toMap(
                  path -> canonical(path.getFileName().toString().replace(".ko", "")),
                  path -> path,
                  (first, second) -> first));
    }
  }

  /** What a module's own description (.modinfo) says it needs. */
  private static List<String> dependencies(byte[] module) {
    String text = new String(module, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("\0depends=");
    if (at < 0) {
      return List.of();
    }
    String list = text.substring(at + "\0depends=".length(), text.indexOf('\0', at + 1));
    return list.isEmpty() ? List.of() : List.of(list.split(","));
  }

  private static String canonical(String module) {
    return module.replace('-', '_');
  }

  private static Path only(Path directory, String prefix) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(path -> path.getFileName().toString().startsWith(prefix))
          .findFirst()
          .orElseThrow(() -> new IOException("no " + prefix + " in " + directory));
    }
  }
}
