package dev.kelvin.bench.hostile;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Besieges a daemon until its standard input ends: a process of its own, so that what it takes can
 * be told from what the daemon takes.
 */
public final class Siege {
  static final int IDLE = 2_000;
  static final int SLOW = 500;
  static final int WATCHES = 200;

  /** What it writes when all connections have been opened. */
  public static final String READY = "besieged";

  private Siege() {}

  /**
   * Takes the address of the API, the file with the token, and from how many addresses it attacks.
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    String token = Files.readString(Path.of(args[1])).strip();
    int addresses = Integer.parseInt(args[2]);
    try (var attacker = new Attacker(URI.create(args[0]), addresses)) {
      int watches = attacker.watches(WATCHES, token);
      int idle = attacker.idle(IDLE);
      int slow = attacker.heads(SLOW / 2, 1_000) + attacker.posts(SLOW - SLOW / 2);
      Thread tricks =
          Thread.ofVirtual().name("tricks").start(() -> trick(URI.create(args[0]), addresses));
      System.out.println(
          READY + " by " + watches + " streams, " + idle + " idle, " + slow + " slow");
      while (System.in.read() >= 0) {
        // Until whoever started this has seen enough.
      }
      tricks.interrupt();
    }
    System.exit(0);
  }

  /** Windows of no size and streams that are taken back, again and again. */
  private static void trick(URI api, int addresses) {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        try (var attacker = new Attacker(api, addresses)) {
          attacker.windowless(4, 100);
          attacker.resets(4, 500);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
