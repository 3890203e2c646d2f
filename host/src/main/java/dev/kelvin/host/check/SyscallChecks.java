package dev.kelvin.host.check;

import dev.kelvin.host.kernel.Syscalls;
import dev.kelvin.host.kernel.Syscalls.Answer;
import dev.kelvin.model.DoctorReport.Check;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Capabilities of the kernel that are proven by calling it. */
final class SyscallChecks {
  private static final long HUGE_PAGE = 2L << 20;
  private static final long MAP_HUGETLB = 0x40000;
  private static final long MADV_MERGEABLE = 12;

  private static final long O_CLOEXEC_NONBLOCK = 0x80800;
  private static final long UFFD_USER_MODE_ONLY = 1;
  private static final long USERFAULTFD_IOC_NEW = 0xAA00;
  private static final long UFFDIO_API = 0xC018AA3FL;
  private static final long UFFD_API = 0xAA;
  private static final long UFFD_FEATURE_WRITE_PROTECT = 1;

  private static final int IO_URING_PARAMS_BYTES = 120;

  private static final long TUNSETIFF = 0x400454CAL;
  private static final int IFREQ_BYTES = 40;
  private static final int IFNAMSIZ = 16;
  private static final short IFF_TAP_NO_PI = 0x1002;

  private static final long LANDLOCK_CREATE_RULESET_VERSION = 1;

  private final Syscalls kernel = new Syscalls();

  List<Check> all() {
    return List.of(userfaultfd(), ioUring(), tun(), landlock());
  }

  /** Whether a huge page of 2 MiB can be mapped and written. */
  boolean mapsHugePage() {
    Answer mapped = kernel.map(HUGE_PAGE, MAP_HUGETLB);
    if (!mapped.ok()) {
      return false;
    }
    try {
      MemorySegment page = Syscalls.memory(mapped.value(), HUGE_PAGE);
      page.set(ValueLayout.JAVA_LONG, HUGE_PAGE - 8, 42);
      return page.get(ValueLayout.JAVA_LONG, HUGE_PAGE - 8) == 42;
    } finally {
      kernel.unmap(mapped.value(), HUGE_PAGE);
    }
  }

  /** Whether the kernel takes memory for same-page merging (madvise(2), MADV_MERGEABLE). */
  boolean mergesPages() {
    Answer mapped = kernel.map(HUGE_PAGE, 0);
    if (!mapped.ok()) {
      return false;
    }
    try {
      return kernel.advise(mapped.value(), HUGE_PAGE, MADV_MERGEABLE).ok();
    } finally {
      kernel.unmap(mapped.value(), HUGE_PAGE);
    }
  }

  /**
   * userfaultfd(2): faults of a guest's memory handled by another process, kernel faults included.
   */
  Check userfaultfd() {
    var check = new Checks("userfaultfd", "userfaultfd (live snapshots, post-copy, forks)");
    String how = "called userfaultfd(2)";
    Answer opened = kernel.call(Syscalls.USERFAULTFD, O_CLOEXEC_NONBLOCK);
    if (opened.errno() == Syscalls.EPERM) {
      Answer device = kernel.open("/dev/userfaultfd");
      if (device.ok()) {
        how = "opened /dev/userfaultfd";
        opened = kernel.ioctl(device.value(), USERFAULTFD_IOC_NEW, O_CLOEXEC_NONBLOCK);
        kernel.close(device.value());
      }
    }
    if (opened.ok()) {
      return handshake(check, how, opened.value());
    }
    if (opened.errno() != Syscalls.EPERM) {
      return check.absent(
          how + ": " + opened.error(), "use a kernel that is built with CONFIG_USERFAULTFD");
    }
    Answer userOnly = kernel.call(Syscalls.USERFAULTFD, O_CLOEXEC_NONBLOCK | UFFD_USER_MODE_ONLY);
    String remedy =
        "let the daemon's user read and write /dev/userfaultfd, or: sudo sysctl"
            + " vm.unprivileged_userfaultfd=1";
    if (!userOnly.ok()) {
      return check.absent(how + ": " + opened.error(), remedy);
    }
    kernel.close(userOnly.value());
    return check.limited(how + ": only for faults of user mode, which leaves KVM out", remedy);
  }

  private Check handshake(Checks check, String how, long descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment api = arena.allocate(24, 8);
      api.set(ValueLayout.JAVA_LONG, 0, UFFD_API);
      Answer agreed = kernel.ioctl(descriptor, UFFDIO_API, api);
      if (!agreed.ok()) {
        return check.broken(how + "; UFFDIO_API: " + agreed.error(), "use a newer kernel");
      }
      long features = api.get(ValueLayout.JAVA_LONG, 8);
      String proof = how + "; features 0x" + Long.toHexString(features);
      if ((features & UFFD_FEATURE_WRITE_PROTECT) == 0) {
        return check.limited(proof + ", no write protection", "use Linux 5.7 or newer");
      }
      return check.ok(proof + ", with write protection");
    } finally {
      kernel.close(descriptor);
    }
  }

  /** io_uring_setup(2). */
  Check ioUring() {
    var check = new Checks("io-uring", "io_uring (fast disk I/O)");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment parameters = arena.allocate(IO_URING_PARAMS_BYTES, 8);
      Answer ring = kernel.call(Syscalls.IO_URING_SETUP, 4, parameters.address());
      if (ring.ok()) {
        kernel.close(ring.value());
        int features = parameters.get(ValueLayout.JAVA_INT, 20);
        return check.ok("set up a ring of 4 entries; features 0x" + Integer.toHexString(features));
      }
      String proof = "called io_uring_setup(2): " + ring.error();
      if (ring.errno() == Syscalls.EPERM) {
        return check.absent(
            proof, "allow it: sudo sysctl kernel.io_uring_disabled=0 (or a container's policy)");
      }
      return check.absent(proof, "use a kernel that is built with CONFIG_IO_URING");
    }
  }

  /** A tap device, made and gone again with its descriptor (the kernel's tuntap document). */
  Check tun() {
    var check = new Checks("tun", "tap devices (bridged networks)");
    Answer opened = kernel.open("/dev/net/tun");
    if (!opened.ok()) {
      String remedy =
          opened.errno() == Syscalls.ENOENT || opened.errno() == 19
              ? "load the module: sudo modprobe tun"
              : "run the daemon as root; user-mode networking works without";
      return check.absent("opened /dev/net/tun: " + opened.error(), remedy);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
      request.setString(0, "kvprobe%d");
      request.set(ValueLayout.JAVA_SHORT, IFNAMSIZ, IFF_TAP_NO_PI);
      Answer made = kernel.ioctl(opened.value(), TUNSETIFF, request);
      if (made.ok()) {
        return check.ok("made the tap device " + request.getString(0) + ", which has gone again");
      }
      return check.limited(
          "opened /dev/net/tun; making a tap device: " + made.error(),
          "run the daemon as root; user-mode networking works without");
    } finally {
      kernel.close(opened.value());
    }
  }

  /** landlock_create_ruleset(2), which tells its version. */
  Check landlock() {
    var check = new Checks("landlock", "Landlock (sandbox of files)");
    Answer version =
        kernel.call(Syscalls.LANDLOCK_CREATE_RULESET, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version.ok()) {
      return check.ok("asked the kernel: version " + version.value() + " of its interface");
    }
    return check.absent(
        "called landlock_create_ruleset(2): " + version.error(),
        version.errno() == Syscalls.ENOSYS
            ? "use a kernel that is built with CONFIG_SECURITY_LANDLOCK"
            : "add landlock to the kernel's boot parameter lsm=");
  }
}
