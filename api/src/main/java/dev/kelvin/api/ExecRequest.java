package dev.kelvin.api;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program to run in a guest.
 *
 * @param id by which {@link GuestApi#end} names it; null when nobody will
 * @param environment variables as {@code NAME=value}, beside those that the agent gives it
 * @param input for its standard input
 * @param timeout after which it is ended
 */
// Bytes are copied in and out; nobody compares two of these.
@SuppressWarnings("ArrayRecordComponent")
public record ExecRequest(
    @Nullable String id,
    List<String> command,
    List<String> environment,
    byte[] input,
    Duration timeout) {
  public ExecRequest {
    command = List.copyOf(command);
    environment = List.copyOf(environment);
    input = input.clone();
  }

  /** One that nobody will end. */
  public ExecRequest(
      List<String> command, List<String> environment, byte[] input, Duration timeout) {
    this(null, command, environment, input, timeout);
  }

  public static ExecRequest of(String... command) {
    return new ExecRequest(List.of(command), List.of(), new byte[0], Duration.ofSeconds(60));
  }

  @Override
  public byte[] input() {
    return input.clone();
  }
}
