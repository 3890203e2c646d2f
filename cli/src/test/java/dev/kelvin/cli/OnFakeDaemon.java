package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests share that give commands to a daemon which answers what they say. */
public abstract class OnFakeDaemon {
  @TempDir protected Path directory;
  protected Cli cli;

  /** A test may put another in its place, which is ended with the test. */
  protected volatile FakeDaemon daemon;

  @BeforeEach
  void beginOnDaemon() throws IOException {
    cli = new Cli(directory);
    daemon = new FakeDaemon(cli.kelvinHome());
  }

  @AfterEach
  void endOnDaemon() throws IOException {
    daemon.close();
    assertThat(daemon.failures()).isEmpty();
  }
}
