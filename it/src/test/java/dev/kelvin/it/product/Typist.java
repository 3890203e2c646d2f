package dev.kelvin.it.product;

import dev.kelvin.api.Client;
import dev.kelvin.api.http.MessageSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;

/** Types commands at a guest's serial console and reads what they say. */
final class Typist {
  private final TestDaemon daemon;
  private final String vm;

  Typist(TestDaemon daemon, String vm) {
    this.daemon = daemon;
    this.vm = vm;
  }

  /** What a command has written, standard error included. */
  String run(String command) throws IOException {
    // The log keeps the answers of before, also those to another typist.
    String number = Long.toString(System.nanoTime());
    String begin = "<<" + number + ">>";
    String end = "<</" + number;
    // The marks are put together by the shell, so that an echo of the line is not taken for them.
    String line =
        "echo \"<<\"%s\">>\"; { %s ; } 2>&1; echo \"<</\"%s=$?\">>\"\n"
            .formatted(number, command, number);
    try (MessageSocket console = daemon.client().console(vm, Client.Console.SERIAL)) {
      console.send(line.getBytes(StandardCharsets.UTF_8));
    }
    Pattern answer =
        Pattern.compile(
            Pattern.quote(begin) + "\\R(.*?)" + Pattern.quote(end) + "=(\\d+)>>", Pattern.DOTALL);
    Await.until(
        vm + " answers \"" + command + "\"; it wrote: " + tail(),
        Duration.ofSeconds(60),
        () -> answer.matcher(daemon.serial(vm)).find());
    var match = answer.matcher(daemon.serial(vm));
    if (!match.find()) {
      throw new AssertionError("the answer is gone from the log: " + tail());
    }
    return match.group(1).strip();
  }

  private String tail() {
    String all = daemon.serial(vm);
    return all.substring(Math.max(0, all.length() - 400));
  }
}
