package dev.kelvin.storage;

import dev.kelvin.model.ByteSize;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One kind of storage. Whatever happens while a method runs (an error, a full disk, the end of the
 * process, of the host), a volume is afterwards as it was or as it shall be, never half made.
 *
 * <p>Every method throws {@link dev.kelvin.model.ProblemException}: invalid-argument for an
 * impossible id or size, already-exists, not-found, conflict when a VM has the volume in use,
 * host-failure when the medium is full or fails, cancelled when the thread is interrupted (the
 * interruption is kept). Methods may be called from several threads.
 */
public interface StorageDriver {
  /** Its name in configuration, such as {@code directory}. */
  String type();

  Set<Capability> capabilities();

  /**
   * Proves that the medium works: a write, a flush, a read of it, and its deletion.
   *
   * <p>Throws host-failure when any of them does not.
   */
  void check();

  /**
   * Makes an empty volume; done again with the same size, returns the one that is there.
   *
   * @param size a multiple of 512 bytes
   */
  StoredVolume create(String id, ByteSize size);

  /**
   * Makes a volume with an image's content; done again with the same image and size, returns the
   * one that is there. The image stays readable as long as the volume exists.
   *
   * @param image an absolute path of a qcow2 file that has no backing file itself
   * @param size at least the image's; null for the same
   */
  StoredVolume cloneImage(String id, Path image, @Nullable ByteSize size);

  Optional<StoredVolume> find(String id);

  /** What QEMU would open of a volume, also of one that {@link #find} cannot read. */
  Optional<Path> path(String id);

  /** All volumes, in the order of their ids; half made ones are removed and not shown. */
  List<StoredVolume> list();

  /** The ids of those that {@link #find} cannot read, and which {@link #list} leaves out. */
  List<String> damaged();

  /**
   * Grows a volume that no VM has open; shrinking is refused, since it destroys data. Works as the
   * user that has access, never as root: what a VM has written is hostile.
   */
  StoredVolume resize(String id, ByteSize size);

  /** Deletes a volume; when there is none, that is what was wanted. */
  void delete(String id);

  /**
   * Gives one user alone access to the volume, also to one that {@link #find} cannot read.
   *
   * @param uid the VM's user, and its group of the same number; null for the daemon's own user
   */
  void grant(String id, @Nullable Integer uid);
}
