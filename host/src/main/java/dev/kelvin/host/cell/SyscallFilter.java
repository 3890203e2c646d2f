package dev.kelvin.host.cell;

import dev.kelvin.host.kernel.Numbers;
import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A filter of seccomp(2) that refuses what no program in a cell has a use for, whatever the program
 * itself asks for: QEMU installs one of its own beside it. Refused calls fail with EPERM, which
 * programs can tell of.
 */
final class SyscallFilter {
  private static final int SET_MODE_FILTER = 2;
  private static final long PR_SET_SECCOMP = 22;

  private static final int ALLOW = 0x7FFF0000;
  private static final int ERROR = 0x00050000;
  private static final int KILL_PROCESS = 0x80000000;

  // Instructions of the classic BPF (linux/filter.h).
  private static final int LOAD_WORD = 0x20;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int JUMP_IF_AT_LEAST = 0x35;
  private static final int JUMP_IF_BITS = 0x45;
  private static final int RETURN = 0x06;

  // Of struct seccomp_data.
  private static final int NUMBER = 0;
  private static final int ARCHITECTURE = 4;
  private static final int FIRST_ARGUMENT = 16;

  private static final int AF_UNIX = 1;
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int AF_NETLINK = 16;

  /** All CLONE_NEW* of clone(2): NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
  private static final int NEW_NAMESPACES = 0x7E020000;

  /** Of unshare(2) NEWTIME, too; what it takes apart of one process, such as its umask, is free. */
  private static final int UNSHARED_NAMESPACES = NEW_NAMESPACES | 0x80;

  private record Instruction(int code, int ifTrue, int ifFalse, int value) {}

  private SyscallFilter() {}

  /**
   * Installs it for the calling thread and all that it starts.
   *
   * @param cell by which sockets of the Internet's protocols can be made, or Unix sockets; and by
   *     whose rights the process can shut itself into a directory
   */
  static void install(Calls calls, Confinement cell) throws IOException {
    var families = new ArrayList<Integer>();
    if (cell.unixSockets()) {
      families.add(AF_UNIX);
    }
    if (cell.network()) {
      families.addAll(List.of(AF_INET, AF_INET6, AF_NETLINK));
    }
    var forbidden = new ArrayList<>(Numbers.forbidden());
    if (cell.kept().contains(Capability.SYS_CHROOT)) {
      forbidden.remove(Integer.valueOf(Numbers.CHROOT));
    }
    List<Instruction> program = program(forbidden, families);
    MemorySegment code = calls.memory(program.size() * (long) Long.BYTES);
    for (int i = 0; i < program.size(); i++) {
      Instruction one = program.get(i);
      long at = i * (long) Long.BYTES;
      code.set(ValueLayout.JAVA_SHORT, at, (short) one.code());
      code.set(ValueLayout.JAVA_BYTE, at + 2, (byte) one.ifTrue());
      code.set(ValueLayout.JAVA_BYTE, at + 3, (byte) one.ifFalse());
      code.set(ValueLayout.JAVA_INT, at + 4, one.value());
    }
    MemorySegment whole = calls.memory(2L * Long.BYTES);
    whole.set(ValueLayout.JAVA_SHORT, 0, (short) program.size());
    whole.set(ValueLayout.JAVA_LONG, Long.BYTES, code.address());
    calls.call("seccomp", Numbers.PRCTL, PR_SET_SECCOMP, SET_MODE_FILTER, whole.address(), 0, 0);
  }

  private static List<Instruction> program(Collection<Integer> forbidden, List<Integer> families) {
    var all = new ArrayList<Instruction>();
    // A program of another architecture would have other numbers.
    all.add(new Instruction(LOAD_WORD, 0, 0, ARCHITECTURE));
    all.add(new Instruction(JUMP_IF_EQUAL, 1, 0, Numbers.AUDIT_ARCH));
    all.add(new Instruction(RETURN, 0, 0, KILL_PROCESS));
    all.add(new Instruction(LOAD_WORD, 0, 0, NUMBER));
    if (Numbers.X32_BIT != 0) {
      all.add(new Instruction(JUMP_IF_AT_LEAST, 0, 1, Numbers.X32_BIT));
      all.add(new Instruction(RETURN, 0, 0, KILL_PROCESS));
    }
    for (int number : forbidden) {
      all.add(new Instruction(JUMP_IF_EQUAL, 0, 1, number));
      all.add(new Instruction(RETURN, 0, 0, ERROR | Syscalls.EPERM));
    }
    // Its flags are in memory, where no filter can look: the C library then takes clone(2).
    all.add(new Instruction(JUMP_IF_EQUAL, 0, 1, Numbers.CLONE3));
    all.add(new Instruction(RETURN, 0, 0, ERROR | Syscalls.ENOSYS));
    refuseBits(all, Numbers.CLONE, NEW_NAMESPACES);
    refuseBits(all, (int) Numbers.UNSHARE, UNSHARED_NAMESPACES);
    // What follows ends in an answer where the call is socket(2).
    all.add(new Instruction(JUMP_IF_EQUAL, 0, 2 + 2 * families.size(), Numbers.SOCKET));
    all.add(new Instruction(LOAD_WORD, 0, 0, FIRST_ARGUMENT));
    for (int family : families) {
      all.add(new Instruction(JUMP_IF_EQUAL, 0, 1, family));
      all.add(new Instruction(RETURN, 0, 0, ALLOW));
    }
    all.add(new Instruction(RETURN, 0, 0, ERROR | Syscalls.EPERM));
    all.add(new Instruction(RETURN, 0, 0, ALLOW));
    return all;
  }

  /** Refuses a call whose first argument has one of some bits; any other goes on. */
  private static void refuseBits(List<Instruction> all, int call, int bits) {
    all.add(new Instruction(JUMP_IF_EQUAL, 0, 4, call));
    all.add(new Instruction(LOAD_WORD, 0, 0, FIRST_ARGUMENT));
    all.add(new Instruction(JUMP_IF_BITS, 0, 1, bits));
    all.add(new Instruction(RETURN, 0, 0, ERROR | Syscalls.EPERM));
    all.add(new Instruction(LOAD_WORD, 0, 0, NUMBER));
  }
}
