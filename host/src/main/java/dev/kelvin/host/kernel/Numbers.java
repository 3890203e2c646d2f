package dev.kelvin.host.kernel;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Numbers of the calls that confine a process (syscalls(2)): those of x86-64, else those of the
 * generic table, which arm64 has.
 */
public final class Numbers {
  static final boolean X86 = System.getProperty("os.arch", "").equals("amd64");

  public static final long UNSHARE = X86 ? 272 : 97;
  public static final long SETNS = X86 ? 308 : 268;
  public static final long MOUNT = X86 ? 165 : 40;
  public static final long UMOUNT2 = X86 ? 166 : 39;
  public static final long PIVOT_ROOT = X86 ? 155 : 41;
  public static final long CHDIR = X86 ? 80 : 49;
  public static final long SETRESUID = X86 ? 117 : 147;
  public static final long SETRESGID = X86 ? 119 : 149;
  public static final long SETGROUPS = X86 ? 116 : 159;
  public static final long PRCTL = X86 ? 157 : 167;
  public static final long CAPSET = X86 ? 126 : 91;
  public static final long PRLIMIT = X86 ? 302 : 261;
  public static final long OPEN_TREE = 428;
  public static final long MOVE_MOUNT = 429;
  public static final long MOUNT_SETATTR = 442;
  public static final long LANDLOCK_ADD_RULE = 445;
  public static final long LANDLOCK_RESTRICT_SELF = 446;

  /** That of clone(2), whose first argument has the flags on both architectures. */
  public static final int CLONE = X86 ? 56 : 220;

  public static final int CLONE3 = 435;

  /** That of socket(2), whose first argument is the family. */
  public static final int SOCKET = X86 ? 41 : 198;

  /** That of chroot(2), which takes a capability that only file servers in cells have. */
  public static final int CHROOT = X86 ? 161 : 51;

  static final long BIND = X86 ? 49 : 200;
  static final long LISTEN = X86 ? 50 : 201;

  /** AUDIT_ARCH_X86_64 or AUDIT_ARCH_AARCH64 of the kernel's audit.h. */
  public static final int AUDIT_ARCH = X86 ? 0xC000003E : 0xC00000B7;

  /** From this bit on the numbers are those of x32; 0 where there is no such thing. */
  public static final int X32_BIT = X86 ? 0x40000000 : 0;

  /**
   * Calls by which a process changes the host, looks into others, or reaches parts of the kernel
   * that no program in a cell needs.
   */
  public static List<Integer> forbidden() {
    return Stream.of(X86 ? X86_FORBIDDEN : GENERIC_FORBIDDEN, FORBIDDEN)
        .flatMap(calls -> calls.values().stream())
        .toList();
  }

  /** Since 424 calls have one number everywhere. */
  private static final Map<String, Integer> FORBIDDEN =
      Map.ofEntries(
          // Sockets and files are opened through a ring without a call that the filter sees.
          Map.entry("io_uring_setup", 425),
          Map.entry("io_uring_enter", 426),
          Map.entry("io_uring_register", 427),
          Map.entry("open_tree", 428),
          Map.entry("move_mount", 429),
          Map.entry("fsopen", 430),
          Map.entry("fsconfig", 431),
          Map.entry("fsmount", 432),
          Map.entry("fspick", 433),
          Map.entry("pidfd_getfd", 438),
          Map.entry("mount_setattr", 442),
          Map.entry("quotactl_fd", 443));

  private static final Map<String, Integer> X86_FORBIDDEN =
      Map.ofEntries(
          Map.entry("ptrace", 101),
          Map.entry("syslog", 103),
          Map.entry("uselib", 134),
          Map.entry("pivot_root", 155),
          Map.entry("adjtimex", 159),
          Map.entry("chroot", 161),
          Map.entry("acct", 163),
          Map.entry("settimeofday", 164),
          Map.entry("mount", 165),
          Map.entry("umount2", 166),
          Map.entry("swapon", 167),
          Map.entry("swapoff", 168),
          Map.entry("reboot", 169),
          Map.entry("sethostname", 170),
          Map.entry("setdomainname", 171),
          Map.entry("iopl", 172),
          Map.entry("ioperm", 173),
          Map.entry("init_module", 175),
          Map.entry("delete_module", 176),
          Map.entry("quotactl", 179),
          Map.entry("clock_settime", 227),
          Map.entry("kexec_load", 246),
          Map.entry("add_key", 248),
          Map.entry("request_key", 249),
          Map.entry("keyctl", 250),
          Map.entry("perf_event_open", 298),
          Map.entry("open_by_handle_at", 304),
          Map.entry("clock_adjtime", 305),
          Map.entry("setns", 308),
          Map.entry("process_vm_readv", 310),
          Map.entry("process_vm_writev", 311),
          Map.entry("kcmp", 312),
          Map.entry("finit_module", 313),
          Map.entry("kexec_file_load", 320),
          Map.entry("bpf", 321),
          Map.entry("userfaultfd", 323));

  private static final Map<String, Integer> GENERIC_FORBIDDEN =
      Map.ofEntries(
          Map.entry("umount2", 39),
          Map.entry("mount", 40),
          Map.entry("pivot_root", 41),
          Map.entry("chroot", 51),
          Map.entry("quotactl", 60),
          Map.entry("acct", 89),
          Map.entry("kexec_load", 104),
          Map.entry("init_module", 105),
          Map.entry("delete_module", 106),
          Map.entry("clock_settime", 112),
          Map.entry("syslog", 116),
          Map.entry("ptrace", 117),
          Map.entry("reboot", 142),
          Map.entry("sethostname", 161),
          Map.entry("setdomainname", 162),
          Map.entry("settimeofday", 170),
          Map.entry("adjtimex", 171),
          Map.entry("add_key", 217),
          Map.entry("request_key", 218),
          Map.entry("keyctl", 219),
          Map.entry("swapon", 224),
          Map.entry("swapoff", 225),
          Map.entry("perf_event_open", 241),
          Map.entry("open_by_handle_at", 265),
          Map.entry("clock_adjtime", 266),
          Map.entry("setns", 268),
          Map.entry("process_vm_readv", 270),
          Map.entry("process_vm_writev", 271),
          Map.entry("kcmp", 272),
          Map.entry("finit_module", 273),
          Map.entry("bpf", 280),
          Map.entry("userfaultfd", 282),
          Map.entry("kexec_file_load", 294));

  private Numbers() {}
}
