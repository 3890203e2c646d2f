package dev.kelvin.host.file;

import dev.kelvin.host.kernel.Syscalls;
import dev.kelvin.model.ByteSize;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What files take of their file system, which the JDK cannot tell: one with holes takes less than
 * its length.
 */
public final class DiskUse {
  private final Syscalls kernel = new Syscalls();

  /**
   * What a file takes (stx_blocks of statx(2)); of a link, what the link takes. Empty when it is
   * not there, or may not be looked at.
   */
  public Optional<ByteSize> of(Path file) {
    return kernel.diskUse(file.toString()).map(ByteSize::new);
  }
}
