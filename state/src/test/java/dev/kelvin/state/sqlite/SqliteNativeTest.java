package dev.kelvin.state.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.state.store.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteNativeTest {
  @TempDir Path directory;

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  @Test
  void isWrittenOnceAndMendedWhenDamaged() throws IOException {
    Path target = directory.resolve("native");
    Path library = SqliteNative.install(target);
    var written = Files.getLastModifiedTime(library);
    byte[] content = Files.readAllBytes(library);
    assertThat(SqliteNative.install(target)).isEqualTo(library);
    assertThat(Files.getLastModifiedTime(library)).isEqualTo(written);

    Files.write(library, new byte[] {1, 2, 3});
    Files.createFile(target.resolve("libsqlitejdbc-3.1.0.so"));
    Files.createFile(target.resolve("libsqlitejdbc-123.new"));
    SqliteNative.install(target);
    assertThat(Files.readAllBytes(library)).isEqualTo(content);
    assertThat(list(target)).containsExactly(library);
  }

  @Test
  void aKilledProcessLeavesNothingInTheTemporaryDirectory() throws Exception {
    Path temporary = Files.createDirectory(directory.resolve("tmp"));
    Path store = directory.resolve("state/store.db");
    try (var child = ChildJvm.start(WriterChild.class, "-Djava.io.tmpdir=" + temporary, store, 1)) {
      child.expect("0/0");
      child.kill();
    }
    assertThat(list(temporary)).isEmpty();
    assertThat(list(directory.resolve("state/native"))).hasSize(1);
  }
}
