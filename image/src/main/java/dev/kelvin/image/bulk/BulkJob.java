package dev.kelvin.image.bulk;

import dev.kelvin.image.web.FileRequest;
import dev.kelvin.model.Compression;
import java.util.Map;

/** What a worker is told to do. */
sealed interface BulkJob {
  /** Makes a checksum of its standard input, a file. */
  record Digest(Sha kind) implements BulkJob {}

  /** Unpacks its standard input to its standard output; both are files. */
  record Unpack(Compression kind, UnpackLimits bounds) implements BulkJob {}

  /**
   * Gets a file from a server, and writes what comes of it to its standard output, a pipe. It is
   * told so on its standard input: addresses, and those of proxies, may have secrets in them.
   *
   * @param proxies the variables that name them
   * @param trust what was said to the daemon's JVM about whom to trust; names of system properties
   */
  record Fetch(FileRequest request, Map<String, String> proxies, Map<String, String> trust)
      implements BulkJob {}
}
