package dev.kelvin.host.program;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What programs need of the host to run. Each is asked once, and again when another file is in its
 * place.
 */
public final class ProgramClosures {
  private record Key(Path program, Object with, Object file, Object time) {}

  /** How it is found out. */
  @FunctionalInterface
  public interface Question {
    ProgramClosure ask() throws InterruptedException;
  }

  private final ConcurrentHashMap<Key, ProgramClosure> all = new ConcurrentHashMap<>();
  private final Commands commands = new Commands();

  /** That of a program, see {@link ProgramClosure#of}. */
  public ProgramClosure of(Path program) throws InterruptedException {
    return of(program, "", () -> ProgramClosure.of(program, commands));
  }

  /**
   * That of a program which needs more than its libraries.
   *
   * @param with what else the answer depends on
   */
  public ProgramClosure of(Path program, Object with, Question question)
      throws InterruptedException {
    Key key = key(program, with);
    ProgramClosure found = all.get(key);
    if (found == null) {
      found = question.ask();
      all.put(key, found);
    }
    return found;
  }

  private static Key key(Path program, Object with) {
    try {
      // Of what a link leads to.
      return new Key(
          program,
          with,
          Files.getAttribute(program, "unix:ino"),
          Files.getLastModifiedTime(program));
    } catch (IOException e) {
      throw new UncheckedIOException(program + " was there", e);
    }
  }
}
