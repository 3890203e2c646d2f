package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A Debian as publishers have it: pulled from a web server, with cloud-init and without the guest
 * agent. Its guest takes the agent out before anything else happens, and finds its distribution on
 * the host.
 */
final class PulledDebian {
  private static final String NAME = "published";

  private PulledDebian() {}

  /**
   * Runs it, which installs the agent; nothing of it stays.
   *
   * @param disk what the publisher offers
   */
  static void getsItsAgent(TestDaemon daemon, Path disk) throws IOException, InterruptedException {
    try (var server = new FileServer(Map.of("/disk.qcow2", disk));
        var mirror = new MirrorServer(MirrorServer.ofHost(), "bookworm", "")) {
      String url = server.url("/disk.qcow2").toString();
      var pull = daemon.kelvin("image", "pull", url, "--insecure", "--name", NAME);
      assertThat(pull.exitCode()).as(pull.output()).isZero();
      run(daemon, mirror);
    }
  }

  private static void run(TestDaemon daemon, MirrorServer mirror)
      throws IOException, InterruptedException {
    Path userData =
        Files.writeString(
            daemon.home().resolve("user-data"),
            """
            #cloud-config
            bootcmd:
              - [dpkg, --purge, qemu-guest-agent]
              - "echo 'deb [trusted=yes] http://%s/debian %s main' >/etc/apt/sources.list"
              - [rm, -f, /etc/apt/sources.list.d/debian.sources]
            """
                .formatted(mirror.address(), MirrorServer.AGENT));
    var run =
        daemon.kelvin(
            "run",
            NAME,
            "--name",
            "web2",
            "--user-data",
            userData.toString(),
            "--host-access",
            "--yes");
    assertThat(run.exitCode()).as(run.output()).isZero();
    assertThat(run.output()).contains("web2 is ready: Debian", "kelvin exec web2");
    String log =
        daemon.kelvin("exec", "web2", "--", "cat", "/var/log/cloud-init-output.log").output();
    assertThat(log)
        .contains("Removing qemu-guest-agent", "this image has no guest agent; installing it")
        .contains("Setting up qemu-guest-agent");
    for (List<String> words :
        List.of(List.of("rm", "--force", "web2"), List.of("image", "rm", NAME))) {
      var removed = daemon.kelvin(words.toArray(String[]::new));
      assertThat(removed.exitCode()).as(removed.output()).isZero();
    }
  }
}
