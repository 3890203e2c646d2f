package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserLocaleTest {
  @TempDir Path directory;

  @Test
  void whatIsStartedHasTheUsersOwn() {
    assertThat(UserLocale.restored(Map.of("LC_ALL", "C.UTF-8", "KELVIN_LC_ALL", "", "LANG", "C")))
        .isEqualTo(Map.of("LANG", "C"));
    assertThat(UserLocale.restored(Map.of("LC_ALL", "C.UTF-8", "KELVIN_LC_ALL", "de_DE.UTF-8")))
        .isEqualTo(Map.of("LC_ALL", "de_DE.UTF-8"));
    Map<String, String> untouched = Map.of("LC_ALL", "de_DE");
    assertThat(UserLocale.restored(untouched)).isEqualTo(untouched);
  }

  @Test
  void whatWasNotReadIsRefused() throws IOException {
    Path latin = Files.write(directory.resolve("latin"), new byte[] {'k', (byte) 0xe9, 0});
    assertThatThrownBy(() -> UserLocale.check(List.of("k\uFFFD"), "UTF-8", latin))
        .hasMessageContaining("An argument cannot be read");
    // Somebody may mean the very character.
    Path typed = Files.write(directory.resolve("t"), "k\uFFFD\0".getBytes(StandardCharsets.UTF_8));
    assertThatCode(() -> UserLocale.check(List.of("k\uFFFD"), "UTF-8", typed))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> UserLocale.check(List.of("k\uFFFD"), "ANSI_X3.4-1968", typed))
        .hasMessageContaining("An argument cannot be read");
    assertThatCode(() -> UserLocale.check(List.of("ké"), "UTF-8", latin))
        .doesNotThrowAnyException();
  }
}
