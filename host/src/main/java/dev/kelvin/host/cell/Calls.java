package dev.kelvin.host.cell;

import dev.kelvin.host.kernel.Numbers;
import dev.kelvin.host.kernel.Syscalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Calls of the kernel that cells are made of. Each throws what the kernel has said. */
final class Calls {
  static final long MS_RDONLY = 1;
  static final long MS_NOSUID = 2;
  static final long MS_NODEV = 4;
  static final long MS_NOEXEC = 8;
  static final long MS_REMOUNT = 32;
  static final long MS_BIND = 4096;
  static final long MS_REC = 0x4000;
  static final long MS_PRIVATE = 0x40000;

  /** The flag of unshare(2) and setns(2) for mount namespaces. */
  static final long CLONE_NEWNS = 0x00020000;

  private static final long CLONE_FS = 0x200;
  private static final long MNT_DETACH = 2;
  private static final long UMOUNT_NOFOLLOW = 8;
  private static final long AT_FDCWD = -100;
  private static final long AT_EMPTY_PATH = 0x1000;

  // Of mount_setattr(2); the same numbers as those of mount(2).
  private static final long MOUNT_ATTRIBUTES_SIZE = 32;

  /** Where the field propagation is in struct mount_attr. */
  private static final long MOUNT_ATTRIBUTES_PROPAGATION = 2L * Long.BYTES;

  private static final long OPEN_TREE_CLONE = 1;
  private static final long OPEN_TREE_CLOEXEC = 0x80000;

  private final Syscalls kernel;
  private final Arena arena;

  /**
   * @param arena for what is handed to the kernel
   */
  Calls(Arena arena) {
    this.kernel = new Syscalls();
    this.arena = arena;
  }

  /** Makes a call that must succeed; {@code what} says which, for people. */
  long call(String what, long number, long... arguments) throws IOException {
    Syscalls.Answer answer = kernel.call(number, arguments);
    if (!answer.ok()) {
      throw new IOException(what + ": " + answer.error());
    }
    return answer.value();
  }

  /** Makes a call whose failure the caller judges. */
  Syscalls.Answer attempt(long number, long... arguments) {
    return kernel.call(number, arguments);
  }

  MemorySegment memory(long bytes) {
    return arena.allocate(bytes, Long.BYTES);
  }

  /** See mount(2). */
  void mount(
      @Nullable String source,
      String target,
      @Nullable String type,
      long flags,
      @Nullable String options)
      throws IOException {
    call(
        "mount " + target,
        Numbers.MOUNT,
        text(source),
        text(target),
        text(type),
        flags,
        text(options));
  }

  /**
   * Shows a file or a directory at another name too, with the flags of a mount of its own. What is
   * mounted beneath is there as well, with the flags that it has.
   */
  void bind(String source, String target, long flags) throws IOException {
    mount(source, target, null, MS_BIND | MS_REC, null);
    mount(null, target, null, MS_BIND | MS_REMOUNT | flags, null);
  }

  /** Takes a mount away, at once for all that do not use it. */
  void unmount(String target) throws IOException {
    call("umount " + target, Numbers.UMOUNT2, text(target), MNT_DETACH | UMOUNT_NOFOLLOW);
  }

  /** Makes a mount the root directory, and forgets the one before it. */
  void pivot(String root, String old) throws IOException {
    call("pivot_root", Numbers.PIVOT_ROOT, text(root), text(root + old));
    changeDirectory("/");
    unmount(old);
  }

  /** Gives the calling thread a root and a working directory that are no other thread's. */
  void ownDirectories() throws IOException {
    call("unshare", Numbers.UNSHARE, CLONE_FS);
  }

  void changeDirectory(String path) throws IOException {
    call("chdir " + path, Numbers.CHDIR, text(path));
  }

  /** A mount of a file or directory that is not in any tree yet (open_tree(2)). */
  long detached(String path) throws IOException {
    return call(
        "open_tree " + path,
        Numbers.OPEN_TREE,
        AT_FDCWD,
        text(path),
        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  }

  /** The same of what a descriptor holds, whatever its name is now; what is beneath is left out. */
  long detached(long descriptor) throws IOException {
    return call(
        "open_tree of a directory that is held",
        Numbers.OPEN_TREE,
        descriptor,
        text(""),
        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
  }

  /**
   * Takes rights from what {@link #detached} gave, before anybody has it; what its file system, or
   * the mount that it was copied from, does not allow stays so (mount_setattr(2)). What is mounted
   * beneath that one later is not mounted here, too.
   *
   * @param flags of {@link #MS_RDONLY}, {@link #MS_NOSUID}, {@link #MS_NODEV}, {@link #MS_NOEXEC}
   */
  void restrict(long tree, long flags) throws IOException {
    MemorySegment attributes = memory(MOUNT_ATTRIBUTES_SIZE);
    attributes.set(ValueLayout.JAVA_LONG, 0, flags);
    attributes.set(ValueLayout.JAVA_LONG, MOUNT_ATTRIBUTES_PROPAGATION, MS_PRIVATE);
    call(
        "mount_setattr",
        Numbers.MOUNT_SETATTR,
        tree,
        text(""),
        AT_EMPTY_PATH,
        attributes.address(),
        MOUNT_ATTRIBUTES_SIZE);
  }

  /** Puts what {@link #detached} gave at a name (move_mount(2)). */
  void attach(long tree, String target) throws IOException {
    long fromDescriptor = 4;
    call(
        "move_mount " + target,
        Numbers.MOVE_MOUNT,
        tree,
        text(""),
        AT_FDCWD,
        text(target),
        fromDescriptor);
  }

  /** Holds a file without opening it. */
  Syscalls.Answer pin(String path) {
    return kernel.pin(null, path);
  }

  /** Opens a file to read it. */
  Syscalls.Answer open(String path) {
    return kernel.openToRead(path);
  }

  void close(long descriptor) {
    kernel.close(descriptor);
  }

  private long text(@Nullable String text) {
    return text == null ? 0 : arena.allocateFrom(text).address();
  }
}
