package dev.kelvin.image.build;

import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task;
import java.util.regex.Pattern;

/**
 * Reads from the output of mmdebstrap, apt and dpkg how far the installation is. Both of its rounds
 * (essential packages, then all others) fetch, unpack and set up each package; the weights are
 * those that the rounds take of the time.
 */
public final class BuildProgress {
  private static final Pattern NEW_PACKAGES = Pattern.compile("\\d+ upgraded, (\\d+) newly.*");
  private static final Pattern EVENT =
      Pattern.compile("(Get:\\d+ .* amd64|Unpacking|Setting up) ?([a-z0-9][a-z0-9+.-]*)?.*");

  /** The whole build; the part of assembling the packages, in percent of it. */
  private static final int ASSEMBLY = 80;

  private static final int[] ROUND_STARTS = {2, 30, 72};

  private final ProgressSink sink;
  private int round = -1;
  private int packages;
  private int events;
  private int shown = -1;

  public BuildProgress(ProgressSink sink) {
    this.sink = sink;
  }

  /** Takes one line of output. */
  public void line(String line) {
    var count = NEW_PACKAGES.matcher(line);
    if (count.matches()) {
      round = Math.min(round + 1, ROUND_STARTS.length - 2);
      packages = Integer.parseInt(count.group(1));
      events = 0;
    } else if (line.startsWith("I: running apt-get update")) {
      show(0, "fetching the lists of packages");
    } else if (line.startsWith("update-initramfs: Generating")) {
      show(ROUND_STARTS[ROUND_STARTS.length - 1], "making the initial RAM disk");
    } else if (round >= 0) {
      event(line);
    }
  }

  private void event(String line) {
    var event = EVENT.matcher(line);
    if (event.matches()) {
      events++;
      int start = ROUND_STARTS[round];
      int width = ROUND_STARTS[round + 1] - start;
      // Fetching, unpacking and setting up: three events for each package.
      int done = packages == 0 ? 0 : Math.min(width, width * events / (3 * packages));
      String what = event.group(1).startsWith("Get:") ? "fetching packages" : "installing packages";
      show(start + done, what);
    }
  }

  /** Tells that a part after the assembly has begun. */
  public void part(int percent, String message) {
    show(ASSEMBLY + percent * (100 - ASSEMBLY) / 100, message);
  }

  private void show(int percent, String message) {
    if (percent > shown) {
      shown = percent;
      sink.report(new Task.Progress(percent, 100, "percent", message));
    }
  }
}
