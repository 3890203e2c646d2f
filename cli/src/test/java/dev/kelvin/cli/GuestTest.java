package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.model.Phase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is done in guests: programs, files, logging in. */
class GuestTest extends OnFakeDaemon {
  private static final String EXEC = "POST /v1/vms/web1/guest/exec";

  private static Reply ended(int code, String out) {
    String base64 = Base64.getEncoder().encodeToString(out.getBytes(StandardCharsets.UTF_8));
    return Reply.json(
        200, Map.of("exitCode", code, "stdout", base64, "stderr", base64, "truncated", true));
  }

  @Test
  void runsProgramsInGuests() throws IOException {
    daemon.on(EXEC, ended(3, "hi\n"));
    Result result =
        cli.piped("in").run("exec", "-i", "-e", "A=b", "web1", "--", "sh", "-c", "echo -n hi");
    assertThat(result.code()).isEqualTo(3);
    assertThat(result.out()).isEqualTo("hi\n");
    assertThat(result.err()).startsWith("hi\n").contains("left out");
    assertThat(daemon.bodies(EXEC))
        .singleElement()
        .asString()
        .matches(
            "\\{\"id\":\"[0-9a-f-]{36}\",\"command\":\\[\"sh\",\"-c\",\"echo -n hi\"],"
                + "\"environment\":\\[\"A=b\"],\"input\":\"aW4=\",\"timeoutSeconds\":60}");
    assertThat(cli.run("exec", "web1", "uname", "-a").code()).isEqualTo(3);
    assertThat(cli.run("exec", "web1", "--").code()).isEqualTo(2);
  }

  @Test
  void aVariableWithoutValueIsRefused() throws IOException {
    for (String wrong : List.of("BADNAME", "=x", "")) {
      Result result = cli.run("exec", "-e", wrong, "web1", "--", "true");
      assertThat(result.code()).isEqualTo(2);
      assertThat(result.err()).contains("--env", "NAME=value");
    }
    assertThat(daemon.lines()).isEmpty();
  }

  /** Of 256 the kernel would hand on the lowest bits, which say that all went well. */
  @Test
  void whatIsNoExitCodeHereIsNoSuccess() throws IOException {
    daemon.on(EXEC, ended(256, ""));
    daemon.on(EXEC, ended(-1073741819, ""));
    Result large = cli.run("exec", "web1", "--", "a.exe");
    assertThat(large.code()).isEqualTo(255);
    assertThat(large.err()).contains("ended with 256");
    Result exception = cli.run("exec", "web1", "--", "a.exe");
    assertThat(exception.code()).isEqualTo(255);
    assertThat(exception.err()).contains("ended with 3221225477");
  }

  @Test
  void copiesFilesBothWays() throws IOException {
    String put = "PUT /v1/vms/web1/guest/files?path=/etc/motd&mode=";
    daemon.on(put + "644", Reply.empty(204));
    daemon.on(put + "700", Reply.empty(204));
    Path motd = cli.file("motd", "hello");
    Files.setPosixFilePermissions(motd, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThat(cli.run("cp", "motd", "web1:/etc/motd").code()).isZero();
    assertThat(cli.run("cp", "motd", "web1:/etc/").code()).isZero();
    assertThat(daemon.bodies(put + "644")).containsExactly("hello", "hello");
    Files.setPosixFilePermissions(motd, PosixFilePermissions.fromString("rwx------"));
    assertThat(cli.run("cp", "motd", "web1:/etc/motd").code()).isZero();
    assertThat(daemon.bodies(put + "700")).containsExactly("hello");
    daemon.on("GET /v1/vms/web1/guest/files?path=/etc/hostname", Reply.text("web1\n"));
    assertThat(cli.run("cp", "web1:/etc/hostname", "-").out()).isEqualTo("web1\n");
    assertThat(cli.run("cp", "web1:/etc/hostname", ".").code()).isZero();
    assertThat(directory.resolve("hostname")).hasContent("web1\n");
    assertThat(cli.run("cp", "a", "b").code()).isEqualTo(2);
    assertThat(cli.run("cp", "absent", "web1:/x").err()).contains("there is no such file");
    assertThat(cli.run("cp", "web1:etc/hostname", ".").err()).contains("not an absolute path");
  }

  private List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(file -> file.getFileName().toString())
          .filter(name -> !name.equals("k") && !name.equals("home"))
          .sorted()
          .toList();
    }
  }

  @Test
  void aDownloadThatBreaksOffLeavesWhatWasThere() throws IOException {
    Path old = cli.file("f", "precious");
    daemon.takeOver(
        "GET /v1/vms/web1/guest/files?path=/f",
        (call, in, out) ->
            out.write(
                "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
                    .getBytes(StandardCharsets.US_ASCII)));
    assertThat(cli.run("cp", "web1:/f", "f").code()).isNotZero();
    assertThat(old).hasContent("precious");
    assertThat(cli.run("cp", "web1:/f", "new").code()).isNotZero();
    assertThat(names()).containsExactly("f");
  }

  @Test
  void aFileThatIsReplacedHereKeepsItsMode() throws IOException {
    Path old = cli.file("f", "old");
    Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rw-------"));
    Files.createSymbolicLink(directory.resolve("link"), Path.of("f"));
    daemon.on("GET /v1/vms/web1/guest/files?path=/f", Reply.text("new"));
    assertThat(cli.run("cp", "web1:/f", "link").code()).isZero();
    assertThat(old).hasContent("new");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(old)))
        .isEqualTo("rw-------");
    assertThat(directory.resolve("link")).isSymbolicLink();
  }

  @Test
  void directoriesAreCopiedWhenThatIsAskedFor() throws IOException {
    cli.file("site/index.html", "hello");
    Result without = cli.run("cp", "site", "web1:/var/www/");
    assertThat(without.code()).isEqualTo(2);
    assertThat(without.err()).contains("add -r");
    String put = "PUT /v1/vms/web1/guest/tree?path=/var/www/&name=site&mode=755";
    daemon.takeOver(
        put,
        (call, in, out) -> {
          byte[] head = in.readNBytes(700); // chunked
          assertThat(new String(head, StandardCharsets.ISO_8859_1)).contains("./index.html");
          out.write("HTTP/1.1 204 No\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        });
    assertThat(cli.run("cp", "-r", "site", "web1:/var/www/").code()).isZero();
    assertThat(cli.run("cp", "-r", "-", "web1:/var/www/").code()).isEqualTo(2);
    daemon.on("GET /v1/vms/web1/guest/tree?path=/etc", Reply.text("no archive".repeat(100)));
    Result nonsense = cli.run("cp", "-r", "web1:/etc", "etc");
    assertThat(nonsense.code()).isNotZero();
    assertThat(nonsense.err()).contains("no archive of tar");
    assertThat(names()).containsExactly("site");
  }

  @Test
  void theSshCommandLeadsToThisVmAlone() throws IOException {
    cli.file("k/etc/ssh/id_ed25519", "key");
    cli.file("home/.ssh/id_rsa", "key");
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.vm("web1", Phase.RUNNING)));
    String etc = cli.kelvinHome().resolve("etc/ssh").toString();
    String rsa = directory.resolve("home/.ssh/id_rsa").toString();
    String rest =
        " -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=%s/known_hosts/id-web1"
                .formatted(etc)
            + " -o HostKeyAlias=web1 -o LogLevel=ERROR -- ";
    assertThat(cli.run("ssh", "--print", "web1", "--", "uptime", "-p").out())
        .isEqualTo(
            "ssh -F none -p 40022 -i %s/id_ed25519 -i %s".formatted(etc, rsa)
                + " -o IdentitiesOnly=yes -o IdentityAgent=none"
                + rest
                + "ada@127.0.0.1 uptime -p\n");
    assertThat(cli.run("ssh", "--print", "--user", "root", "web1").out())
        .endsWith(" root@127.0.0.1\n");
    // What the user writes comes first, so that ssh takes that.
    assertThat(
            cli.run("ssh", "--print", "web1", "--", "-vA", "-L", "1:h:2", "-oLogLevel=INFO", "a b")
                .out())
        .startsWith("ssh -vA -L 1:h:2 -oLogLevel=INFO -F none -p 40022 ")
        .doesNotContain("IdentityAgent")
        .endsWith("ada@127.0.0.1 'a b'\n");
    assertThat(cli.run("ssh", "--print", "web1", "--", "-F", "my.cfg", "--", "-x").out())
        .startsWith("ssh -F my.cfg -p 40022 ")
        .endsWith(" -- ada@127.0.0.1 -x\n");
    daemon.off("GET /v1/vms/web1");
    daemon.on("GET /v1/vms/web1", Reply.json(200, Things.vm("web1", Phase.STOPPED)));
    Result off = cli.run("ssh", "web1");
    assertThat(off.code()).isEqualTo(5);
    assertThat(off.err()).contains("kelvin start web1");
  }
}
