package dev.kelvin.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The command line as a user of a test has it: a home, files, what is typed and what is shown. */
public final class Cli {
  /** What came of a command. */
  public record Result(int code, String out, String err) {}

  /** A terminal that is one as far as a test says. */
  private static final class FakeTerminal extends Terminal {
    private final boolean input;

    FakeTerminal(boolean input) {
      super(Map.of("COLUMNS", "100"));
      this.input = input;
    }

    @Override
    public boolean hasInput() {
      return input;
    }

    @Override
    public boolean hasOutput() {
      return false;
    }

    @Override
    public boolean hasErrors() {
      return false;
    }

    @Override
    public Closeable raw() {
      return () -> {};
    }
  }

  private final Path directory;
  private final Map<String, String> environment = new LinkedHashMap<>();
  private byte[] input = new byte[0];
  private boolean typing;

  public Cli(Path directory) throws IOException {
    this.directory = directory;
    environment.put("KELVIN_HOME", directory.resolve("k").toString());
    environment.put("HOME", directory.resolve("home").toString());
    environment.put("PATH", System.getenv("PATH"));
    Files.createDirectories(directory.resolve("home"));
  }

  public Path kelvinHome() {
    return directory.resolve("k");
  }

  public Cli with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** What comes from standard input, which is no terminal. */
  public Cli piped(String text) {
    input = text.getBytes(StandardCharsets.UTF_8);
    typing = false;
    return this;
  }

  /** What is typed on a terminal. */
  public Cli typed(String text) {
    input = text.getBytes(StandardCharsets.UTF_8);
    typing = true;
    return this;
  }

  public Path file(String name, String content) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  public Result run(String... words) throws IOException {
    var out = new ByteArrayOutputStream();
    Result result = run(out, words);
    return new Result(result.code(), out.toString(StandardCharsets.UTF_8), result.err());
  }

  /** The same with a standard output of the test's own, which is not in the result. */
  public Result run(OutputStream out, String... words) throws IOException {
    var err = new ByteArrayOutputStream();
    int code;
    try (var session = session(out, err)) {
      code = new Kelvin(session).run(words);
    }
    return new Result(code, "", err.toString(StandardCharsets.UTF_8));
  }

  /** What a part of the command line works in; what it shows is lost. */
  public Session session() {
    return session(OutputStream.nullOutputStream(), OutputStream.nullOutputStream());
  }

  private Session session(OutputStream out, OutputStream err) {
    return new Session(
        environment,
        directory,
        new ByteArrayInputStream(input),
        out,
        StandardCharsets.UTF_8,
        new PrintStream(err, true, StandardCharsets.UTF_8),
        new FakeTerminal(typing));
  }
}
