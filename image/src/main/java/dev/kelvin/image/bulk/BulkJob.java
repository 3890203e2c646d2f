package dev.kelvin.image.bulk;

import dev.kelvin.model.Compression;

/** What a worker is told to do with what it reads from its standard input. */
sealed interface BulkJob {
  /** Makes a checksum. */
  record Digest(Sha kind) implements BulkJob {}

  /** Unpacks to the standard output, a file. */
  record Unpack(Compression kind, UnpackLimits bounds) implements BulkJob {}
}
