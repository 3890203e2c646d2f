package dev.kelvin.cli.text;

import java.io.Closeable;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Shows how far long work is: on a terminal as a bar on one line, elsewhere as a line now and then.
 * What is shown goes to standard error, so that standard output has results only. Work that is done
 * at once leaves no trace.
 */
public final class Progress implements Closeable {
  private static final long SECOND = 1_000_000_000L;

  /** Before that nothing is drawn, and such a step is not worth a line when it is done. */
  private static final long BRIEF = SECOND / 3;

  /** How long a hint is shown beside a message. */
  private static final long HINT = 8 * SECOND;

  private static final long REDRAW = SECOND / 10;
  private static final long PLAIN_EVERY = 10 * SECOND;
  private static final int BAR = 16;

  private final PrintStream err;
  private final boolean terminal;
  private final IntSupplier width;
  private final LongSupplier nanos;
  private String label = "";
  private String hint = "";
  private Meter meter = new Meter(0);
  private long begun;
  private long drawn;
  private boolean lineOpen;
  private boolean announced;
  private long plainPercent;

  public Progress(PrintStream err, boolean terminal, IntSupplier width, LongSupplier nanos) {
    this.err = err;
    this.terminal = terminal;
    this.width = width;
    this.nanos = nanos;
  }

  /** What Ctrl-C does, shown at the end of the bar. */
  public Progress hint(String newHint) {
    hint = newHint;
    return this;
  }

  /** Begins a step; the one before it is done. */
  public void step(String newLabel) {
    if (newLabel.equals(label)) {
      return;
    }
    done();
    label = newLabel;
    begun = nanos.getAsLong();
    meter = new Meter(begun);
    announced = false;
    plainPercent = 0;
    drawn = begun;
  }

  /** The step is under way, and there is no measure of it. */
  public void update(String message) {
    update(0, 0, "", message);
  }

  /** How far the step is; {@code total} 0 when its end is not known. */
  public void update(long done, long total, String unit, String message) {
    long now = nanos.getAsLong();
    meter.measure(now, done, total, unit);
    if (now - begun < BRIEF) {
      return;
    }
    if (terminal) {
      if (now - drawn >= REDRAW || !lineOpen) {
        draw(now, message);
      }
    } else {
      line(now, message);
    }
  }

  private void draw(long now, String message) {
    drawn = now;
    String span = Units.span(Duration.ofNanos(now - begun));
    String measured = meter.describe(true);
    var text = new StringBuilder(label).append("  ");
    text.append(measured.isEmpty() ? span : measured);
    int room = Math.max(20, width.getAsInt() - 1);
    // The hint is read once; then its place is the message's.
    boolean read = now - begun > HINT && !message.isEmpty();
    String end = hint.isEmpty() || read ? "" : "  (" + hint + ")";
    if (text.length() + end.length() > room) {
      end = "";
    }
    if (!message.isEmpty()) {
      text.append("  ").append(printable(message));
    }
    if (text.length() > room - end.length()) {
      text.setLength(room - end.length() - 1);
      text.append('~');
    }
    text.append(end);
    err.print("\r" + text + "\033[K");
    err.flush();
    lineOpen = true;
  }

  private void line(long now, String message) {
    if (!announced) {
      announced = true;
      drawn = now;
      err.println(label + " ...");
    }
    long percent = meter.percent();
    boolean further = percent >= plainPercent + 10 && percent < 100;
    boolean due = now - drawn >= PLAIN_EVERY;
    if ((further && now - drawn >= SECOND) || due) {
      plainPercent = percent;
      drawn = now;
      String measured = meter.describe(false);
      String span = Units.span(Duration.ofNanos(now - begun));
      String tail = message.isEmpty() ? "" : "  " + printable(message);
      err.println(label + ": " + (measured.isEmpty() ? span : measured) + tail);
    }
  }

  /** Ends the step under way as done. */
  public void done() {
    end("done");
  }

  /** Ends the step under way in another way, such as "failed". */
  public void end(String how) {
    if (label.isEmpty()) {
      return;
    }
    clear();
    long took = nanos.getAsLong() - begun;
    if (took >= BRIEF && (announced || terminal)) {
      String time = took < SECOND ? "" : " (" + Units.span(Duration.ofNanos(took)) + ")";
      err.println(label + ": " + how + time);
    }
    label = "";
  }

  /** Takes the bar off the terminal. */
  public void clear() {
    if (lineOpen) {
      err.print("\r\033[K");
      err.flush();
      lineOpen = false;
    }
  }

  /** Writes a line that stays. */
  public void say(String line) {
    clear();
    err.println(line);
  }

  @Override
  public void close() {
    clear();
    label = "";
  }

  /** A message of a guest or a tool, without what would confuse a terminal. */
  static String printable(String text) {
    var plain = new StringBuilder();
    boolean escape = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\033') {
        escape = true;
      } else if (escape) {
        escape = !Character.isLetter(c);
      } else if (!Character.isISOControl(c)) {
        plain.append(c);
      }
    }
    return plain.toString().strip();
  }

  /** What is measured of a step: how much, how fast, how long still. */
  private static final class Meter {
    private static final long A_DAY = 86_400;

    private final long start;
    private long done;
    private long total;
    private String unit = "";
    private long lastTime;
    private long lastDone;
    private double perSecond;

    Meter(long start) {
      this.start = start;
      this.lastTime = start;
    }

    void measure(long now, long newDone, long newTotal, String newUnit) {
      if (newDone < done || !newUnit.equals(unit)) {
        lastTime = now;
        lastDone = newDone;
        perSecond = 0;
      }
      done = newDone;
      total = newTotal;
      unit = newUnit;
      double seconds = (now - lastTime) / (double) SECOND;
      if (seconds >= 0.25) {
        double rate = (done - lastDone) / seconds;
        perSecond = perSecond == 0 ? rate : 0.75 * perSecond + 0.25 * rate;
        lastTime = now;
        lastDone = done;
      }
    }

    long percent() {
      return total <= 0 ? 0 : Math.min(100, done * 100 / total);
    }

    String describe(boolean bar) {
      if (total <= 0) {
        return done <= 0 ? "" : amount() + rate();
      }
      var text = new StringBuilder();
      if (bar) {
        int full = (int) (percent() * BAR / 100);
        text.append('[').append("#".repeat(full)).append("-".repeat(BAR - full)).append("] ");
      }
      text.append(String.format(Locale.ROOT, bar ? "%3d %%" : "%d %%", percent()));
      if (!unit.equals("percent")) {
        text.append("  ").append(amount());
      }
      return text.append(rate()).append(remaining()).toString();
    }

    private String amount() {
      String end = total > 0 ? " of " + count(total) : "";
      String words = unit.equals("bytes") || unit.isEmpty() ? "" : " " + unit;
      return count(done) + end + words;
    }

    private String count(long number) {
      return unit.equals("bytes") ? Units.size((double) number) : String.valueOf(number);
    }

    private String rate() {
      return unit.equals("bytes") && perSecond > 0 ? "  " + Units.size(perSecond) + "/s" : "";
    }

    /** By the mean of the whole step: work of a computer is too uneven for the last second's. */
    private String remaining() {
      long elapsed = lastTime - start;
      if (done <= 0 || elapsed < 2 * SECOND || done >= total) {
        return "";
      }
      double left = (double) (total - done) / done * elapsed / SECOND;
      return left > A_DAY ? "" : "  " + Units.span(Duration.ofSeconds((long) left)) + " left";
    }
  }
}
