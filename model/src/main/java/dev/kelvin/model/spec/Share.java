package dev.kelvin.model.spec;

import org.jspecify.annotations.Nullable;

/**
 * A directory of the host that the guest mounts (virtiofs): {@code mount -t virtiofs TAG /mnt}.
 *
 * @param name unique among the devices of the VM; a DNS label
 * @param path absolute path of the directory on the host
 * @param tag by which the guest names it; null for the share's name
 * @param readOnly whether the host refuses the guest's writes
 * @param cache what the guest may keep in its memory
 */
public record Share(
    String name, String path, @Nullable String tag, Boolean readOnly, ShareCache cache) {
  public Share {
    readOnly = readOnly == null ? Boolean.FALSE : readOnly;
    cache = cache == null ? ShareCache.AUTO : cache;
  }

  /** The tag that the guest sees. */
  public String guestTag() {
    return tag == null ? name : tag;
  }
}
