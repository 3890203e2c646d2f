package dev.kelvin.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a QEMU must be told to find what belongs to it, because it lies elsewhere than it was built
 * for.
 *
 * @param data directories of firmware and the like, in the order to search them
 * @param modules the directory of its modules; null when it finds them
 */
public record QemuFiles(List<String> data, @Nullable String modules) {
  public QemuFiles {
    data = data == null ? List.of() : List.copyOf(data);
  }

  /** For one that lies where it was built for, or finds its own by itself. */
  public static QemuFiles usual() {
    return new QemuFiles(List.of(), null);
  }

  /** The words of its command line. */
  public List<String> options() {
    var words = new ArrayList<String>();
    for (String directory : data) {
      words.add("-L");
      words.add(directory);
    }
    return List.copyOf(words);
  }

  /** The variables of its environment. */
  public Map<String, String> environment() {
    return modules == null ? Map.of() : Map.of("QEMU_MODULE_DIR", modules);
  }
}
