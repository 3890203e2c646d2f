package dev.kelvin.host.launch;

import dev.kelvin.host.cell.Confinement.Limits;
import dev.kelvin.host.kernel.Numbers;
import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Limits of another process's (prlimit(2)). They hold for what it starts, too. */
final class ProcessLimits {
  /** RLIMIT_*, in asm-generic/resource.h, and the options of prlimit(1). */
  private enum Limit {
    FILE_SIZE(1, "fsize"),
    CORE(4, "core"),
    TASKS(6, "nproc"),
    FILES(7, "nofile"),
    MEMORY(9, "as");

    final int number;
    final String option;

    Limit(int number, String option) {
      this.number = number;
      this.option = option;
    }
  }

  /** {@code more}: also above what the process has. */
  private record Setting(Limit limit, long value, boolean more) {}

  /**
   * Programs that take core dumps through a pipe are started whatever the limit, unless it is 1
   * (do_coredump in the kernel's fs/coredump.c); a file would need more than one byte.
   */
  private static final long NO_CORE = 1;

  private final List<Setting> settings;

  /** Made before the process is: a thread in a cell can load no classes. */
  ProcessLimits(Limits limits) {
    var all = new ArrayList<Setting>();
    all.add(new Setting(Limit.CORE, NO_CORE, false));
    add(all, Limit.TASKS, limits.tasks(), false);
    add(all, Limit.FILES, limits.files(), limits.moreFiles());
    add(all, Limit.FILE_SIZE, limits.fileBytes(), false);
    add(all, Limit.MEMORY, limits.memoryBytes(), false);
    settings = List.copyOf(all);
  }

  /**
   * Sets them for a process, none above what it has.
   *
   * @throws IOException when the kernel refuses it
   */
  void set(long pid) throws IOException {
    var kernel = new Syscalls();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment now = arena.allocate(ValueLayout.JAVA_LONG, 2);
      MemorySegment wanted = arena.allocate(ValueLayout.JAVA_LONG, 2);
      for (Setting one : settings) {
        require(kernel.call(Numbers.PRLIMIT, pid, one.limit().number, 0, now.address()), one);
        // Unlimited is the largest number that there is.
        long value = least(now.getAtIndex(ValueLayout.JAVA_LONG, 1), one.value());
        wanted.setAtIndex(ValueLayout.JAVA_LONG, 0, value);
        wanted.setAtIndex(ValueLayout.JAVA_LONG, 1, value);
        require(kernel.call(Numbers.PRLIMIT, pid, one.limit().number, wanted.address(), 0), one);
      }
    }
  }

  /**
   * Raises those of which the process may have more than the daemon. It takes CAP_SYS_RESOURCE, so
   * no thread that is in a cell can do it; without that right they stay as they are.
   *
   * @return false when one was not raised
   */
  boolean raise(long pid) {
    var kernel = new Syscalls();
    boolean raised = true;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment wanted = arena.allocate(ValueLayout.JAVA_LONG, 2);
      for (Setting one : settings) {
        if (one.more()) {
          wanted.setAtIndex(ValueLayout.JAVA_LONG, 0, one.value());
          wanted.setAtIndex(ValueLayout.JAVA_LONG, 1, one.value());
          raised &= kernel.call(Numbers.PRLIMIT, pid, one.limit().number, wanted.address(), 0).ok();
        }
      }
    }
    return raised;
  }

  private static long least(long a, long b) {
    return Long.compareUnsigned(a, b) < 0 ? a : b;
  }

  private static void require(Syscalls.Answer answer, Setting one) throws IOException {
    // What has ended needs no limit.
    if (!answer.ok() && answer.errno() != Syscalls.ESRCH) {
      throw new IOException(
          "the limit \"" + one.limit().option + "\" cannot be set: " + answer.error());
    }
  }

  /**
   * Options of prlimit(1) for the same, none above what the daemon has: it could not raise them.
   */
  List<String> options() throws IOException {
    var options = new ArrayList<String>();
    var kernel = new Syscalls();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment now = arena.allocate(ValueLayout.JAVA_LONG, 2);
      for (Setting one : settings) {
        require(kernel.call(Numbers.PRLIMIT, 0, one.limit().number, 0, now.address()), one);
        long value = least(now.getAtIndex(ValueLayout.JAVA_LONG, 1), one.value());
        options.add("--" + one.limit().option + "=" + value);
      }
    }
    return List.copyOf(options);
  }

  private static void add(List<Setting> all, Limit limit, long value, boolean more) {
    if (value != Limits.NONE) {
      all.add(new Setting(limit, value, more));
    }
  }
}
