package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.cli.complete.Line;
import dev.kelvin.model.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is completed, and that real shells do so with it. */
@Timeout(120)
class CompletionTest extends OnFakeDaemon {

  @BeforeEach
  void start() throws IOException {
    daemon.on(
        "GET /v1/vms?limit=500",
        Reply.json(
            200, Things.page(Things.vm("web1", Phase.RUNNING), Things.vm("web2", Phase.STOPPED))));
  }

  private List<String> complete(String line) throws IOException {
    Cli.Result result = cli.run("__complete", "--line", line);
    assertThat(result.code()).isZero();
    assertThat(result.err()).isEmpty();
    return result.out().lines().skip(2).map(one -> one.replaceFirst("\t.*", "")).toList();
  }

  @Test
  void commandsAndGroups() throws IOException {
    assertThat(complete("kelvin sto")).containsExactly("stop");
    assertThat(complete("kelvin im")).containsExactly("image");
    assertThat(complete("kelvin image b")).containsExactly("build");
    assertThat(complete("kelvin help vol")).containsExactly("volume");
    assertThat(complete("kelvin "))
        .contains("run", "ls", "image", "help")
        .doesNotContain("__complete");
    assertThat(complete("kelvin frobnicate ")).isEmpty();
  }

  @Test
  void optionsAndTheirValues() throws IOException {
    assertThat(complete("kelvin ls --no")).containsExactly("--no-headers");
    assertThat(complete("kelvin ls -o ")).containsExactly("table", "json", "yaml", "name");
    assertThat(complete("kelvin ls --output=j")).containsExactly("--output=json");
    assertThat(complete("kelvin ls --no-headers --no-h")).as("it is given").isEmpty();
    assertThat(complete("kelvin completion ")).containsExactly("bash", "zsh", "fish");
  }

  @Test
  void namesOfWhatTheDaemonHas() throws IOException {
    assertThat(complete("kelvin start ")).containsExactly("web1", "web2");
    assertThat(complete("kelvin start web1 ")).containsExactly("web2");
    assertThat(complete("kelvin start --no-wait web")).containsExactly("web1", "web2");
    assertThat(complete("kelvin get vm ")).containsExactly("web1", "web2");
    assertThat(complete("kelvin cp we")).containsExactly("web1:", "web2:");
    assertThat(complete("kelvin exec web1 we")).as("another program's line").isEmpty();
    assertThat(cli.run("__complete", "start", "").out())
        .isEqualTo("words\nweb1\trunning\nweb2\tstopped\n");
    assertThat(cli.run("__complete", "apply", "-f", "").out()).isEqualTo("files\n");
  }

  @Test
  void silentWithoutDaemon() throws IOException {
    daemon.close();
    Files.delete(cli.kelvinHome().resolve("run/api.sock"));
    assertThat(complete("kelvin start ")).isEmpty();
  }

  @Test
  void partsALineAsShellsDo() {
    assertThat(Line.words("kelvin  ls 'a b'\\ c\"d'\" "))
        .containsExactly("kelvin", "ls", "a b cd'", "");
    assertThat(Line.words("")).containsExactly("");
    assertThat(Line.words("kelvin 'op")).containsExactly("kelvin", "op");
  }

  @Test
  void bashCompletes() throws Exception {
    String script = script("bash");
    assertThat(bash(script, "kelvin start ", "kelvin", "start", ""))
        .containsExactly("web1", "web2");
    assertThat(bash(script, "kelvin im", "kelvin", "im")).containsExactly("image");
    assertThat(bash(script, "kelvin ls --output=j", "kelvin", "ls", "--output", "=", "j"))
        .as("only what follows the sign, as bash replaces only that")
        .containsExactly("json");
    Files.writeString(directory.resolve("web.yaml"), "");
    assertThat(bash(script, "kelvin apply -f we", "kelvin", "apply", "-f", "we"))
        .containsExactly("web.yaml");
  }

  private List<String> bash(String script, String line, String... words) throws Exception {
    String quoted = Stream.of(words).map(word -> "'" + word + "'").toList().toString();
    return shell(
        "bash",
        "--norc",
        "-c",
        """
        source %s
        COMP_LINE='%s' COMP_POINT=%d COMP_CWORD=%d
        COMP_WORDS=(%s)
        _kelvin
        printf '%%s\\n' "${COMPREPLY[@]}"
        """
            .formatted(
                script,
                line,
                line.length(),
                words.length - 1,
                quoted.substring(1, quoted.length() - 1).replace("',", "'")));
  }

  @Test
  void zshCompletes() throws Exception {
    // What compsys would show is printed, as there is no terminal to show it on.
    String test =
        """
        compdef() { : }
        _describe() { print -l -- "${(@P)2}" }
        _files() { print files }
        source %s
        words=(kelvin start '') CURRENT=3
        _kelvin
        words=(kelvin cp 'web1') CURRENT=3
        _kelvin
        """
            .formatted(script("zsh"));
    assertThat(shell("zsh", "-f", "-c", test))
        .containsExactly("web1:running", "web2:stopped", "web1\\::running", "files");
  }

  @Test
  void fishCompletes() throws Exception {
    String script = script("fish");
    String test = "source " + script + "; complete -C 'kelvin start '; complete -C 'kelvin im'";
    assertThat(shell("fish", "--no-config", "-c", test))
        .containsExactly("web1\trunning", "web2\tstopped", "image\tManage images");
  }

  private String script(String shell) throws IOException {
    return cli.file("completion." + shell, cli.run("completion", shell).out()).toString();
  }

  /** Runs a shell that finds this program as {@code kelvin}. */
  private List<String> shell(String... command) throws Exception {
    Path bin = Files.createDirectories(directory.resolve("bin"));
    Path kelvin =
        Files.writeString(
            bin.resolve("kelvin"),
            "#!/bin/sh\nexec '%s' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '%s' dev.kelvin.cli.Main \"$@\"\n"
                .formatted(
                    Path.of(System.getProperty("java.home"), "bin", "java"),
                    System.getProperty("java.class.path")));
    Files.setPosixFilePermissions(kelvin, PosixFilePermissions.fromString("rwxr-xr-x"));
    boolean there =
        Stream.of(System.getenv("PATH").split(":", -1))
            .anyMatch(place -> Files.isExecutable(Path.of(place, command[0])));
    assumeTrue(there, command[0] + " is not installed");
    Path out = directory.resolve("shell.out");
    var builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().put("KELVIN_HOME", cli.kelvinHome().toString());
    builder.environment().put("HOME", directory.resolve("home").toString());
    builder.environment().put("PATH", bin + ":" + System.getenv("PATH"));
    builder.redirectErrorStream(true).redirectOutput(out.toFile());
    builder.redirectInput(Path.of("/dev/null").toFile());
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return Files.readAllLines(out);
    } finally {
      process.destroyForcibly();
    }
  }
}
