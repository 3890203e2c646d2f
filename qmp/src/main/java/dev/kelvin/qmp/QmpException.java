package dev.kelvin.qmp;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Why a command has no result. */
public abstract sealed class QmpException extends Exception {
  private QmpException(String message, @Nullable Throwable reason) {
    super(message, reason);
  }

  /** The peer understood the command and refuses it. */
  public static final class CommandFailed extends QmpException {
    private final String command;
    private final String errorClass;
    private final String description;

    public CommandFailed(String command, String errorClass, String description) {
      super(command + ": " + description + " (" + errorClass + ")", null);
      this.command = command;
      this.errorClass = errorClass;
      this.description = description;
    }

    public String command() {
      return command;
    }

    /** One of {@code GenericError}, {@code CommandNotFound}, {@code DeviceNotFound} and others. */
    public String errorClass() {
      return errorClass;
    }

    /** The peer's own words. */
    public String description() {
      return description;
    }
  }

  /** No answer came in time. The peer may still carry the command out; its answer is dropped. */
  public static final class TimedOut extends QmpException {
    private final boolean sent;

    public TimedOut(String what, Duration limit, boolean sent) {
      super(what + ": no answer within " + limit.toMillis() + " ms", null);
      this.sent = sent;
    }

    /** Whether the peer may have the command; when false, it never gets it. */
    public boolean sent() {
      return sent;
    }
  }

  /** There is no connection, or it ended before the answer came. */
  public static final class Disconnected extends QmpException {
    public Disconnected(String message, @Nullable Throwable reason) {
      super(message, reason);
    }
  }

  /** What the peer sent is no message of the protocol; the connection is closed for it. */
  public static final class ProtocolViolation extends QmpException {
    public ProtocolViolation(String message, @Nullable Throwable reason) {
      super(message, reason);
    }
  }

  /**
   * The peer's message was not read, because what all peers say takes too much of this process's
   * memory just now; or it was not asked, because it still answers somebody else. It is no fault of
   * this peer, which may have carried the command out.
   */
  public static final class Busy extends QmpException {
    public Busy(String message) {
      super(message, null);
    }
  }
}
