package dev.kelvin.model;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a disk of a VM keeps its data in. It outlives being taken out of a VM, and can then be a
 * disk of another one.
 *
 * @param id the id of the VM that it was made for, and the name of the disk
 * @param size what a guest sees
 * @param allocated what it takes on the host, without the image below it
 * @param format as QEMU names it, such as {@code qcow2}
 * @param image what it was made from: the image's name, or, if that has been deleted, the name of
 *     its file; null for a volume that started empty
 * @param usedBy who has it; null when nobody does
 */
public record Volume(
    String kind,
    String id,
    ByteSize size,
    ByteSize allocated,
    String format,
    @Nullable String image,
    @Nullable Use usedBy) {
  public static final String KIND = "Volume";

  /** What an id of a volume looks like. */
  public static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9-]{0,150}");

  public Volume {
    kind = kind == null ? KIND : kind;
  }

  public String ref() {
    return ref(id);
  }

  public static String ref(String id) {
    return "volume/" + id;
  }

  /**
   * The disk that a volume is.
   *
   * @param vm the name of the VM
   * @param disk the name of the disk; null when the VM has no such disk any more, and is still
   *     letting go of the volume
   */
  public record Use(String vm, @Nullable String disk) {
    @Override
    public String toString() {
      return Vm.ref(vm) + (disk == null ? " is letting go of it" : " uses it as disk " + disk);
    }
  }
}
