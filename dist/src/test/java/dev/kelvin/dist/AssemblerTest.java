package dev.kelvin.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipFile;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Assembles two small programs that stand in for the real ones, with real JVMs and caches. */
class AssemblerTest {
  private static final String CLI =
      """
      public class Cli {
        public static void main(String[] args) throws Exception {
          System.out.println("first edition");
          var path = java.nio.file.Path.of(System.getenv("KELVIN_HOME"), "run/api.sock");
          var address = java.net.UnixDomainSocketAddress.of(path);
          try (var channel = java.nio.channels.SocketChannel.open(address)) {
            System.out.println("connected " + String.join(" ", args));
          }
        }
      }
      """;

  private static final String DAEMON =
"""
      import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.nio.ByteBuffer;
      import java.nio.channels.*;
      import java.nio.file.*;
      public class Daemon {
        public static void main(String[] args) throws Exception {
          var socket = Path.of(System.getenv("KELVIN_HOME"), "run/api.sock");
          Files.createDirectories(socket.getParent());
          Files.deleteIfExists(socket);
          var server = ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX);
          server.bind(java.net.UnixDomainSocketAddress.of(socket));
          while (true) {
            try (var channel = server.accept()) {
              var request = ByteBuffer.allocate(4096);
              channel.read(request);
              var text = new String(request.array(), 0, request.position());
              if (text.isEmpty()) continue;
              channel.write(ByteBuffer.wrap("HTTP/1.1 200 OK\\r\\n\\r\\n".getBytes()));
              if (text.contains("/v1/shutdown")) System.exit(0);
            }
          }
        }
      }
""";

  private static final String BROKEN =
      """
      public class Daemon {
        public static void main(String[] args) {
          System.err.println("the disk is full");
          System.exit(9);
        }
      }
      """;

  @TempDir Path directory;
  private Path home;
  private Path cli;
  private Path daemon;
  private Path engine;
  private Assembler assembler;

  @BeforeEach
  void compile() throws IOException {
    home = directory.resolve("a place/kelvin");
    cli = jar("Cli", CLI);
    daemon = jar("Daemon", DAEMON);
    engine = jar("Engine", "public class Engine {}");
    assembler = new Assembler(home, Path.of(System.getProperty("java.home")));
  }

  @Test
  void whatIsBuiltRunsFromItsArgumentFilesWithItsCaches() throws Exception {
    assemble();

    List<String> daemonArguments = Files.readAllLines(home.resolve("daemon.argv"));
    assertThat(daemonArguments)
        .contains("-XX:AOTCache=" + home.resolve("daemon.aot"))
        .contains(home.resolve("lib/Daemon.jar").toString())
        .contains("-Dkelvin.engines=" + home.resolve("lib/Engine.jar"))
        .contains("-Dkelvin.worker=" + home.resolve("worker.argv"))
        .endsWith("Daemon");
    assertThat(Files.readAllLines(home.resolve("worker.argv")))
        .contains("-XX:AOTCache=" + home.resolve("daemon.aot"))
        .contains(home.resolve("lib/Daemon.jar").toString())
        .doesNotContain("-XX:TieredStopAtLevel=1");
    assertThat(Files.readAllLines(home.resolve("built"))).startsWith(home.toString());
    // No daemon runs: that the program comes as far as to say so is what matters here.
    String said = run("-XX:AOTMode=on", "@" + home.resolve("cli.argv"), "a");
    assertThat(said).contains("SocketException").doesNotContain("AOT");
    String quick = run("-XX:AOTMode=on", "@" + home.resolve("quick.argv"), "a");
    assertThat(quick).contains("SocketException").doesNotContain("AOT");
    assertThat(Files.readString(home.resolve("quick.argv")))
        .contains(home.resolve("quick.aot").toString());
  }

  @Test
  void programRunsWithoutItsCache() throws Exception {
    assemble();
    Files.delete(home.resolve("cli.aot"));

    assertThat(run("@" + home.resolve("cli.argv"))).startsWith("first edition");
  }

  @Test
  void unchangedPartsAreNotBuiltAgainAndChangedOnesAre() throws Exception {
    assemble();
    FileTime first = Files.getLastModifiedTime(home.resolve("cli.aot"));
    Files.setLastModifiedTime(cli, FileTime.fromMillis(1_000));
    assemble();
    assertThat(Files.getLastModifiedTime(home.resolve("cli.aot"))).isEqualTo(first);

    cli = jar("Cli", CLI.replace("first edition", "second edition"));
    Path stale = Files.createFile(home.resolve("lib/stale.jar"));
    assemble();
    assertThat(Files.getLastModifiedTime(home.resolve("cli.aot"))).isGreaterThan(first);
    assertThat(run("@" + home.resolve("cli.argv"))).startsWith("second edition");
    assertThat(stale).doesNotExist();
  }

  @Test
  void failedBuildLeavesNoCacheOfAnEarlierOne() throws Exception {
    assemble();
    cli = jar("Cli", CLI.replace("first edition", "second edition"));
    daemon = jar("Daemon", BROKEN);

    assertThatThrownBy(this::assemble).isInstanceOf(IllegalStateException.class);
    assertThat(home.resolve("built")).doesNotExist();
    assertThat(home.resolve("quick.aot")).doesNotExist();
    assertThat(run("@" + home.resolve("cli.argv"))).startsWith("second edition");
  }

  @Test
  void classesThatAreTooOldForACacheAreRenewed() throws Exception {
    cli = jar("Cli", CLI, true);

    assemble();

    // Without a daemon it fails, and it must come that far with all of its own checks on.
    assertThat(run("-Xverify:all", "@" + home.resolve("cli.argv"))).startsWith("first edition");
    assertThat(version(home.resolve("lib/Cli.jar"))).isEqualTo(52);
    assertThat(version(cli)).isEqualTo(49);
  }

  @Test
  void daemonThatDiesFailsTheBuildWithItsLastWords() throws Exception {
    daemon = jar("Daemon", BROKEN);

    assertThatThrownBy(this::assemble)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("ended with 9")
        .hasMessageContaining("the disk is full");
    assertThat(home.resolve("built")).doesNotExist();
  }

  private void assemble() throws IOException, InterruptedException {
    assembler.assemble(
        new Assembler.Parts(
            new Assembler.Part("Cli", "Cli", List.of(cli)),
            new Assembler.Part("Daemon", "Daemon", List.of(daemon)),
            List.of(engine)));
  }

  private String run(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KELVIN_HOME", directory.toString());
    Process process = builder.start();
    try {
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private Path jar(String name, String source) throws IOException {
    return jar(name, source, false);
  }

  /** A jar with one class; an old one is as Java 5 made them, without stack maps. */
  private Path jar(String name, String source, boolean old) throws IOException {
    Path file = Files.writeString(directory.resolve(name + ".java"), source);
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", directory.toString(), file.toString());
    assertThat(result).isZero();
    Path jar = directory.resolve(name + ".jar");
    try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry(name + ".class"));
      byte[] compiled = Files.readAllBytes(directory.resolve(name + ".class"));
      out.write(old ? age(compiled) : compiled);
    }
    return jar;
  }

  private static byte[] age(byte[] compiled) {
    var ager = ClassFile.of(ClassFile.StackMapsOption.DROP_STACK_MAPS);
    byte[] aged =
        ager.transformClass(
            ager.parse(compiled),
            ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL));
    ByteBuffer.wrap(aged).putShort(6, (short) 49);
    return aged;
  }

  private static int version(Path jar) throws IOException {
    try (var zip = new ZipFile(jar.toFile());
        var in = zip.getInputStream(zip.getEntry("Cli.class"))) {
      return ByteBuffer.wrap(in.readNBytes(8)).getShort(6);
    }
  }
}
