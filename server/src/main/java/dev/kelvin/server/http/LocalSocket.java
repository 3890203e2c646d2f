package dev.kelvin.server.http;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Puts a listening Unix socket into its place. It is bound under another name, closed to other
 * users and then renamed, so that under its own name it never has another mode, and so that a
 * socket somebody still listens at is never taken away.
 */
final class LocalSocket {
  private final Path path;
  private final Path fresh;

  /** Which file it is since it was published. */
  private volatile @Nullable Object published;

  LocalSocket(Path path) {
    this.path = path;
    this.fresh = path.resolveSibling(path.getFileName() + ".new");
  }

  /**
   * Makes sure that nobody listens, and returns where to bind.
   *
   * @throws ProblemException conflict when another daemon listens or something else has the name
   */
  Path prepare() throws IOException {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      if (!Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .isOther()) {
        throw taken("a file that is no socket has that name", "move that file away").asException();
      } else if (somebodyListens()) {
        throw taken("another daemon listens there", "end it with: kelvin down").asException();
      }
    }
    Files.deleteIfExists(fresh);
    return fresh;
  }

  /** Gives the bound socket its mode and its name. A stale one of that name is replaced. */
  void publish() throws IOException {
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
    Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    published = key();
  }

  /** Whether the name still leads to what was published. */
  boolean isInPlace() throws IOException {
    try {
      return key().equals(published);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private Object key() throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  private Problem taken(String cause, String remedy) {
    return Problem.of(Code.CONFLICT, "The local API cannot be served")
        .on(path.toString())
        .because(cause)
        .remedy(remedy);
  }

  private boolean somebodyListens() throws IOException {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      // A blocking connect would wait for a listener that is stuck.
      channel.configureBlocking(false);
      channel.connect(UnixDomainSocketAddress.of(path));
      return true;
    } catch (ConnectException e) {
      return false;
    }
  }
}
