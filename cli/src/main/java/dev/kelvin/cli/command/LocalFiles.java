package dev.kelvin.cli.command;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Files of the user, with problems that say which file and why. */
public final class LocalFiles {
  private LocalFiles() {}

  /** Something that is done with a file. */
  public interface Use<T> {
    T with(Path file) throws IOException;
  }

  public static <T> T read(Path file, Use<T> use) {
    if (Files.isDirectory(file)) {
      throw problem("cannot be read", file, "it is a directory").asException();
    }
    return use("cannot be read", file, use);
  }

  public static <T> T write(Path file, Use<T> use) {
    return use("cannot be written", file, use);
  }

  private static <T> T use(String what, Path file, Use<T> use) {
    try {
      return use.with(file);
    } catch (NoSuchFileException e) {
      throw problem(what, file, "there is no such file or directory").asException(e);
    } catch (AccessDeniedException e) {
      throw problem(what, file, "you have no permission").asException(e);
    } catch (IOException e) {
      throw problem(what, file, String.valueOf(e.getMessage())).asException(e);
    }
  }

  /** A file that was there a moment ago cannot be read. */
  public static ProblemException unreadable(Path file, IOException e) {
    return problem("cannot be read", file, String.valueOf(e.getMessage())).asException(e);
  }

  private static Problem problem(String what, Path file, String cause) {
    return Problem.of(Code.INVALID_ARGUMENT, "The file " + what)
        .on(file.toString())
        .because(cause)
        .remedy("check the path");
  }

  /** A problem on a file that the caller has found itself. */
  static ProblemException wrong(Path file, String detail, String cause, String remedy) {
    return Problem.of(Code.INVALID_ARGUMENT, detail)
        .on(file.toString())
        .because(cause)
        .remedy(remedy)
        .asException();
  }
}
