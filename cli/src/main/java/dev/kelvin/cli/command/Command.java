package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What every command has. */
public abstract class Command implements Callable<Integer> {
  static final String HELP = "Show this help.";

  protected final Session session;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = HELP)
  boolean help;

  protected Command(Session session) {
    this.session = session;
  }

  /** Its options and arguments where they are told by calls; null where annotations tell them. */
  public @Nullable Declared declared() {
    return null;
  }

  /** Its options and arguments. */
  public final CommandSpec spec() {
    Declared declared = declared();
    return declared == null ? CommandSpec.forAnnotatedObject(this) : declared.spec();
  }

  /** What it will read from the daemon first, to get ready for that; null when that is not told. */
  public @Nullable Class<?> reads() {
    return null;
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
