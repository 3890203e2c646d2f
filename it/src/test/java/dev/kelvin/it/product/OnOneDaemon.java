package dev.kelvin.it.product;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** Tests that share one daemon, on which nothing may be left after each. */
abstract class OnOneDaemon {
  static TestDaemon daemon;

  @BeforeAll
  static void startDaemon() throws IOException {
    daemon = TestDaemon.start();
  }

  @AfterEach
  void nothingIsLeft() {
    daemon.clear();
  }

  @AfterAll
  static void endDaemon() throws IOException {
    daemon.close();
  }
}
