package dev.kelvin.host.cell;

import dev.kelvin.host.cell.Confinement.Device;
import dev.kelvin.host.cell.Confinement.Empty;
import dev.kelvin.host.cell.Confinement.Held;
import dev.kelvin.host.cell.Confinement.Later;
import dev.kelvin.host.cell.Confinement.Program;
import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.host.cell.Confinement.ReadWrite;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.cell.Confinement.Workplace;
import dev.kelvin.host.kernel.Numbers;
import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A set of rules of landlock(7) for the calling thread: what is in no view is not opened, run, made
 * or renamed. It takes no privilege, and nothing takes it back. What the kernel's version does not
 * know yet is left out.
 */
final class Landlock implements AutoCloseable {
  private static final long EXECUTE = 1;
  private static final long WRITE_FILE = 1 << 1;
  private static final long READ_FILE = 1 << 2;
  private static final long READ_DIRECTORY = 1 << 3;
  private static final long REMOVE_FILE = 1 << 5;
  private static final long MAKE_FILE = 1 << 8;
  private static final long MAKE_SOCKET = 1 << 9;
  private static final long TRUNCATE = 1 << 14;
  private static final long IOCTL_DEVICE = 1 << 15;

  /** All that is done to files and directories, but to run programs and to make disks. */
  private static final long ALL_OF_FILES = 0x7FFE & ~(1 << 11);

  /** From this version on files can be moved from one directory to another at all. */
  private static final int MOVING_VERSION = 2;

  /** All rights of files by version of the interface; see "ABI" in landlock(7). */
  private static final List<Long> KNOWN =
      List.of(0L, 0x1FFFL, 0x3FFFL, 0x7FFFL, 0x7FFFL, 0xFFFFL, 0xFFFFL);

  /** From this version on connections by TCP are known: to bind and to connect. */
  private static final int NETWORK_VERSION = 4;

  private static final long TCP = 3;

  /** From this version on abstract sockets and signals are: only those within the cell. */
  private static final int SCOPE_VERSION = 6;

  private static final long ABSTRACT_SOCKETS_AND_SIGNALS = 3;

  private static final long ASK_FOR_VERSION = 1;
  private static final long RULE_PATH_BENEATH = 1;

  private final Calls calls;
  private final int version;
  private final long known;
  private final long rules;

  /**
   * Makes an empty set: nothing is allowed.
   *
   * @param network whether TCP stays allowed
   */
  Landlock(Calls calls, boolean network) throws IOException {
    this.calls = calls;
    this.version = version(calls);
    this.known = KNOWN.get(Math.min(version, KNOWN.size() - 1));
    MemorySegment attributes = calls.memory(3L * Long.BYTES);
    attributes.setAtIndex(ValueLayout.JAVA_LONG, 0, known);
    long size = Long.BYTES;
    if (version >= NETWORK_VERSION) {
      attributes.setAtIndex(ValueLayout.JAVA_LONG, 1, network ? 0 : TCP);
      size += Long.BYTES;
    }
    if (version >= SCOPE_VERSION) {
      attributes.setAtIndex(ValueLayout.JAVA_LONG, 2, ABSTRACT_SOCKETS_AND_SIGNALS);
      size += Long.BYTES;
    }
    this.rules =
        calls.call(
            "landlock_create_ruleset",
            Syscalls.LANDLOCK_CREATE_RULESET,
            attributes.address(),
            size,
            0);
  }

  /** Which version of the interface the kernel has; 0 for none. */
  static int version(Calls calls) {
    var answer = calls.attempt(Syscalls.LANDLOCK_CREATE_RULESET, 0, 0, ASK_FOR_VERSION);
    return answer.ok() ? (int) answer.value() : 0;
  }

  /**
   * Whether what views are for works within rules: the kernel's first version of them lets nobody
   * move files between directories, as a file server must.
   */
  static boolean bears(Calls calls, List<View> views) {
    for (View view : views) {
      if (view instanceof Held(_, _, boolean writable) && writable) {
        return version(calls) >= MOVING_VERSION;
      }
    }
    return true;
  }

  /** Allows what views are for. What is not there needs no rule. */
  void allow(List<View> views) throws IOException {
    for (View view : views) {
      allow(view.path(), rights(view));
    }
  }

  /** Allows to see what is in a directory, and to read files there. */
  void allowToRead(Path directory) throws IOException {
    allow(directory, READ_FILE | READ_DIRECTORY);
  }

  private static long rights(View view) {
    return switch (view) {
      case ReadOnly _ -> READ_FILE | READ_DIRECTORY;
      case Program _ -> READ_FILE | EXECUTE;
      case ReadWrite _ -> READ_FILE | WRITE_FILE | TRUNCATE;
      case Workplace _ ->
          READ_FILE
              | READ_DIRECTORY
              | WRITE_FILE
              | TRUNCATE
              | MAKE_FILE
              | MAKE_SOCKET
              | REMOVE_FILE;
      case Device _ -> READ_FILE | WRITE_FILE | IOCTL_DEVICE;
      case Later(_, boolean writable) ->
          READ_FILE | READ_DIRECTORY | (writable ? WRITE_FILE | TRUNCATE : 0);
      case Empty _ -> READ_DIRECTORY;
      case Held(_, _, boolean writable) -> writable ? ALL_OF_FILES : READ_FILE | READ_DIRECTORY;
    };
  }

  private void allow(Path path, long rights) throws IOException {
    Path real = Files.exists(path) ? path.toRealPath() : path;
    var pinned = calls.pin(real.toString());
    if (!pinned.ok()) {
      throw new IOException(path + ": " + pinned.error());
    }
    try {
      // A file has no rights that only a directory can have: the kernel refuses such a rule.
      long meant =
          Files.isDirectory(path)
              ? rights
              : rights & (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE);
      MemorySegment rule = calls.memory(2L * Long.BYTES);
      rule.set(ValueLayout.JAVA_LONG, 0, meant & known);
      rule.set(ValueLayout.JAVA_INT, Long.BYTES, (int) pinned.value());
      calls.call(
          "landlock_add_rule " + path,
          Numbers.LANDLOCK_ADD_RULE,
          rules,
          RULE_PATH_BENEATH,
          rule.address(),
          0);
    } finally {
      calls.close(pinned.value());
    }
  }

  /** From here on the rules hold for the calling thread and all that it starts. */
  void restrict() throws IOException {
    calls.call("landlock_restrict_self", Numbers.LANDLOCK_RESTRICT_SELF, rules, 0);
  }

  @Override
  public void close() {
    calls.close(rules);
  }
}
