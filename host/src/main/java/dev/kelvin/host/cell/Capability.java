package dev.kelvin.host.cell;

import java.util.Locale;

/** A right of root's that a process in a cell may keep (capabilities(7)). */
public enum Capability {
  /** To give files to any user. */
  CHOWN(0),
  /** To open files whatever their permissions are. */
  DAC_OVERRIDE(1),
  /** To change permissions and times of files of any user. */
  FOWNER(3),
  /** To let set-user-ID bits stand when a file is changed. */
  FSETID(4),
  /** To act as any group. */
  SETGID(6),
  /** To act as any user. */
  SETUID(7),
  /** To take capabilities from itself for good; the cell has taken all others before. */
  SETPCAP(8),
  /** To shut itself into a directory. */
  SYS_CHROOT(18);

  private final int number;

  Capability(int number) {
    this.number = number;
  }

  /** Its bit in the sets of a process. */
  long bit() {
    return 1L << number;
  }

  int number() {
    return number;
  }

  /** As tools show it, such as {@code cap_chown}. */
  String word() {
    return "cap_" + name().toLowerCase(Locale.ROOT);
  }
}
