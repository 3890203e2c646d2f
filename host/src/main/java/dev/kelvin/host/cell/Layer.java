package dev.kelvin.host.cell;

import dev.kelvin.model.WireName;

/**
 * The walls of a cell. Each is of use alone; where two stop the same attack, a fault in one is no
 * way out.
 */
public enum Layer implements WireName {
  /** A user and a group of its own (credentials(7)). */
  USER("user", "files of other users, the daemon's and those of other VMs stay closed to it"),
  /** A root directory with what the process needs (mount_namespaces(7), pivot_root(2)). */
  ROOT("root", "files of the host, of the daemon and of other VMs are not there for it"),
  /** pid_namespaces(7). */
  PID("pid", "it sees and signals no process but its own"),
  /** ipc_namespaces(7). */
  IPC("ipc", "it shares no System V or POSIX messages and memory with others"),
  /** uts_namespaces(7). */
  UTS("uts", "it cannot change what the host is called"),
  /** cgroup_namespaces(7). */
  CGROUP("cgroup", "it does not see where the host has put its processes"),
  /** network_namespaces(7), for what needs no network of the host. */
  NETWORK("network", "it reaches no network, and nothing of the host through one"),
  /** capabilities(7): none, not even to be gained. */
  CAPABILITIES("capabilities", "it has none of root's rights, also as root"),
  /** PR_SET_NO_NEW_PRIVS of prctl(2). */
  NO_NEW_PRIVILEGES("no-new-privileges", "no program that it starts has more rights than it has"),
  /** landlock(7). */
  LANDLOCK(
      "landlock", "it opens and runs no file but those that it is given, wherever it finds it"),
  /** seccomp(2). */
  SECCOMP("seccomp", "it does not reach parts of the kernel that it has no use for"),
  /** setrlimit(2). */
  LIMITS("limits", "it cannot use up threads and open files; it leaves no core dumps");

  private final String wire;
  private final String purpose;

  Layer(String wire, String purpose) {
    this.wire = wire;
    this.purpose = purpose;
  }

  @Override
  public String wire() {
    return wire;
  }

  /** Whether only root builds it, so that an ordinary user's daemon never has it. */
  public boolean takesRoot() {
    return switch (this) {
      case USER, ROOT, PID, IPC, UTS, CGROUP, NETWORK, CAPABILITIES -> true;
      case NO_NEW_PRIVILEGES, LANDLOCK, SECCOMP, LIMITS -> false;
    };
  }

  /** What it protects against, for people: the end of a sentence. */
  public String purpose() {
    return purpose;
  }
}
