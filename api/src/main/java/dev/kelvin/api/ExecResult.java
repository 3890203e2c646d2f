package dev.kelvin.api;

import org.jspecify.annotations.Nullable;

/**
 * How a program in a guest ended.
 *
 * @param signal that ended it; null when none did
 * @param truncated whether output was left out because it was too much
 */
// Bytes are copied in and out; nobody compares two of these.
@SuppressWarnings("ArrayRecordComponent")
public record ExecResult(
    int exitCode, @Nullable Integer signal, byte[] stdout, byte[] stderr, boolean truncated) {
  public ExecResult {
    stdout = stdout == null ? new byte[0] : stdout.clone();
    stderr = stderr == null ? new byte[0] : stderr.clone();
  }

  @Override
  public byte[] stdout() {
    return stdout.clone();
  }

  @Override
  public byte[] stderr() {
    return stderr.clone();
  }
}
