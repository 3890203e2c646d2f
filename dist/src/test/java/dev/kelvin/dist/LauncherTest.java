package dev.kelvin.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The script {@code kelvin}, with another program in the place of Java that tells what it got. */
class LauncherTest {
  private static final Path SOURCE = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern CACHE = Pattern.compile("(?s)argv=cli\ncase.*?esac\n");
  private static final Pattern LOCALE = Pattern.compile("(?s)case \\$\\{LC_ALL.*?esac\n");

  @TempDir Path root;

  @BeforeEach
  void tree() throws IOException {
    Files.createDirectories(root.resolve("dist/sh"));
    Files.copy(SOURCE.resolve("kelvin"), root.resolve("kelvin"));
    Files.copy(SOURCE.resolve("dist/sh/find.sh"), root.resolve("dist/sh/find.sh"));
    Path built = Files.createDirectories(root.resolve("dist/target/kelvin"));
    Path jdk = root.resolve("jdk");
    Files.createDirectories(jdk.resolve("bin"));
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    program(jdk.resolve("bin/javac"), "#!/bin/sh\n");
    program(
        jdk.resolve("bin/java"),
        "#!/bin/sh\nprintf '%s|%s|%s|%s'"
            + " \"${LC_ALL-none}\" \"${KELVIN_LC_ALL-none}\" \"$2\" \"${1##*/}\"\n");
    Files.writeString(
        built.resolve("built"),
        root.toRealPath().resolve("dist/target/kelvin") + "\n" + jdk + "\n");
  }

  private static void program(Path file, String text) throws IOException {
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private String run(Map<String, String> locale) throws IOException, InterruptedException {
    return run(locale, "x=é");
  }

  private String run(Map<String, String> locale, String... words)
      throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("sh", root.toRealPath().resolve("kelvin").toString()));
    command.addAll(List.of(words));
    Path out = root.resolve("out");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("L") || name.contains("JAVA"));
    builder.environment().putAll(locale);
    assertThat(builder.start().waitFor()).isZero();
    return Files.readString(out, StandardCharsets.ISO_8859_1);
  }

  @Test
  void javaReadsUtf8AndTheUsersLocaleIsKept() throws IOException, InterruptedException {
    assertThat(run(Map.of())).startsWith("C.UTF-8||");
    assertThat(run(Map.of("LANG", "C"))).startsWith("C.UTF-8||");
    assertThat(run(Map.of("LC_ALL", "POSIX", "LANG", "de_DE.UTF-8"))).startsWith("C.UTF-8|POSIX|");
    // Which may not be installed.
    assertThat(run(Map.of("LC_ALL", "de_DE.utf8"))).startsWith("C.UTF-8|de_DE.utf8|");
    assertThat(run(Map.of("LC_CTYPE", "C", "LANG", "de_DE"))).startsWith("C.UTF-8||");
    // A terminal that is no UTF-8 one.
    assertThat(run(Map.of("LANG", "de_DE.ISO-8859-1"))).startsWith("none|none|");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ls", "ls -l a=b", "ls --no-headers", "show web1", "show none", "version"})
  void whatScriptsCallInLoopsHasACacheOfItsOwn(String words)
      throws IOException, InterruptedException {
    assertThat(run(Map.of(), words.split(" ", -1))).endsWith("|quick.argv");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ls -o json",
        "show web1 --output yaml",
        "ls -h",
        "show --help",
        "help ls",
        "start web1",
        "lss",
        "image ls",
        "versions",
        "--version"
      })
  void everythingElseHasTheLargeOne(String words) throws IOException, InterruptedException {
    assertThat(run(Map.of(), words.split(" ", -1))).endsWith("|cli.argv");
  }

  @Test
  void thePackagesLauncherDoesTheSame() throws IOException {
    String own = Files.readString(SOURCE.resolve("kelvin"));
    String packaged =
        Files.readString(Path.of("src/main/resources/dev/kelvin/dist/debian/launcher"));
    var ownWords = LOCALE.matcher(own);
    assertThat(ownWords.find()).isTrue();
    assertThat(packaged).contains(ownWords.group());
    var ownCache = CACHE.matcher(own);
    assertThat(ownCache.find()).isTrue();
    assertThat(packaged).contains(ownCache.group());
    assertThat(
            Files.readString(Path.of("src/main/resources/dev/kelvin/dist/debian/kelvin.service")))
        .contains("Environment=LC_ALL=C.UTF-8", "UMask=0022");
  }
}
