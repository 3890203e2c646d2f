package dev.kelvin.state.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A JVM of its own with the classes of the tests, which can be killed as {@code kill -9} does. */
public final class ChildJvm implements AutoCloseable {
  private static final long DEADLINE_SECONDS = 60;

  private final Process process;
  private final BufferedReader output;

  private ChildJvm(Process process) {
    this.process = process;
    this.output = process.inputReader();
  }

  public static ChildJvm start(Class<?> main, Object... arguments) throws IOException {
    return start(List.of(), main, arguments);
  }

  /** As {@link #start(Class, Object...)}, with words before those of the Java command. */
  public static ChildJvm start(List<String> before, Class<?> main, Object... arguments)
      throws IOException {
    List<String> words = new ArrayList<>(before);
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"));
    words.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp"));
    words.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    for (Object argument : arguments) {
      if (argument.toString().startsWith("-D")) {
        words.add(argument.toString());
      }
    }
    words.add(main.getName());
    for (Object argument : arguments) {
      if (!argument.toString().startsWith("-D")) {
        words.add(argument.toString());
      }
    }
    return new ChildJvm(
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  public long pid() {
    return process.pid();
  }

  /** The next line that it writes; null at its end. */
  public @Nullable String line() throws IOException {
    return output.readLine();
  }

  /** Waits for this line; fails at the end of the output. */
  public void expect(String line) throws IOException {
    for (String next = line(); !line.equals(next); next = line()) {
      if (next == null) {
        throw new AssertionError("the child ended without \"" + line + "\"");
      }
    }
  }

  public void kill() throws InterruptedException {
    process.toHandle().destroyForcibly(); // unlike that of Process, leaves its output to be read
    process.waitFor();
  }

  /** Waits for its end and returns its exit code; 137 when it was killed. */
  public int end() throws InterruptedException {
    if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the child does not end");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
