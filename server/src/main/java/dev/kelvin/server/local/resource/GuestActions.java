package dev.kelvin.server.local.resource;

import dev.kelvin.machine.GuestAccess;
import dev.kelvin.qmp.AgentClient;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Outcome;
import org.jspecify.annotations.Nullable;

/** What is asked of guests, through their agents. */
public final class GuestActions {
  /**
   * What came of a program in the guest.
   *
   * @param exitCode 128 and the signal's number when one ended it
   * @param stdout as bytes; Base64 in JSON
   * @param truncated whether there was more output than is kept
   */
  @SuppressWarnings("ArrayRecordComponent") // written to JSON, never compared
  record ExecAnswer(
      int exitCode, @Nullable Integer signal, byte[] stdout, byte[] stderr, boolean truncated) {}

  /** What a shell adds to the number of the signal that ended a program. */
  private static final int SIGNALLED = 128;

  /** Unix has no signal beyond; on Windows it is an exception. */
  private static final int LAST_SIGNAL = 64;

  private final GuestAccess guests;

  public GuestActions(GuestAccess guests) {
    this.guests = guests;
  }

  public Outcome info(String vm) throws InterruptedException {
    return new Outcome.Document(guests.guest(vm), null);
  }

  public Outcome exec(Action.GuestExec action) throws InterruptedException {
    AgentClient.ExecResult result =
        guests.exec(
            action.vm(),
            action.id(),
            action.command(),
            action.environment(),
            action.input(),
            action.timeout());
    return new Outcome.Document(
        new ExecAnswer(
            exitCode(result), result.signal(), result.out(), result.err(), result.truncated()),
        null);
  }

  private static int exitCode(AgentClient.ExecResult result) {
    Integer signal = result.signal();
    if (signal == null) {
      return result.exitCode();
    }
    return signal > 0 && signal <= LAST_SIGNAL ? SIGNALLED + signal : signal;
  }

  public Outcome end(Action.EndGuestProgram action) throws InterruptedException {
    guests.end(action.vm(), action.id());
    return new Outcome.Done();
  }

  public Outcome readFile(Action.ReadGuestFile action) throws InterruptedException {
    return new Outcome.Download(
        "application/octet-stream", guests.readFile(action.vm(), action.path())::writeTo);
  }

  public Outcome writeFile(Action.WriteGuestFile action) throws InterruptedException {
    guests.writeFile(action.vm(), action.path(), action.mode(), action.content());
    return new Outcome.Done();
  }

  public Outcome readTree(Action.ReadGuestTree action) throws InterruptedException {
    return new Outcome.Download(
        "application/x-tar", guests.readTree(action.vm(), action.path())::writeTo);
  }

  public Outcome writeTree(Action.WriteGuestTree action) throws InterruptedException {
    guests.writeTree(action.vm(), action.path(), action.name(), action.mode(), action.archive());
    return new Outcome.Done();
  }
}
