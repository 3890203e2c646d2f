package dev.kelvin.host.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UmaskTest {
  @TempDir Path directory;

  /** Tells the modes of new files to come; in a process of its own, as each has one umask only. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) throws IOException {
      Umask.setUsual();
      System.out.printf("%03o%n", Umask.current());
    }
  }

  @Test
  void isTheUsualOneWhateverItWas() throws IOException, InterruptedException {
    for (String mask : new String[] {"0", "022", "077", "0777"}) {
      Path out = directory.resolve("out" + mask);
      Files.createFile(out);
      Process process =
          new ProcessBuilder(
                  "sh",
                  "-c",
                  "umask " + mask + "; exec \"$@\"",
                  "sh",
                  Path.of(System.getProperty("java.home"), "bin/java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Program.class.getName())
              .redirectErrorStream(true)
              .redirectOutput(out.toFile())
              .start();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(Files.readString(out)).as("umask %s", mask).isEqualTo("022\n");
    }
  }
}
