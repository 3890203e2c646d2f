package dev.kelvin.state;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a second daemon off a store. The kernel drops the lock with the process that holds it, so
 * none is ever left over; the file itself stays.
 */
final class StoreLock implements AutoCloseable {
  private final FileChannel channel;

  private StoreLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Locks a store.
   *
   * @throws ProblemException conflict when another process, or another store of this one, has it
   */
  static StoreLock of(Path store) {
    Path file = store.resolveSibling(store.getFileName() + ".lock");
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (tryLock(channel)) {
        channel.truncate(0);
        channel.write(
            ByteBuffer.wrap(
                Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
        return new StoreLock(channel);
      }
      String owner = Files.readString(file);
      closeAfter(channel, null);
      throw Problem.of(Code.CONFLICT, "Another Kelvin daemon uses this store")
          .on(store.toString())
          .because("process " + (owner.isBlank() ? "(unknown)" : owner.strip()) + " has it open")
          .remedy("end that daemon with \"kelvin down\", or give this one another KELVIN_HOME")
          .asException();
    } catch (IOException e) {
      closeAfter(channel, e);
      throw Problem.of(Code.HOST_FAILURE, "The store cannot be locked")
          .on(file.toString())
          .because(e.toString())
          .remedy("check the owner and mode of its directory, and that its file system has locks")
          .asException(e);
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // this process has it
    }
  }

  private static void closeAfter(@Nullable FileChannel channel, @Nullable IOException reason) {
    if (channel == null) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      if (reason != null) {
        reason.addSuppressed(e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
