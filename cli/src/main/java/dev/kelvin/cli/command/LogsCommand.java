package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin logs}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "A terminal gets it without the sequences that would change it (titles, colours, the clipboard);",
      "a file or another program gets it as it is.",
      "",
      "Example:",
      "  kelvin logs --tail 4KiB -f web1"
    })
public final class LogsCommand extends Command {
  private static final Duration LOOK = Duration.ofMillis(400);
  private static final int WINDOW = 1 << 18;

  @Parameters(paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with what it writes from now on, until Ctrl-C.")
  boolean follow;

  @Option(
      names = "--tail",
      paramLabel = "SIZE",
      description = "Show no more than this of the end. Usual: 1MiB, as much as is usually kept.")
  String tail = "1MiB";

  /** One for all that is shown: a sequence may be cut between two looks. */
  private @Nullable OutputStream shown;

  public LogsCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() throws IOException {
    long bytes = Math.max(1, Units.size(tail, "--tail").bytes());
    byte[] last = showAll(bytes);
    // Whoever reads it, such as grep(1), may have enough.
    while (follow && !session.out().checkError()) {
      session.pause(LOOK);
      byte[] next;
      try {
        next = session.client().serialLog(vm, WINDOW);
      } catch (ProblemException e) {
        if (e.problem().code() == Code.UNAVAILABLE) {
          continue; // The daemon is being restarted; what was written meanwhile comes after.
        }
        throw e;
      }
      show(Arrays.copyOfRange(next, overlap(last, next), next.length));
      last = next;
    }
    return 0;
  }

  /** Shows what there is, and gives its end, with which the next look goes on. */
  private byte[] showAll(long bytes) throws IOException {
    byte[] last = new byte[0];
    byte[] buffer = new byte[WINDOW];
    try (InputStream log = session.client().serialText(vm, bytes)) {
      int count = log.readNBytes(buffer, 0, WINDOW);
      while (count > 0 && !session.out().checkError()) {
        byte[] next = Arrays.copyOf(buffer, count);
        show(next);
        last = end(last, next);
        count = log.readNBytes(buffer, 0, WINDOW);
      }
    }
    return last;
  }

  private static byte[] end(byte[] before, byte[] next) {
    byte[] all = Arrays.copyOf(before, before.length + next.length);
    System.arraycopy(next, 0, all, before.length, next.length);
    return all.length <= WINDOW ? all : Arrays.copyOfRange(all, all.length - WINDOW, all.length);
  }

  private void show(byte[] text) throws IOException {
    if (shown == null) {
      shown = session.guestOut();
    }
    shown.write(text);
    shown.flush();
  }

  /** How much of the beginning of {@code next} is the end of {@code last} and was shown before. */
  static int overlap(byte[] last, byte[] next) {
    int start = Math.max(0, last.length - next.length);
    for (int at = start; at < last.length; at++) {
      if (Arrays.equals(last, at, last.length, next, 0, last.length - at)) {
        return last.length - at;
      }
    }
    return 0;
  }
}
