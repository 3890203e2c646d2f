package dev.kelvin.qemu.cpu;

import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.model.cpu.CpuModel;
import dev.kelvin.model.cpu.HostCpu;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The documents below {@code cpu} among the resources. */
final class CpuFiles {
  private static final Path DIRECTORY = Path.of("src/test/resources/cpu");

  private CpuFiles() {}

  static HostCpu host(String name) {
    return read(name, HostCpu.class);
  }

  static List<CpuModel> models() {
    return List.of(read("models", CpuModel[].class));
  }

  private static <T> T read(String name, Class<T> type) {
    try {
      byte[] text = Files.readAllBytes(DIRECTORY.resolve(name + ".yaml"));
      return Documents.read(text, Syntax.YAML, type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
