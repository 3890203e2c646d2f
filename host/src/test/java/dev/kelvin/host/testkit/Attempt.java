package dev.kelvin.host.testkit;

import static dev.kelvin.host.cell.Layer.CAPABILITIES;
import static dev.kelvin.host.cell.Layer.IPC;
import static dev.kelvin.host.cell.Layer.LANDLOCK;
import static dev.kelvin.host.cell.Layer.LIMITS;
import static dev.kelvin.host.cell.Layer.NETWORK;
import static dev.kelvin.host.cell.Layer.PID;
import static dev.kelvin.host.cell.Layer.ROOT;
import static dev.kelvin.host.cell.Layer.SECCOMP;
import static dev.kelvin.host.cell.Layer.USER;

import dev.kelvin.host.cell.Layer;
import java.util.EnumSet;
import java.util.Set;

/** What a program that was taken over tries, and which walls stop it: each of them alone. */
public enum Attempt {
  READ_THE_DISK_OF_ANOTHER_VM,
  WRITE_THE_DISK_OF_ANOTHER_VM,
  READ_A_SECRET_OF_THE_DAEMON,
  LIST_A_DIRECTORY_OF_THE_DAEMON,
  CHANGE_A_LIBRARY,
  CONNECT_TO_A_SOCKET_OF_THE_DAEMON,
  SEE_PROCESSES_OF_OTHERS,
  SIGNAL_A_PROCESS_OF_ITS_USER,
  TRACE_A_PROCESS_OF_ITS_USER,
  READ_THE_MEMORY_OF_A_PROCESS_OF_ITS_USER,
  CONNECT_BY_TCP,
  SEND_BY_UDP,
  OPEN_A_SOCKET_OF_THE_KERNELS,
  CONNECT_TO_AN_ABSTRACT_SOCKET,
  ATTACH_SHARED_MEMORY_OF_OTHERS,
  RUN_A_PROGRAM_OF_ITS_OWN,
  MOUNT_A_FILE_SYSTEM,
  ENTER_A_USER_NAMESPACE,
  LOAD_A_PROGRAM_INTO_THE_KERNEL,
  READ_THE_KERNELS_LOG,
  USE_KEYS_OF_THE_KERNEL,
  OPEN_A_RING_OF_CALLS,
  OPEN_MANY_FILES,
  WRITE_A_LARGE_FILE;

  /** Each of which stops it, also without the others. */
  public Set<Layer> walls() {
    return switch (this) {
      case READ_THE_DISK_OF_ANOTHER_VM -> EnumSet.of(ROOT, LANDLOCK, USER, CAPABILITIES);
      case WRITE_THE_DISK_OF_ANOTHER_VM -> EnumSet.of(ROOT, LANDLOCK, USER, CAPABILITIES);
      case READ_A_SECRET_OF_THE_DAEMON -> EnumSet.of(ROOT, LANDLOCK, USER);
      case LIST_A_DIRECTORY_OF_THE_DAEMON -> EnumSet.of(ROOT, LANDLOCK, USER);
      case CHANGE_A_LIBRARY -> EnumSet.of(ROOT, LANDLOCK, USER);
      case CONNECT_TO_A_SOCKET_OF_THE_DAEMON -> EnumSet.of(ROOT, USER);
      case SEE_PROCESSES_OF_OTHERS -> EnumSet.of(ROOT);
      case SIGNAL_A_PROCESS_OF_ITS_USER -> EnumSet.of(PID, LANDLOCK);
      case TRACE_A_PROCESS_OF_ITS_USER -> EnumSet.of(PID, LANDLOCK, SECCOMP);
      case READ_THE_MEMORY_OF_A_PROCESS_OF_ITS_USER -> EnumSet.of(PID, LANDLOCK, SECCOMP);
      case CONNECT_BY_TCP -> EnumSet.of(NETWORK, LANDLOCK, SECCOMP);
      case SEND_BY_UDP -> EnumSet.of(NETWORK, SECCOMP);
      case OPEN_A_SOCKET_OF_THE_KERNELS -> EnumSet.of(SECCOMP);
      case CONNECT_TO_AN_ABSTRACT_SOCKET -> EnumSet.of(NETWORK, LANDLOCK);
      case ATTACH_SHARED_MEMORY_OF_OTHERS -> EnumSet.of(IPC);
      case RUN_A_PROGRAM_OF_ITS_OWN -> EnumSet.of(ROOT, LANDLOCK);
      case MOUNT_A_FILE_SYSTEM -> EnumSet.of(SECCOMP, LANDLOCK, USER, CAPABILITIES);
      case ENTER_A_USER_NAMESPACE -> EnumSet.of(SECCOMP);
      case LOAD_A_PROGRAM_INTO_THE_KERNEL -> EnumSet.of(SECCOMP, USER, CAPABILITIES);
      case READ_THE_KERNELS_LOG -> EnumSet.of(SECCOMP, USER, CAPABILITIES);
      case USE_KEYS_OF_THE_KERNEL -> EnumSet.of(SECCOMP);
      case OPEN_A_RING_OF_CALLS -> EnumSet.of(SECCOMP);
      case OPEN_MANY_FILES -> EnumSet.of(LIMITS);
      case WRITE_A_LARGE_FILE -> EnumSet.of(LIMITS);
    };
  }
}
