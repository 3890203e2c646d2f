package dev.kelvin.host.process;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;

/** Opens files until there is no free descriptor, and looks at a process then. */
final class LooksWithoutDescriptors {
  private LooksWithoutDescriptors() {}

  public static void main(String[] arguments) throws IOException {
    Process process = new ProcessBuilder("sleep", "60").start();
    ProcessId id = ProcessId.of(process.pid()).orElseThrow();
    id.signal(0); // loads what it takes
    var open = new ArrayList<FileInputStream>();
    String seen = "";
    try {
      while (true) {
        open.add(new FileInputStream("/dev/null"));
      }
    } catch (IOException e) {
      seen =
          id.life()
              + (named(id) ? " seen" : " not seen")
              + (killed(id) ? " killed" : " not killed");
    }
    for (FileInputStream one : open) {
      one.close();
    }
    System.out.println(seen);
    System.out.println(id.life());
    process.destroyForcibly();
  }

  private static boolean named(ProcessId id) {
    try {
      return ProcessId.of(id.pid()).isPresent();
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  private static boolean killed(ProcessId id) {
    try {
      return id.kill(Duration.ofSeconds(1));
    } catch (IOException e) {
      return false;
    }
  }
}
