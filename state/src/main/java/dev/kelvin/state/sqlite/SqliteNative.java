package dev.kelvin.state.sqlite;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;
import org.sqlite.util.OSInfo;

/**
 * Puts SQLite's native library where it stays. Without this sqlite-jdbc writes it into /tmp at each
 * start, and leaves it there when it is killed.
 */
final class SqliteNative {
  private static final String PATH = "org.sqlite.lib.path";
  private static final String NAME = "org.sqlite.lib.name";
  private static final String TMPDIR = "org.sqlite.tmpdir";

  private SqliteNative() {}

  /**
   * Loads the library from {@code directory}, into which it is written if it is not there as it
   * should be. A process loads it once: later calls, and those in a process that was started with
   * {@code -Dorg.sqlite.lib.path}, do nothing.
   *
   * @throws ProblemException capability-missing when there is none for this CPU, host-failure when
   *     it cannot be written or loaded
   */
  static void load(Path directory) {
    if (System.getProperty(PATH) == null) {
      Path library = install(directory.toAbsolutePath());
      System.setProperty(TMPDIR, directory.toAbsolutePath().toString());
      System.setProperty(NAME, String.valueOf(library.getFileName()));
      System.setProperty(PATH, directory.toAbsolutePath().toString());
    }
    try {
      if (!SQLiteJDBCLoader.initialize()) {
        throw new IOException("no library was found");
      }
    } catch (Exception e) { // declared by the loader
      throw Problem.of(Code.HOST_FAILURE, "SQLite cannot be loaded")
          .on(directory.toString())
          .because(e.toString())
          .remedy("check that its file system is not mounted noexec")
          .asException(e);
    }
  }

  /** Writes the library unless the same bytes are there. */
  static Path install(Path directory) {
    String resource =
        LibraryLoaderUtil.getNativeLibResourcePath() + "/" + LibraryLoaderUtil.getNativeLibName();
    Path target = directory.resolve("libsqlitejdbc-" + SQLiteJDBCLoader.getVersion() + ".so");
    try (InputStream in = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw Problem.of(Code.CAPABILITY_MISSING, "There is no SQLite for this host")
            .on(OSInfo.getNativeLibFolderPathForCurrentOS())
            .because("sqlite-jdbc has no library for this system and CPU")
            .remedy("start Kelvin with -D" + PATH + "=DIRECTORY of one that you built")
            .asException();
      }
      byte[] library = in.readAllBytes();
      if (!Files.isRegularFile(target) || !Arrays.equals(Files.readAllBytes(target), library)) {
        Files.createDirectories(directory);
        Path fresh = Files.createTempFile(directory, "libsqlitejdbc-", ".new");
        try {
          Files.write(fresh, library);
          Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
          Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
          Files.deleteIfExists(fresh);
        }
        deleteOthers(directory, target);
      }
      return target;
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "SQLite's library cannot be written")
          .on(target.toString())
          .because(e.toString())
          .remedy("check the space, owner and mode of the directory")
          .asException(e);
    }
  }

  /** Deletes the libraries of other versions; processes that have them loaded keep them. */
  private static void deleteOthers(Path directory, Path target) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "libsqlitejdbc-*")) {
      for (Path file : files) {
        if (!file.equals(target)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
