package dev.kelvin.qemu.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** What a run of the tests has time for, where all that there is takes too long. */
public final class Share {
  private Share() {}

  /**
   * One in {@code shares}, another for another commit; all with {@code
   * -Dkelvin.test.thorough=true}, and of what is not in Git.
   */
  public static <T> List<T> of(List<T> all, int shares) throws IOException, InterruptedException {
    String commit = Boolean.getBoolean("kelvin.test.thorough") ? "" : commit();
    if (!commit.matches("[0-9a-f]{40,}")) {
      return all;
    }
    int share = Integer.parseInt(commit.substring(0, 7), 16) % shares;
    return IntStream.range(0, all.size())
        .filter(at -> at % shares == share)
        .mapToObj(all::get)
        .toList();
  }

  private static String commit() throws IOException, InterruptedException {
    var git =
        new ProcessBuilder("git", "rev-parse", "HEAD")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      git.getOutputStream().close();
      String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return git.waitFor(10, TimeUnit.SECONDS) && git.exitValue() == 0 ? said.strip() : "";
    } finally {
      git.destroyForcibly();
    }
  }
}
