package dev.kelvin.server.local.resource;

import dev.kelvin.machine.VmAccess;
import dev.kelvin.qmp.AgentClient;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Outcome;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is asked of guests, through their agents. */
public final class GuestActions {
  /**
   * What came of a program in the guest.
   *
   * @param exitCode absent when a signal ended it
   * @param stdout as bytes; Base64 in JSON
   * @param truncated whether there was more output than is kept
   */
  @SuppressWarnings("ArrayRecordComponent") // written to JSON, never compared
  record ExecAnswer(
      @Nullable Integer exitCode,
      @Nullable Integer signal,
      byte[] stdout,
      byte[] stderr,
      boolean truncated) {}

  private final VmAccess access;

  public GuestActions(VmAccess access) {
    this.access = access;
  }

  public Outcome exec(Action.GuestExec action) throws InterruptedException {
    List<String> command = action.command();
    AgentClient.ExecResult result =
        access.exec(action.vm(), command, action.environment(), action.input(), action.timeout());
    return new Outcome.Document(
        new ExecAnswer(
            result.exitCode(), result.signal(), result.out(), result.err(), result.truncated()),
        null);
  }

  public Outcome readFile(Action.ReadGuestFile action) throws InterruptedException {
    return new Outcome.Download(
        "application/octet-stream", access.readFile(action.vm(), action.path())::writeTo);
  }

  public Outcome writeFile(Action.WriteGuestFile action) throws InterruptedException {
    access.writeFile(action.vm(), action.path(), action.content());
    return new Outcome.Done();
  }
}
