package dev.kelvin.qemu;

import dev.kelvin.model.WireName;
import dev.kelvin.model.spec.VmSpec;

/**
 * The memory of a machine as it was launched.
 *
 * @param bytes how much
 * @param shared whether other processes map it, too, as the servers of directories do
 */
public record LaunchedMemory(long bytes, Backing backing, boolean shared) {

  /** What the memory is made of. */
  public enum Backing implements WireName {
    /** QEMU's own, of ordinary pages (mmap(2), MAP_ANONYMOUS). */
    ANONYMOUS("anonymous"),
    /** A file in memory (memfd_create(2)) of ordinary pages. */
    MEMFD("memfd"),
    /** A file in memory of huge pages (MFD_HUGETLB), allocated at the start. */
    HUGE_PAGES("huge-pages");

    private final String wire;

    Backing(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /** What a VM of this spec is launched with. */
  public static LaunchedMemory of(VmSpec spec) {
    boolean shared = !spec.shares().isEmpty();
    Backing backing =
        spec.memory().hugePages() ? Backing.HUGE_PAGES : shared ? Backing.MEMFD : Backing.ANONYMOUS;
    return new LaunchedMemory(spec.memory().size().bytes(), backing, shared);
  }

  /** The object of QEMU that holds it; nothing of the kind for anonymous memory. */
  public Props object() {
    var memory = Props.of("qom-type", "memory-backend-memfd").set("id", "ram").set("size", bytes);
    if (shared) {
      memory.set("share", true);
    }
    // Allocated at once: a lack of huge pages ends the start, not later the guest.
    return backing == Backing.HUGE_PAGES
        ? memory.set("hugetlb", true).set("prealloc", true)
        : memory;
  }
}
