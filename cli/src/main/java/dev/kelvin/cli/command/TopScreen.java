package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.command.TopHistory.Order;
import dev.kelvin.cli.text.Sparkline;
import dev.kelvin.model.Waits;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** {@code kelvin top} on a terminal: drawn anew in place, sorted and ended by keys. */
final class TopScreen {
  /** Another screen, whose content is forgotten at the end, without a cursor. */
  private static final String ENTER = "\033[?1049h\033[?25l";

  private static final String LEAVE = "\033[?25h\033[?1049l";
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final int CTRL_C = 3;
  private static final int END = -1;

  private final Session session;
  private final Duration pause;
  private final BlockingQueue<Integer> keys = new LinkedBlockingQueue<>();
  private final TopHistory history;
  private Order order;

  TopScreen(Session session, Duration pause, Order order) {
    this.session = session;
    this.pause = pause;
    this.order = order;
    this.history = new TopHistory(Sparkline.in(session.out().charset()));
  }

  /**
   * Draws until a key ends it.
   *
   * @param rounds how often at most
   */
  void run(int rounds) throws IOException, InterruptedException {
    try (Closeable _ = session.terminal().raw()) {
      session.out().print(ENTER);
      Thread.ofPlatform().daemon().name("keys").start(this::listen);
      show(rounds);
    } finally {
      session.out().print(LEAVE);
      session.out().flush();
    }
  }

  private void listen() {
    try {
      int key = session.in().read();
      while (key >= 0) {
        keys.add(key);
        key = session.in().read();
      }
    } catch (IOException gone) {
      // A terminal that is gone ends it as its last key would.
    }
    keys.add(END);
  }

  private void show(int rounds) throws InterruptedException {
    PrometheusText before = PrometheusText.parse(session.client().metrics());
    long then = System.nanoTime();
    Duration wait = Waits.shorter(FIRST, pause);
    PrometheusText now = before;
    for (int i = 0; i < rounds && !session.out().checkError(); i++) {
      if (!listenFor(wait, now)) {
        return;
      }
      wait = pause;
      now = PrometheusText.parse(session.client().metrics());
      long at = System.nanoTime();
      history.add(before, now, (at - then) / 1e9);
      draw(now);
      before = now;
      then = at;
    }
  }

  /** Obeys keys for some time; returns whether to go on. */
  private boolean listenFor(Duration time, PrometheusText now) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    long left = time.toNanos();
    while (left > 0) {
      Integer key = keys.poll(left, TimeUnit.NANOSECONDS);
      if (key != null) {
        if (key == CTRL_C || key == END) {
          return false;
        }
        switch ((char) key.intValue()) {
          case 'q', 'Q' -> {
            return false;
          }
          case 'a' -> order = Order.NAME;
          case 'c' -> order = Order.CPU;
          case 'm' -> order = Order.MEMORY;
          case 'd' -> order = Order.DISK;
          case 'n' -> order = Order.NETWORK;
          // Other keys do nothing.
          default -> {}
        }
        draw(now);
      }
      left = end - System.nanoTime();
    }
    return true;
  }

  private void draw(PrometheusText now) {
    int width = session.terminal().width();
    int height = session.terminal().height();
    var lines = new ArrayList<>(List.of(TopCommand.host(now)));
    String by = order.name().toLowerCase(Locale.ROOT);
    lines.add("By " + by + ". Sort: a name, c CPU, m memory, d disk, n network. q quits.");
    lines.add("");
    lines.addAll(history.table(now, order, width, height - lines.size() - 1));
    var text = new StringBuilder("\033[H");
    for (String line : lines) {
      String fits = line.length() <= width ? line : line.substring(0, width);
      // A raw terminal goes down only, and not back to the first column.
      text.append(fits).append("\033[K\r\n");
    }
    session.out().print(text.append("\033[J"));
    session.out().flush();
  }
}
