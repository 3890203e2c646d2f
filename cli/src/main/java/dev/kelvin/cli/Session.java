package dev.kelvin.cli;

import dev.kelvin.api.Client;
import dev.kelvin.api.Endpoint;
import dev.kelvin.cli.text.InertOutput;
import dev.kelvin.cli.text.Sink;
import dev.kelvin.cli.text.Style;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a command has to do with: its environment, its streams, the daemon. */
public final class Session implements Closeable {
  private static final int BUFFER = 1 << 13;

  private final Map<String, String> environment;
  private final Path directory;
  private final InputStream in;
  private final Sink sink;
  private final PrintStream out;
  private final PrintStream err;
  private final Terminal terminal;
  private @Nullable Client client;

  /**
   * @param out where results go, and whether they got there is asked in the end
   * @param charset of the text that is written there
   */
  public Session(
      Map<String, String> environment,
      Path directory,
      InputStream in,
      OutputStream out,
      Charset charset,
      PrintStream err,
      Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.directory = directory;
    this.in = in;
    this.sink = new Sink(out);
    this.out = new PrintStream(new BufferedOutputStream(sink, BUFFER), true, charset);
    this.err = err;
    this.terminal = terminal;
  }

  /** The session of this process. */
  static Session ofProcess() {
    Map<String, String> environment = UserLocale.restored(System.getenv());
    return new Session(
        environment,
        Path.of("").toAbsolutePath(),
        System.in,
        new FileOutputStream(FileDescriptor.out),
        System.out.charset(),
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

  /**
   * Writes the rest of what was printed, and tells why something could not be written; empty when
   * all is where it was to go.
   */
  public Optional<IOException> unwritten() {
    out.flush();
    return sink.failure();
  }

  /** Writes all of a stream to standard output, or as much as can be written. */
  public void send(InputStream content) throws IOException {
    byte[] buffer = new byte[BUFFER];
    int count = content.read(buffer);
    while (count > 0 && unwritten().isEmpty()) {
      out.write(buffer, 0, count);
      count = content.read(buffer);
    }
    out.flush();
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
