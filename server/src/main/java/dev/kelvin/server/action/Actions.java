package dev.kelvin.server.action;

import dev.kelvin.model.ProblemException;

/** Executes actions for all front ends. */
public interface Actions {
  /**
   * Authorises, validates and executes.
   *
   * @throws ProblemException when it is refused or fails
   */
  Outcome perform(Principal who, Action what) throws InterruptedException;

  /**
   * Redeems a ticket that {@link Action.OpenConsole} gave.
   *
   * @throws ProblemException unauthenticated when it is unknown, used or too old
   */
  ConsoleLink openConsole(String ticket, ConsoleSink sink) throws InterruptedException;

  /** The client's end of a console. */
  interface ConsoleSink {
    void data(byte[] fromGuest);

    void closed(String reason);
  }

  /** The guest's end of a console. */
  interface ConsoleLink extends AutoCloseable {
    void send(byte[] toGuest);

    @Override
    void close();
  }
}
