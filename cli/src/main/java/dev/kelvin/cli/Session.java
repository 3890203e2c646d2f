package dev.kelvin.cli;

import dev.kelvin.api.Client;
import dev.kelvin.api.Endpoint;
import dev.kelvin.cli.text.InertOutput;
import dev.kelvin.cli.text.Style;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a command has to do with: its environment, its streams, the daemon. */
public final class Session implements Closeable {
  private final Map<String, String> environment;
  private final Path directory;
  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;
  private final Terminal terminal;
  private @Nullable Client client;

  public Session(
      Map<String, String> environment,
      Path directory,
      InputStream in,
      PrintStream out,
      PrintStream err,
      Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.directory = directory;
    this.in = in;
    this.out = out;
    this.err = err;
    this.terminal = terminal;
  }

  /** The session of this process. */
  static Session ofProcess() {
    Map<String, String> environment = System.getenv();
    return new Session(
        environment,
        Path.of("").toAbsolutePath(),
        System.in,
        System.out,
        System.err,
        new Terminal(environment));
  }

  public Map<String, String> environment() {
    return environment;
  }

  /** A variable of the environment; empty when it is not set. */
  public String variable(String name) {
    return environment.getOrDefault(name, "");
  }

  /** The file that a user means by {@code name}. */
  public Path file(String name) {
    return directory.resolve(name).normalize();
  }

  public InputStream in() {
    return in;
  }

  public PrintStream out() {
    return out;
  }

  public PrintStream err() {
    return err;
  }

  /** Where to write what a guest has written: as it is, but harmless to a terminal. */
  public OutputStream guestOut() {
    return terminal.hasOutput() ? new InertOutput(out) : out;
  }

  /** The same for errors. */
  public OutputStream guestErr() {
    return terminal.hasErrors() ? new InertOutput(err) : err;
  }

  public Terminal terminal() {
    return terminal;
  }

  /** Colours for what goes to {@link #out}. */
  public Style style() {
    return Style.of(terminal.hasOutput(), environment);
  }

  public Layout layout() {
    try {
      Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      return Layout.resolve(environment, Integer.valueOf(0).equals(uid));
    } catch (IOException e) {
      throw new UncheckedIOException("who runs this", e);
    }
  }

  public Endpoint endpoint() {
    return Endpoint.resolve(environment, layout());
  }

  public Client client() {
    Client known = client;
    if (known == null) {
      known = new Client(endpoint());
      client = known;
    }
    return known;
  }

  /** Waits between two looks at something. */
  public void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Problem.of(Code.CANCELLED, "The wait was interrupted")
          .because("this program was told to end")
          .remedy("what the daemon has begun goes on: see \"kelvin task ls\"")
          .asException(e);
    }
  }

  @Override
  public void close() throws IOException {
    if (client != null) {
      client.close();
    }
  }
}
