package dev.kelvin.api;

import java.time.Duration;
import java.util.List;

/**
 * A program to run in a guest.
 *
 * @param environment variables as {@code NAME=value}
 * @param input for its standard input
 */
// Bytes are copied in and out; nobody compares two of these.
@SuppressWarnings("ArrayRecordComponent")
public record ExecRequest(
    List<String> command, List<String> environment, byte[] input, Duration timeout) {
  public ExecRequest {
    command = List.copyOf(command);
    environment = List.copyOf(environment);
    input = input.clone();
  }

  public static ExecRequest of(String... command) {
    return new ExecRequest(List.of(command), List.of(), new byte[0], Duration.ofSeconds(60));
  }

  @Override
  public byte[] input() {
    return input.clone();
  }
}
