package dev.kelvin.state.sqlite;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Writes a whole file system to its disk (syncfs(2)), which the JDK cannot. File systems that copy
 * on write, such as btrfs, give blocks back only then.
 */
@FunctionalInterface
public interface FileSystemSync {
  /**
   * Returns when that is done, which may take long.
   *
   * @param place a directory of it
   * @throws IOException also when an earlier write of anybody to it has failed
   */
  void sync(Path place) throws IOException;
}
