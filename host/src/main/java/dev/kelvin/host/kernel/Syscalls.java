package dev.kelvin.host.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the kernel that the JDK has no method for, through the C library's {@code syscall(2)}.
 */
public final class Syscalls {
  /** What a call gave: its value, or -1 and the error number (errno(3)). */
  public record Answer(long value, int errno) {
    public boolean ok() {
      return value >= 0;
    }

    /** For people: the name and the meaning of the error. */
    public String error() {
      return Syscalls.error(errno);
    }
  }

  /** For people: the name and the meaning of an error number. */
  public static String error(int errno) {
    return ERRORS.getOrDefault(errno, "error " + errno);
  }

  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int EINTR = 4;
  public static final int EAGAIN = 11;
  public static final int EXDEV = 18;
  public static final int ELOOP = 40;
  public static final int EPIPE = 32;
  public static final int ECONNRESET = 104;
  public static final int ENOTCONN = 107;
  public static final int ENOSYS = 38;

  private static final Map<Integer, String> ERRORS =
      Map.ofEntries(
          Map.entry(EPERM, "EPERM, not permitted"),
          Map.entry(ENOENT, "ENOENT, no such file"),
          Map.entry(ESRCH, "ESRCH, no such process"),
          Map.entry(5, "EIO, the disk fails"),
          Map.entry(6, "ENXIO, no such device"),
          Map.entry(EINTR, "EINTR, interrupted by a signal"),
          Map.entry(9, "EBADF, bad descriptor"),
          Map.entry(EAGAIN, "EAGAIN, no room now, or too many processes"),
          Map.entry(12, "ENOMEM, not enough memory"),
          Map.entry(13, "EACCES, permission denied"),
          Map.entry(16, "EBUSY, in use"),
          Map.entry(20, "ENOTDIR, not a directory"),
          Map.entry(24, "EMFILE, too many open files"),
          Map.entry(EXDEV, "EXDEV, it leads elsewhere"),
          Map.entry(ELOOP, "ELOOP, a link"),
          Map.entry(19, "ENODEV, no such device"),
          Map.entry(22, "EINVAL, not understood"),
          Map.entry(28, "ENOSPC, the disk is full"),
          Map.entry(EPIPE, "EPIPE, the peer is gone"),
          Map.entry(25, "ENOTTY, not understood by the device"),
          Map.entry(ENOSYS, "ENOSYS, not in this kernel"),
          Map.entry(95, "EOPNOTSUPP, not switched on"),
          Map.entry(98, "EADDRINUSE, there is something already"));

  /** Numbers of calls that are the same on x86-64 and in the generic table (arm64). */
  static final long PIDFD_SEND_SIGNAL = 424;

  static final long PIDFD_OPEN = 434;
  private static final long OPENAT2 = 437;
  public static final long IO_URING_SETUP = 425;

  public static final long LANDLOCK_CREATE_RULESET = 444;

  private static final boolean X86 = Numbers.X86;
  private static final long OPENAT = X86 ? 257 : 56;
  private static final long CLOSE = X86 ? 3 : 57;
  private static final long IOCTL = X86 ? 16 : 29;
  private static final long MMAP = X86 ? 9 : 222;
  private static final long MUNMAP = X86 ? 11 : 215;
  private static final long MADVISE = X86 ? 28 : 233;
  public static final long USERFAULTFD = X86 ? 323 : 282;
  public static final long SETPRIORITY = X86 ? 141 : 140;
  public static final long UMASK = X86 ? 95 : 166;
  public static final long KILL = X86 ? 62 : 129;
  public static final long SYNCFS = X86 ? 306 : 267;
  private static final long PPOLL = X86 ? 271 : 73;
  public static final long FCNTL = X86 ? 72 : 25;
  public static final long WAIT4 = X86 ? 61 : 260;
  public static final long SENDMSG = X86 ? 46 : 211;
  public static final long PIPE2 = X86 ? 293 : 59;
  public static final long IOPRIO_SET = X86 ? 251 : 30;

  private static final long SENDTO = X86 ? 44 : 206;
  private static final long RECVFROM = X86 ? 45 : 207;

  private static final long GETSOCKOPT = X86 ? 55 : 209;
  private static final long STATX = X86 ? 332 : 291;
  private static final long STATX_BLOCKS = 0x400;
  private static final long AT_SYMLINK_NOFOLLOW = 0x100;

  /** Of {@code struct statx}, and where the number of its blocks of 512 bytes is in it. */
  private static final long STATX_SIZE = 256;

  private static final long STATX_BLOCKS_AT = 48;
  public static final int SOL_SOCKET = 1;

  private static final short AF_UNIX = 1;
  private static final short AF_NETLINK = 16;
  private static final long NETLINK_NETFILTER = 12;
  private static final long SOCK_STREAM_CLOEXEC = 0x80001;
  private static final long SOCK_DGRAM_CLOEXEC = 0x80002;
  public static final long MSG_NOSIGNAL = 0x4000;
  public static final long MSG_DONTWAIT = 0x40;

  private static final short POLLIN = 1;
  private static final long AT_FDCWD = -100;
  private static final long O_RDONLY_CLOEXEC = 0x80000;
  private static final long O_RDWR_CLOEXEC = 0x80002;
  private static final long O_APPEND_CREATE_CLOEXEC = 0x80441;
  private static final long O_REPLACE_CREATE_CLOEXEC = 0x80241;
  private static final long READ_AND_WRITE = 0666;
  private static final long O_PATH_CLOEXEC = 0x280000;

  /** How openat2(2) resolves a path: no link of /proc counts, and none leads out. */
  private static final long RESOLVE_NO_MAGICLINKS = 0x02;

  private static final long RESOLVE_BENEATH = 0x08;

  /** Numbers that differ between the architectures. */
  private static final long O_NOFOLLOW = X86 ? 0x20000 : 0x8000;

  private static final long PROT_READ_WRITE = 3;
  private static final long MAP_PRIVATE_ANONYMOUS = 0x22;

  private final CLibrary library = new CLibrary();
  private final MemorySegment syscall = library.require("syscall");

  /** Makes a call with up to six numbers. */
  public Answer call(long number, long... arguments) {
    long[] all = new long[arguments.length + 1];
    all[0] = number;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    CLibrary.Result result = library.call(syscall, all);
    return new Answer(result.value(), result.value() == -1 ? result.errno() : 0);
  }

  /** Opens a file for reading and writing. */
  public Answer open(String path) {
    return open(path, O_RDWR_CLOEXEC);
  }

  /** Opens a file or a directory for reading. */
  public Answer openToRead(String path) {
    return open(path, O_RDONLY_CLOEXEC);
  }

  /** Opens a file to append to it, and makes it where it is absent; the umask holds. */
  public Answer openToAppend(String path) {
    return open(path, O_APPEND_CREATE_CLOEXEC);
  }

  /** Opens a file to write it anew, and makes it where it is absent; the umask holds. */
  public Answer openToReplace(String path) {
    return open(path, O_REPLACE_CREATE_CLOEXEC);
  }

  private Answer open(String path, long flags) {
    try (Arena arena = Arena.ofConfined()) {
      return call(OPENAT, AT_FDCWD, arena.allocateFrom(path).address(), flags, READ_AND_WRITE);
    }
  }

  /**
   * Takes hold of what has a name, whatever it is, without opening it: neither a pipe nor a device
   * keeps it waiting, and a link is not followed.
   *
   * @param directory a descriptor of the directory, or null for an absolute path
   */
  public Answer pin(@Nullable Long directory, String name) {
    try (Arena arena = Arena.ofConfined()) {
      return call(
          OPENAT,
          directory == null ? AT_FDCWD : directory,
          arena.allocateFrom(name).address(),
          O_PATH_CLOEXEC | O_NOFOLLOW);
    }
  }

  /**
   * Takes hold of what has a path beneath a directory, as {@link #pin} does. Links on the way, and
   * the last one, are followed as long as they lead to no place above the directory, however they
   * change meanwhile (openat2(2), RESOLVE_BENEATH).
   *
   * @param directory a descriptor of it
   * @param path relative to it
   * @return EXDEV or ELOOP for a path that leads out, EAGAIN when another attempt may succeed,
   *     ENOSYS before Linux 5.6
   */
  public Answer pinBeneath(long directory, String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment how = arena.allocate(ValueLayout.JAVA_LONG, 3); // flags, mode, resolve
      how.setAtIndex(ValueLayout.JAVA_LONG, 0, O_PATH_CLOEXEC);
      how.setAtIndex(ValueLayout.JAVA_LONG, 2, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
      return call(
          OPENAT2, directory, arena.allocateFrom(path).address(), how.address(), how.byteSize());
    }
  }

  /** How many bytes a file takes of its file system; empty when that cannot be told (statx(2)). */
  public Optional<Long> diskUse(String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment seen = arena.allocate(STATX_SIZE, Long.BYTES);
      long name = arena.allocateFrom(path).address();
      Answer answer =
          call(STATX, AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, STATX_BLOCKS, seen.address());
      return answer.ok()
          ? Optional.of(seen.get(ValueLayout.JAVA_LONG, STATX_BLOCKS_AT) * 512)
          : Optional.empty();
    }
  }

  /** Asks for an option of a socket that consists of numbers (getsockopt(2), level SOL_SOCKET). */
  public Optional<int[]> socketOption(long descriptor, long option, int count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(ValueLayout.JAVA_INT, count);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, count * Integer.BYTES);
      Answer answer =
          call(GETSOCKOPT, descriptor, SOL_SOCKET, option, values.address(), length.address());
      return answer.ok() ? Optional.of(values.toArray(ValueLayout.JAVA_INT)) : Optional.empty();
    }
  }

  public void close(long descriptor) {
    call(CLOSE, descriptor);
  }

  /** Whether a descriptor has something to read, or to tell, now; it does not wait. */
  boolean readable(long descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment asked = arena.allocate(ValueLayout.JAVA_LONG);
      asked.set(ValueLayout.JAVA_INT, 0, (int) descriptor);
      asked.set(ValueLayout.JAVA_SHORT, Integer.BYTES, POLLIN);
      MemorySegment noTime = arena.allocate(ValueLayout.JAVA_LONG, 2);
      return call(PPOLL, asked.address(), 1, noTime.address(), 0, 0).value() == 1;
    }
  }

  /** A device's own call, with memory that it reads and writes. */
  public Answer ioctl(long descriptor, long request, MemorySegment memory) {
    return call(IOCTL, descriptor, request, memory.address());
  }

  public Answer ioctl(long descriptor, long request, long argument) {
    return call(IOCTL, descriptor, request, argument);
  }

  /**
   * Sends a datagram to a Unix socket, which the JDK has no way to do.
   *
   * @param name its path; one that begins with @ is abstract (unix(7))
   */
  public Answer send(String name, byte[] datagram) {
    Answer socket = call(Numbers.SOCKET, AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (!socket.ok()) {
      return socket;
    }
    try (Arena arena = Arena.ofConfined()) {
      byte[] path = name.getBytes(StandardCharsets.UTF_8);
      if (path[0] == '@') {
        path[0] = 0;
      }
      MemorySegment address = address(arena, path);
      MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, datagram);
      return call(
          SENDTO,
          socket.value(),
          data.address(),
          datagram.length,
          MSG_NOSIGNAL,
          address.address(),
          address.byteSize());
    } finally {
      close(socket.value());
    }
  }

  /** Makes a socket that listens at a path (unix(7)). */
  public Answer listen(String path) {
    Answer socket = call(Numbers.SOCKET, AF_UNIX, SOCK_STREAM_CLOEXEC, 0);
    if (!socket.ok()) {
      return socket;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = address(arena, path.getBytes(StandardCharsets.UTF_8));
      Answer answer = call(Numbers.BIND, socket.value(), address.address(), address.byteSize());
      if (answer.ok()) {
        answer = call(Numbers.LISTEN, socket.value(), 1);
      }
      if (!answer.ok()) {
        close(socket.value());
        return answer;
      }
      return socket;
    }
  }

  /** Its length tells where the path ends. */
  private static MemorySegment address(Arena arena, byte[] path) {
    MemorySegment address = arena.allocate(Short.BYTES + path.length, Short.BYTES);
    address.set(ValueLayout.JAVA_SHORT, 0, AF_UNIX);
    MemorySegment.copy(path, 0, address, ValueLayout.JAVA_BYTE, Short.BYTES, path.length);
    return address;
  }

  /**
   * Asks the kernel's netfilter something that it answers with one message (netlink(7)). The answer
   * is there when the question has been sent.
   *
   * @return the answer; empty when there is none
   */
  public byte[] askNetfilter(byte[] question) {
    Answer socket = call(Numbers.SOCKET, AF_NETLINK, SOCK_DGRAM_CLOEXEC, NETLINK_NETFILTER);
    if (!socket.ok()) {
      return new byte[0];
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment asked = arena.allocateFrom(ValueLayout.JAVA_BYTE, question);
      MemorySegment answer = arena.allocate(4096);
      // Without an address it goes to the kernel.
      call(SENDTO, socket.value(), asked.address(), question.length, 0);
      long length =
          call(RECVFROM, socket.value(), answer.address(), answer.byteSize(), MSG_DONTWAIT).value();
      return answer.asSlice(0, Math.max(0, length)).toArray(ValueLayout.JAVA_BYTE);
    } finally {
      close(socket.value());
    }
  }

  /** Maps private memory; {@code flags} are added to MAP_PRIVATE and MAP_ANONYMOUS. */
  public Answer map(long bytes, long flags) {
    return call(MMAP, 0, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS | flags, -1, 0);
  }

  public void unmap(long address, long bytes) {
    call(MUNMAP, address, bytes);
  }

  public Answer advise(long address, long bytes, long advice) {
    return call(MADVISE, address, bytes, advice);
  }

  /** Memory that {@link #map} gave. */
  public static MemorySegment memory(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }
}
