package dev.kelvin.server.http.guard;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.util.concurrent.atomic.AtomicLong;

/** So much, and no more, is held at once of what is for clients or comes from them. */
public final class HeldBytes {
  private final long most;
  private final String what;
  private final AtomicLong taken = new AtomicLong();

  /**
   * One of which nothing is taken.
   *
   * @param what it is of, such as {@code bytes of answers}
   */
  public HeldBytes(long most, String what) {
    this.most = most;
    this.what = what;
  }

  /** Something taken, until it is closed. */
  public interface Share extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Takes some. What is larger than the whole budget is had by one at a time.
   *
   * @throws ProblemException too-many when there is not so much left
   */
  public Share take(long amount) {
    if (!tryTake(amount)) {
      throw Problem.of(Code.TOO_MANY, "Clients want too much at once")
          .because(what + ": " + taken.get() + " of " + most + " are in use, this wants " + amount)
          .remedy(
              "send fewer requests at a time and read their answers, or raise the limit in kelvin.yaml")
          .asException();
    }
    return () -> give(amount);
  }

  /** Takes some if there is so much. */
  public boolean tryTake(long amount) {
    long before = taken.getAndAdd(Math.min(amount, most));
    if (before + Math.min(amount, most) > most) {
      taken.addAndGet(-Math.min(amount, most));
      return false;
    }
    return true;
  }

  public void give(long amount) {
    taken.addAndGet(-Math.min(amount, most));
  }

  /** How much is in use. */
  public long inUse() {
    return taken.get();
  }
}
