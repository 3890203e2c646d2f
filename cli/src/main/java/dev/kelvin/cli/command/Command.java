package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** What every command has. */
public abstract class Command implements Callable<Integer> {
  protected final Session session;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  protected Command(Session session) {
    this.session = session;
  }

  /**
   * Does what the command is for.
   *
   * @return the exit code
   */
  protected abstract int run() throws Exception;

  @Override
  public final Integer call() throws Exception {
    return run();
  }
}
