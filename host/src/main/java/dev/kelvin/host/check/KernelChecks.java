package dev.kelvin.host.check;

import dev.kelvin.model.DoctorReport.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Capabilities that the kernel tells of in sysfs and procfs. */
final class KernelChecks {
  private final Path root;
  private final BooleanSupplier mapsHugePage;
  private final BooleanSupplier mergesPages;

  /**
   * Checks of the kernel whose {@code /proc} and {@code /sys} are below {@code root}.
   *
   * @param mapsHugePage tries to map and write one
   * @param mergesPages tries to offer memory for merging
   */
  KernelChecks(Path root, BooleanSupplier mapsHugePage, BooleanSupplier mergesPages) {
    this.root = root;
    this.mapsHugePage = mapsHugePage;
    this.mergesPages = mergesPages;
  }

  List<Check> memory() {
    return List.of(hugePages(), ksm(), numa());
  }

  List<Check> confinement() {
    return List.of(iommu(), cgroups(), accessControl());
  }

  private Check hugePages() {
    var check = new Checks("huge-pages", "huge pages");
    Path pool = root.resolve("sys/kernel/mm/hugepages/hugepages-2048kB");
    Optional<String> total = read(pool.resolve("nr_hugepages"));
    if (total.isEmpty()) {
      return check.absent(
          pool + " does not exist", "use a kernel that is built with CONFIG_HUGETLBFS");
    }
    String seen =
        total.get()
            + " of 2 MiB, "
            + read(pool.resolve("free_hugepages")).orElse("?")
            + " of them free";
    String transparent = "; transparent ones: " + transparentHugePages();
    if (mapsHugePage.getAsBoolean()) {
      return check.ok(seen + "; mapped and wrote one" + transparent);
    }
    String remedy =
        "only VMs that ask for them need them; reserve half as many as the VMs' MiB of memory:"
            + " sudo sysctl vm.nr_hugepages=NUMBER";
    if (total.get().equals("0")) {
      return check.absent("none reserved" + transparent, remedy);
    }
    return check.limited(seen + "; mapping one failed" + transparent, remedy);
  }

  private String transparentHugePages() {
    String modes = read(root.resolve("sys/kernel/mm/transparent_hugepage/enabled")).orElse("");
    int open = modes.indexOf('[');
    int close = modes.indexOf(']');
    return open >= 0 && close > open ? modes.substring(open + 1, close) : "none";
  }

  private Check ksm() {
    var check = new Checks("ksm", "KSM (merges equal memory of VMs)");
    Path directory = root.resolve("sys/kernel/mm/ksm");
    Optional<String> run = read(directory.resolve("run"));
    if (run.isEmpty() || !mergesPages.getAsBoolean()) {
      return check.absent(
          "the kernel takes no memory for merging (MADV_MERGEABLE)",
          "use a kernel that is built with CONFIG_KSM");
    }
    String offered = "the kernel takes memory for merging";
    if (!run.get().equals("1")) {
      return check.limited(
          offered + "; run is " + run.get() + ": it does not merge now",
          "to save memory among like VMs: echo 1 | sudo tee /sys/kernel/mm/ksm/run");
    }
    String sharing = read(directory.resolve("pages_sharing")).orElse("?");
    return check.ok(offered + " and merges it; pages saved now: " + sharing);
  }

  private Check numa() {
    var check = new Checks("numa", "NUMA");
    List<String> nodes = new ArrayList<>();
    for (Path node : children("sys/devices/system/node")) {
      if (node.getFileName().toString().matches("node\\d+")) {
        nodes.add(node.getFileName() + " has CPUs " + read(node.resolve("cpulist")).orElse("?"));
      }
    }
    if (nodes.isEmpty()) {
      return check.absent(
          "the kernel shows no nodes", "nothing to do: the host counts as one node");
    }
    return check.ok(
        (nodes.size() == 1 ? "one node: " : nodes.size() + " nodes: ") + String.join("; ", nodes));
  }

  private Check iommu() {
    var check = new Checks("iommu", "IOMMU (passing devices through)");
    int groups = children("sys/kernel/iommu_groups").size();
    List<String> units =
        children("sys/class/iommu").stream().map(unit -> unit.getFileName().toString()).toList();
    if (groups > 0) {
      return check.ok(groups + " groups of devices; units: " + String.join(", ", units));
    }
    return check.absent(
        "no groups of devices in /sys/kernel/iommu_groups",
        "only needed to pass devices through: switch VT-d or AMD-Vi on in the firmware's set-up, and"
            + " on Intel boot with intel_iommu=on");
  }

  private Check cgroups() {
    var check = new Checks("cgroups", "cgroups (limits and accounts of VMs)");
    Path mount = root.resolve("sys/fs/cgroup");
    Optional<String> controllers = read(mount.resolve("cgroup.controllers"));
    if (controllers.isPresent()) {
      return check.ok("version 2 with the controllers " + controllers.get());
    }
    String remedy = "boot with systemd.unified_cgroup_hierarchy=1 to have version 2";
    if (Files.exists(mount.resolve("unified/cgroup.procs"))) {
      return check.limited("version 1, and 2 beside it without controllers", remedy);
    }
    if (Files.exists(mount.resolve("memory")) || Files.exists(mount.resolve("cpu"))) {
      return check.limited("version 1", remedy);
    }
    return check.absent(
        "nothing is mounted at /sys/fs/cgroup", "mount it: cgroup2 at /sys/fs/cgroup");
  }

  /** Mandatory access control: SELinux or AppArmor. */
  private Check accessControl() {
    var check = new Checks("mac", "SELinux or AppArmor");
    Optional<String> selinux = read(root.resolve("sys/fs/selinux/enforce"));
    if (selinux.isPresent()) {
      return check.ok("SELinux is " + (selinux.get().equals("1") ? "enforcing" : "permissive"));
    }
    boolean apparmor =
        read(root.resolve("sys/module/apparmor/parameters/enabled"))
            .filter("Y"::equals)
            .isPresent();
    if (apparmor) {
      String modules = read(root.resolve("sys/kernel/security/lsm")).orElse("not shown");
      return check.ok("AppArmor is on; the kernel's security modules: " + modules);
    }
    return check.absent(
        "neither /sys/fs/selinux nor an AppArmor that is on",
        "nothing to do: VMs are confined by user, QEMU's seccomp filter and no-new-privileges");
  }

  private List<Path> children(String directory) {
    try (Stream<Path> entries = Files.list(root.resolve(directory))) {
      return entries.sorted().toList();
    } catch (IOException e) {
      // The kernel has no such directory, or does not show it to this user: it counts as empty.
      return List.of();
    }
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException e) {
      // Absence is what the checks ask for.
      return Optional.empty();
    }
  }
}
