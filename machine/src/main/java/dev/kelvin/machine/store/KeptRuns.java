package dev.kelvin.machine.store;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What it takes to look after each VM that runs, in files beside the store: a daemon whose store is
 * lost, older than the guests or another one takes them over with it. Only the daemon's user can
 * write here. A file is of use as long as its process runs, so it need not outlive the host's
 * power, and is not flushed.
 */
public final class KeptRuns {
  private static final Logger LOG = System.getLogger(KeptRuns.class.getName());
  private static final int VERSION = 1;
  private static final int MAX_BYTES = 4 << 20;
  private static final Pattern FILE = Pattern.compile("([a-z0-9-]{1,64})\\.json");

  /**
   * The content of a file.
   *
   * @param version of this form
   */
  public record Kept(int version, VmRecord vm, RunRecord run) {}

  private final Path directory;

  public KeptRuns(Path directory) {
    this.directory = directory;
  }

  /**
   * Writes what is known of a VM now; whoever reads it meanwhile has the old file or the new one.
   *
   * @throws dev.kelvin.model.ProblemException host-failure
   */
  public void save(VmRecord vm, RunRecord run) {
    String id = vm.metadata().id();
    try {
      OwnerOnly.makeDirectory(directory);
      Path partial =
          Files.createTempFile(directory, id + "-", ".partial"); // for the daemon's user only
      try {
        Files.write(partial, Documents.json(new Kept(VERSION, vm, run)));
        Files.move(
            partial, file(id), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "What is known of the VM's process cannot be kept")
          .on(vm.ref())
          .because(e.toString())
          .remedy("check space and permissions of " + directory)
          .asException(e);
    }
  }

  /** Forgets a process that has ended. What stays when that fails names a process that is gone. */
  public void delete(String id) {
    try {
      Files.deleteIfExists(file(id));
    } catch (IOException e) {
      LOG.log(Level.WARNING, "removing " + file(id), e);
    }
  }

  /** What is kept of a VM; empty when that is nothing, or nothing that can be read. */
  public Optional<Kept> read(String id) {
    Path file = file(id);
    try {
      var owner = Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
        throw new IOException("it is another user's");
      } else if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException("it is no regular file");
      }
      return Optional.of(parse(id, content(file)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, file + " is of no use: " + e);
      return Optional.empty();
    }
  }

  private static byte[] content(Path file) throws IOException {
    try (var channel =
            Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        var in = Channels.newInputStream(channel)) {
      byte[] content = in.readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) {
        throw new IOException("it is too large");
      }
      return content;
    }
  }

  private static Kept parse(String id, byte[] content) throws IOException {
    Kept kept = Documents.readTrusted(content, Kept.class);
    if (kept.version() != VERSION) {
      throw new IOException("it has form " + kept.version());
    } else if (!kept.vm().metadata().id().equals(id)) {
      throw new IOException("it is of VM " + kept.vm().metadata().id());
    }
    return kept;
  }

  /** The ids of the VMs that something is kept of. */
  public List<String> ids() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (var files = Files.list(directory)) {
      return files
          .map(file -> FILE.matcher(file.getFileName().toString()))
          .filter(Matcher::matches)
          .map(name -> name.group(1))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("listing " + directory, e);
    }
  }

  private Path file(String id) {
    return directory.resolve(id + ".json");
  }
}
