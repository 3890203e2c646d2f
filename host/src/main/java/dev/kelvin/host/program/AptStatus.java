package dev.kelvin.host.program;

import dev.kelvin.model.Task.Progress;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What apt-get writes with {@code APT::Status-Fd} (apt's progress-reporting document): {@code
 * dlstatus:ITEM:PERCENT:TEXT} while it downloads and {@code pmstatus:PACKAGE:PERCENT:TEXT} while
 * dpkg installs. Each counts to 100; together they are shown as one.
 */
final class AptStatus {
  private static final Pattern FORM =
      Pattern.compile("(dl|pm)status:([^:]+(?::[a-z0-9]+)?):(\\d{1,3})(?:\\.\\d*)?:(.*)");

  private AptStatus() {}

  static Optional<Progress> progress(String line) {
    var match = FORM.matcher(line);
    if (!match.find()) {
      return Optional.empty();
    }
    int percent = Math.min(100, Integer.parseInt(match.group(3)));
    boolean download = match.group(1).equals("dl");
    return Optional.of(
        new Progress(download ? percent / 2 : 50 + percent / 2, 100, "percent", match.group(4)));
  }
}
