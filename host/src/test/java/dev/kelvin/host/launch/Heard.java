package dev.kelvin.host.launch;

import dev.kelvin.host.program.WorkerProcess.Pipes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What a worker with pipes has written to its end. */
final class Heard {
  private final CompletableFuture<String> text = new CompletableFuture<>();

  /** Pipes of a worker that is told something and is heard here. */
  Pipes told(String told) {
    return new Pipes(told, this::hear);
  }

  private void hear(InputStream output) {
    try (output) {
      text.complete(new String(output.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      text.completeExceptionally(e);
    }
  }

  String text() throws Exception {
    return text.get(10, TimeUnit.SECONDS);
  }
}
