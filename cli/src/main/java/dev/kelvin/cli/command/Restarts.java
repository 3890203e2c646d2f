package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import java.util.List;

/** Says what of a change takes effect only when the VM starts the next time. */
final class Restarts {
  private Restarts() {}

  static void tell(Session session, String vm, Waiting waiting) {
    if (!waiting.waits()) {
      return;
    }
    List<String> fields = session.client().vm(vm).status().restartRequired();
    if (!fields.isEmpty()) {
      session
          .err()
          .println(
              "At the next start of " + vm + " these take effect: " + String.join(", ", fields));
    }
  }
}
