package dev.kelvin.cli.file;

import dev.kelvin.model.Code;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/** Files of the user, with problems that say which file and why. */
public final class LocalFiles {
  /** What this process has open, whatever it is: it is written to and never replaced. */
  private static final Pattern OPEN = Pattern.compile("/dev/(fd/.*|stdin|stdout|stderr)");

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

  /** Writes the content of a file. */
  public interface Content {
    void to(OutputStream out) throws IOException;
  }

  /**
   * Puts a file into its place when all of it is on the medium: until then, and when it cannot be
   * written, what was there before stays. A device, a pipe and what this program has open are
   * written to as they are.
   *
   * @param secret whether only its owner may read it; else one that is replaced keeps its mode, and
   *     a new one has what the umask leaves of {@code rw-r--r--}
   * @return its size in bytes; 0 for what has none
   */
  public static long replace(Path file, boolean secret, Content content) {
    return write(
        file,
        name -> {
          boolean there = Files.exists(name);
          boolean open = name.startsWith("/proc") || OPEN.matcher(name.toString()).matches();
          if (there && (open || !Files.isRegularFile(name))) {
            try (var out = Files.newOutputStream(name, StandardOpenOption.WRITE)) {
              content.to(out);
            }
            return 0L;
          }
          // A link stays one.
          Path target = there ? name.toRealPath() : name;
          Path part = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID());
          try {
            put(part, secret ? OwnerOnly.attribute() : readable(), content);
            if (there && !secret) {
              Files.setPosixFilePermissions(part, Files.getPosixFilePermissions(target));
            }
            Files.move(
                part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return Files.size(target);
          } finally {
            Files.deleteIfExists(part);
          }
        });
  }

  private static FileAttribute<?> readable() {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--"));
  }

  private static void put(Path part, FileAttribute<?> mode, Content content) throws IOException {
    Set<StandardOpenOption> fresh = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (var channel = FileChannel.open(part, fresh, mode)) {
      content.to(Channels.newOutputStream(channel));
      channel.force(true);
    }
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
  public static ProblemException wrong(Path file, String detail, String cause, String remedy) {
    return Problem.of(Code.INVALID_ARGUMENT, detail)
        .on(file.toString())
        .because(cause)
        .remedy(remedy)
        .asException();
  }
}
