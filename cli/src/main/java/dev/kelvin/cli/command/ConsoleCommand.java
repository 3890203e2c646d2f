package dev.kelvin.cli.command;

import dev.kelvin.api.Client.Console;
import dev.kelvin.api.http.MessageSocket;
import dev.kelvin.cli.Session;
import java.io.Closeable;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code kelvin console}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Every key goes to the guest, Ctrl-C too; Ctrl-] leaves the console.",
      "",
      "Example:",
      "  kelvin console web1"
    })
public final class ConsoleCommand extends Command {
  /** What a terminal sends for Ctrl-]. */
  private static final byte ESCAPE = 0x1d;

  @Parameters(paramLabel = "VM", description = "Its name.")
  String vm = "";

  public ConsoleCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() throws IOException {
    try (MessageSocket socket = session.client().console(vm, Console.SERIAL)) {
      boolean terminal = session.terminal().hasInput();
      if (terminal) {
        session.err().println("The serial console of " + vm + "; Ctrl-] leaves it.");
      }
      var left = new AtomicBoolean();
      try (Closeable _ = terminal ? session.terminal().raw() : () -> {}) {
        Thread.ofPlatform().daemon().name("keyboard").start(() -> keyboard(socket, left, terminal));
        show(socket, left);
      }
      if (terminal) {
        String reason = left.get() ? "Left" : "Closed: " + reason(socket);
        session.err().println("\n" + reason + ".");
      }
    }
    return 0;
  }

  private static String reason(MessageSocket socket) {
    return socket.closeReason().isEmpty() ? "the VM has ended" : socket.closeReason();
  }

  private void show(MessageSocket socket, AtomicBoolean left) throws IOException {
    try {
      byte[] part = socket.receive();
      while (part != null && session.unwritten().isEmpty()) {
        session.out().write(part);
        session.out().flush();
        part = socket.receive();
      }
    } catch (IOException e) {
      if (!left.get()) {
        throw e;
      }
    }
  }

  /** Sends what is typed. The end of an input that is no terminal ends nothing. */
  private void keyboard(MessageSocket socket, AtomicBoolean left, boolean terminal) {
    byte[] keys = new byte[4096];
    try {
      for (int n = session.in().read(keys); n >= 0; n = session.in().read(keys)) {
        int end = terminal ? escape(keys, n) : n;
        if (end > 0) {
          socket.send(Arrays.copyOf(keys, end));
        }
        if (end < n) {
          left.set(true);
          socket.close();
          return;
        }
      }
    } catch (IOException e) {
      if (!left.get()) {
        session.err().print("\r\nThe console takes no more keys: " + e.getMessage() + "\r\n");
      }
    }
  }

  private static int escape(byte[] keys, int length) {
    for (int i = 0; i < length; i++) {
      if (keys[i] == ESCAPE) {
        return i;
      }
    }
    return length;
  }
}
