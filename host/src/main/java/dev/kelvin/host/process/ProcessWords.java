package dev.kelvin.host.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a process was started with: its arguments and its environment (proc(5)). */
public final class ProcessWords {
  private static final int MAX = 1 << 20;

  private ProcessWords() {}

  /**
   * Its arguments, the program first; none of a thread of the kernel, and of one that has ended.
   *
   * @throws IOException when it may run and cannot be read
   */
  public static List<String> arguments(long pid) throws IOException {
    return read(pid, "cmdline");
  }

  /**
   * A variable that it was started with.
   *
   * @throws IOException when it may run and cannot be read, as another user's
   */
  public static Optional<String> variable(long pid, String name) throws IOException {
    String prefix = name + "=";
    return read(pid, "environ").stream()
        .filter(variable -> variable.startsWith(prefix))
        .map(variable -> variable.substring(prefix.length()))
        .findFirst();
  }

  private static List<String> read(long pid, String file) throws IOException {
    return switch (ProcStat.look(pid)) {
      case ProcStat.Look.None _ -> List.of();
      case ProcStat.Look.Unknown(IOException why) -> throw why;
      case ProcStat.Look.There(ProcStat stat) -> {
        Path directory = Path.of("/proc", Long.toString(pid));
        if (!stat.runs()) {
          yield List.of();
        }
        yield stat.mainThreadEnded()
            ? ofThreads(pid, directory, file)
            : words(pid, directory, file);
      }
    };
  }

  /** The kernel tells it only of threads that are left. */
  private static List<String> ofThreads(long pid, Path directory, String file) throws IOException {
    for (ProcStat thread : ProcStat.threads(pid)) {
      if (!thread.mainThreadEnded()) {
        return words(pid, directory.resolve("task").resolve(Long.toString(thread.pid())), file);
      }
    }
    return List.of();
  }

  private static List<String> words(long pid, Path directory, String file) throws IOException {
    try {
      byte[] bytes;
      try (var in = Files.newInputStream(directory.resolve(file))) {
        bytes = in.readNBytes(MAX + 1);
      }
      if (bytes.length > MAX) {
        return List.of(); // none of ours has so many; a process can make them up
      }
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      return text.isEmpty() ? List.of() : List.of(text.split("\0"));
    } catch (IOException e) {
      if (ProcStat.look(pid) instanceof ProcStat.Look.There(ProcStat stat) && stat.runs()) {
        throw e;
      }
      return List.of();
    }
  }
}
