package dev.kelvin.host.testkit;

import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The program in the cell: it tries each {@link Attempt}, and writes a line for each: what came of
 * it. What it needs to know is in its arguments, {@code name=value}.
 */
public final class Intruder {
  /** What came of an attempt that nothing has stopped. */
  public static final String DONE = "done";

  static final String END = "END";

  private static final Syscalls KERNEL = new Syscalls();

  // Numbers of x86-64, on which the test runs.
  private static final long PTRACE = 101;
  private static final long SYSLOG = 103;
  private static final long MOUNT = 165;
  private static final long KEYCTL = 250;
  private static final long SHMGET = 29;
  private static final long SHMAT = 30;
  private static final long KILL = 62;
  private static final long CLONE = 56;
  private static final long EXIT_GROUP = 231;
  private static final long WAIT4 = 61;
  private static final long PROCESS_VM_READV = 310;
  private static final long BPF = 321;
  private static final long SOCKET = 41;
  private static final long CONNECT = 42;

  private final Function<String, String> told;

  private Intruder(Map<String, String> told) {
    this.told = told::get;
  }

  public static void main(String[] arguments) {
    var told =
        Stream.of(arguments)
            .map(one -> one.split("=", 2))
            .collect(Collectors.toMap(one -> one[0], one -> one[1]));
    var intruder = new Intruder(told);
    for (Attempt attempt : Attempt.values()) {
      System.out.println(attempt + "=" + intruder.outcome(attempt));
    }
    System.out.println(END);
  }

  private String outcome(Attempt attempt) {
    try (Arena arena = Arena.ofConfined()) {
      return attempt(attempt, arena);
    } catch (IOException | RuntimeException e) {
      return e.toString().replace('\n', ' ');
    }
  }

  private String attempt(Attempt attempt, Arena arena) throws IOException {
    return switch (attempt) {
      case READ_THE_DISK_OF_ANOTHER_VM,
          WRITE_THE_DISK_OF_ANOTHER_VM,
          READ_A_SECRET_OF_THE_DAEMON,
          LIST_A_DIRECTORY_OF_THE_DAEMON,
          CHANGE_A_LIBRARY,
          RUN_A_PROGRAM_OF_ITS_OWN,
          MOUNT_A_FILE_SYSTEM,
          OPEN_MANY_FILES,
          WRITE_A_LARGE_FILE ->
          ofFiles(attempt, arena);
      case CONNECT_TO_A_SOCKET_OF_THE_DAEMON,
          SEE_PROCESSES_OF_OTHERS,
          SIGNAL_A_PROCESS_OF_ITS_USER,
          TRACE_A_PROCESS_OF_ITS_USER,
          READ_THE_MEMORY_OF_A_PROCESS_OF_ITS_USER,
          CONNECT_BY_TCP,
          SEND_BY_UDP,
          CONNECT_TO_AN_ABSTRACT_SOCKET,
          ATTACH_SHARED_MEMORY_OF_OTHERS ->
          ofOthers(attempt, arena);
      case OPEN_A_SOCKET_OF_THE_KERNELS,
          ENTER_A_USER_NAMESPACE,
          LOAD_A_PROGRAM_INTO_THE_KERNEL,
          READ_THE_KERNELS_LOG,
          USE_KEYS_OF_THE_KERNEL,
          OPEN_A_RING_OF_CALLS ->
          ofKernel(attempt, arena);
    };
  }

  private String ofFiles(Attempt attempt, Arena arena) throws IOException {
    return switch (attempt) {
      case READ_THE_DISK_OF_ANOTHER_VM -> read(path("disk"));
      case WRITE_THE_DISK_OF_ANOTHER_VM -> write(path("disk"));
      case READ_A_SECRET_OF_THE_DAEMON -> read(path("secret"));
      case LIST_A_DIRECTORY_OF_THE_DAEMON -> {
        try (var names = Files.list(path("directory"))) {
          yield names.findAny().isPresent() ? DONE : "empty";
        }
      }
      case CHANGE_A_LIBRARY -> write(path("library"));
      case RUN_A_PROGRAM_OF_ITS_OWN -> ownProgram();
      case MOUNT_A_FILE_SYSTEM ->
          call(
              MOUNT,
              arena.allocateFrom("x").address(),
              arena.allocateFrom(told.apply("work")).address(),
              arena.allocateFrom("tmpfs").address(),
              0,
              0);
      case OPEN_MANY_FILES -> manyFiles();
      case WRITE_A_LARGE_FILE -> largeFile();
      default -> throw new IllegalArgumentException(attempt + " is another one's");
    };
  }

  private String ofOthers(Attempt attempt, Arena arena) throws IOException {
    return switch (attempt) {
      case CONNECT_TO_A_SOCKET_OF_THE_DAEMON -> {
        try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(path("socket")))) {
          yield channel.isConnected() ? DONE : "not connected";
        }
      }
      case SEE_PROCESSES_OF_OTHERS -> read(Path.of("/proc", told.apply("other"), "status"));
      case SIGNAL_A_PROCESS_OF_ITS_USER -> call(KILL, number("own"), 0);
      case TRACE_A_PROCESS_OF_ITS_USER -> {
        long seize = 0x4206;
        long detach = 17;
        String seized = call(PTRACE, seize, number("own"), 0, 0);
        KERNEL.call(PTRACE, detach, number("own"), 0, 0);
        yield seized;
      }
      case READ_THE_MEMORY_OF_A_PROCESS_OF_ITS_USER -> memoryOfAnother(arena);
      case CONNECT_BY_TCP -> {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), (int) number("port"));
        try (var channel = SocketChannel.open(StandardProtocolFamily.INET)) {
          channel.connect(address);
          yield DONE;
        }
      }
      case SEND_BY_UDP -> {
        try (var channel = DatagramChannel.open(StandardProtocolFamily.INET)) {
          channel.send(
              ByteBuffer.allocate(1),
              new InetSocketAddress(InetAddress.getLoopbackAddress(), (int) number("port")));
          yield DONE;
        }
      }
      case CONNECT_TO_AN_ABSTRACT_SOCKET -> abstractSocket(arena);
      case ATTACH_SHARED_MEMORY_OF_OTHERS -> {
        var got = KERNEL.call(SHMGET, number("shm"), 0, 0);
        yield got.ok() ? call(SHMAT, got.value(), 0, 0x1000) : got.error();
      }
      default -> throw new IllegalArgumentException(attempt + " is another one's");
    };
  }

  private String ofKernel(Attempt attempt, Arena arena) throws IOException {
    return switch (attempt) {
      case OPEN_A_SOCKET_OF_THE_KERNELS -> {
        long netlink = 16;
        long raw = 3;
        yield call(SOCKET, netlink, raw, 0);
      }
      case ENTER_A_USER_NAMESPACE -> userNamespace();
      case LOAD_A_PROGRAM_INTO_THE_KERNEL -> {
        // An array with one element (union bpf_attr): type 2, key 4, value 4, entries 1.
        MemorySegment map = arena.allocate(128, 8);
        map.setAtIndex(ValueLayout.JAVA_INT, 0, 2);
        map.setAtIndex(ValueLayout.JAVA_INT, 1, 4);
        map.setAtIndex(ValueLayout.JAVA_INT, 2, 4);
        map.setAtIndex(ValueLayout.JAVA_INT, 3, 1);
        yield call(BPF, 0, map.address(), 128);
      }
      case READ_THE_KERNELS_LOG -> call(SYSLOG, 3, arena.allocate(64).address(), 64);
      case OPEN_A_RING_OF_CALLS ->
          call(Syscalls.IO_URING_SETUP, 1, arena.allocate(120, 8).address());
      case USE_KEYS_OF_THE_KERNEL -> call(KEYCTL, 0, -3, 1);
      default -> throw new IllegalArgumentException(attempt + " is another one's");
    };
  }

  private Path path(String name) {
    return Path.of(told.apply(name));
  }

  private long number(String name) {
    return Long.parseLong(told.apply(name));
  }

  private static String call(long number, long... arguments) {
    var answer = KERNEL.call(number, arguments);
    return answer.ok() ? DONE : answer.error();
  }

  private static String read(Path file) throws IOException {
    return Files.readAllBytes(file).length > 0 ? DONE : "empty";
  }

  /** Writes what is there already. */
  private static String write(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer first = ByteBuffer.allocate(1);
      channel.read(first, 0);
      channel.write(first.flip(), 0);
      return DONE;
    }
  }

  private String memoryOfAnother(Arena arena) {
    MemorySegment here = arena.allocate(16, 8);
    MemorySegment there = arena.allocate(16, 8);
    here.set(ValueLayout.JAVA_LONG, 0, arena.allocate(8).address());
    here.set(ValueLayout.JAVA_LONG, 8, 8);
    there.set(ValueLayout.JAVA_LONG, 0, number("address"));
    there.set(ValueLayout.JAVA_LONG, 8, 8);
    return call(PROCESS_VM_READV, number("own"), here.address(), 1, there.address(), 1, 0);
  }

  private String abstractSocket(Arena arena) {
    byte[] name = told.apply("abstract").getBytes(StandardCharsets.UTF_8);
    MemorySegment address = arena.allocate(3L + name.length);
    address.set(ValueLayout.JAVA_SHORT_UNALIGNED, 0, (short) 1);
    MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 3, name.length);
    var socket = KERNEL.call(SOCKET, 1, 1, 0);
    return socket.ok()
        ? call(CONNECT, socket.value(), address.address(), address.byteSize())
        : socket.error();
  }

  private String ownProgram() throws IOException {
    Path copy = path("work").resolve("busybox");
    Files.write(copy, Files.readAllBytes(path("program")));
    Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwx------"));
    try {
      Process process = new ProcessBuilder(copy.toString(), "true").start();
      return process.waitFor() == 0 ? DONE : "it fails";
    } catch (InterruptedException e) {
      throw new IOException(e);
    } finally {
      Files.delete(copy);
    }
  }

  /** The child has one thread, which ends at once. */
  private static String userNamespace() {
    long newUser = 0x10000000;
    long childEnds = 17;
    var child = KERNEL.call(CLONE, newUser | childEnds, 0, 0, 0, 0);
    if (child.value() == 0) {
      KERNEL.call(EXIT_GROUP, 0);
    }
    if (!child.ok()) {
      return child.error();
    }
    KERNEL.call(WAIT4, child.value(), 0, 0, 0);
    return DONE;
  }

  private String manyFiles() throws IOException {
    var open = new ArrayList<FileChannel>();
    try {
      for (int i = 0; i < number("files"); i++) {
        open.add(FileChannel.open(Path.of("/dev/null")));
      }
      return DONE;
    } finally {
      for (FileChannel one : open) {
        one.close();
      }
    }
  }

  private String largeFile() throws IOException {
    Path file = path("work").resolve("large");
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate(1), number("bytes"));
      return DONE;
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
