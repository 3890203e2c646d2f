package dev.kelvin.host.check;

import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.OwnerOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Keeps an examination's result in a file until what it depends on changes. */
final class DoctorCache {
  private static final System.Logger LOG = System.getLogger(DoctorCache.class.getName());
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private final Path file;

  DoctorCache(Path file) {
    this.file = file;
  }

  /**
   * A result.
   *
   * @param key what it depends on
   * @param facts null when there is no QEMU
   */
  record Entry(String key, DoctorReport report, @Nullable HostFacts facts) {}

  /** What is kept, when it is for this key. */
  Optional<Entry> read(String key) {
    try {
      Entry entry = JSON.readValue(Files.readAllBytes(file), Entry.class);
      return Optional.ofNullable(entry).filter(e -> key.equals(e.key()) && e.report() != null);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | JacksonException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "The kept examination of the host is unreadable; it is made anew",
          e);
      return Optional.empty();
    }
  }

  void write(Entry entry) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Path next = file.resolveSibling(file.getFileName() + ".new");
      Files.deleteIfExists(next);
      Files.createFile(next, OwnerOnly.attribute());
      Files.write(next, JSON.writeValueAsBytes(entry));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING, "The examination of the host cannot be kept in " + file, e);
    }
  }
}
