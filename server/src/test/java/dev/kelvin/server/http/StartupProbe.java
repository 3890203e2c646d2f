package dev.kelvin.server.http;

import dev.kelvin.server.action.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/**
 * A server with nothing behind it, to measure by hand what HTTP alone costs at the start and in
 * memory. Its argument is a directory; it ends with its standard input.
 */
final class StartupProbe {
  private StartupProbe() {}

  public static void main(String[] args) throws IOException {
    try (var server =
        TestServer.start(
            TestServer.settings(Path.of(args[0]), Set.of(TestServer.ownUid())),
            Duration.ofSeconds(15))) {
      server.actions.script = what -> new Outcome.Document(Map.of("version", "probe"), null);
      System.out.println("serving");
      int ignored = System.in.read();
      System.out.println("ending " + ignored);
    }
  }
}
