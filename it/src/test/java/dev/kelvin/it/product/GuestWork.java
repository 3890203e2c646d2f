package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What users do in a real guest by its agent, and what must not happen to them. */
final class GuestWork {
  private final TestDaemon daemon;
  private final String vm;

  private GuestWork(TestDaemon daemon, String vm) {
    this.daemon = daemon;
    this.vm = vm;
  }

  static void isDone(TestDaemon daemon, String vm) throws IOException, InterruptedException {
    var work = new GuestWork(daemon, vm);
    work.programs();
    Path place = Files.createTempDirectory("kelvin-guest-work");
    try {
      work.files(place);
      work.directories(place);
    } finally {
      TestClasses.deleteTree(place);
    }
    work.pause();
  }

  private String inGuest(String command) throws IOException, InterruptedException {
    return daemon.kelvin("exec", vm, "--", "sh", "-c", command).output();
  }

  private void programs() throws IOException, InterruptedException {
    assertThat(daemon.kelvin("exec", "-e", "A=1", vm, "--", "env").output())
        .contains("A=1\n", "PATH=/");
    var much = daemon.kelvin("exec", vm, "--", "sh", "-c", "head -c 13000000 /dev/zero; exit 3");
    assertThat(much.exitCode()).isEqualTo(3);
    assertThat(much.output()).contains("more than 1MiB").hasSizeGreaterThanOrEqualTo(1 << 20);
    var late = daemon.kelvin("exec", "--timeout", "1s", vm, "--", "sleep", "7301");
    assertThat(late.exitCode()).isEqualTo(7);
    assertThat(late.output()).contains("ended in the guest");
    assertThat(inGuest("pgrep -f '[s]leep 7301' || echo none")).contains("none");
  }

  private void files(Path place) throws IOException, InterruptedException {
    Path script = Files.writeString(place.resolve("script"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(
        script, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwx---"));
    assertThat(daemon.kelvin("cp", script.toString(), vm + ":/usr/local/bin/x").exitCode())
        .isZero();
    assertThat(inGuest("stat -c '%a %U' /usr/local/bin/x")).contains("750 root");
    inGuest("mkdir /run/rp; mount -t tmpfs -o size=2M x /run/rp; echo precious >/run/rp/f");
    Path big = Files.write(place.resolve("big"), new byte[5_000_000]);
    assertThat(daemon.kelvin("cp", big.toString(), vm + ":/run/rp/f").output())
        .contains("No space left");
    assertThat(inGuest("cat /run/rp/f; ls -A /run/rp; umount /run/rp")).contains("precious\nf\n");
  }

  private void directories(Path place) throws IOException, InterruptedException {
    Path site = place.resolve("site");
    Files.createDirectories(site.resolve("sub"));
    Files.writeString(site.resolve("sub/a"), "hello");
    assertThat(daemon.kelvin("cp", "-r", site.toString(), vm + ":/srv/").exitCode()).isZero();
    Path back = place.resolve("back");
    assertThat(daemon.kelvin("cp", "-r", vm + ":/srv/site", back.toString()).exitCode()).isZero();
    assertThat(back.resolve("sub/a")).hasContent("hello");
  }

  /** Whose clock would be behind for ever: the guest has no time server. */
  private void pause() throws IOException, InterruptedException {
    assertThat(daemon.kelvin("pause", vm).exitCode()).isZero();
    long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    var paused = daemon.kelvin("exec", vm, "--", "true");
    assertThat(paused.exitCode()).isEqualTo(5);
    assertThat(paused.output()).contains("The VM is paused", "kelvin resume " + vm);
    Await.until(
        "it stood still for a while", Duration.ofSeconds(30), () -> System.nanoTime() > end);
    assertThat(daemon.kelvin("resume", vm).exitCode()).isZero();
    Await.until(
        "the guest has the time of the host",
        Duration.ofSeconds(60),
        () -> {
          String seconds = daemon.kelvin("exec", vm, "--", "date", "+%s").output().strip();
          return seconds.matches("[0-9]+")
              && System.currentTimeMillis() / 1000 - Long.parseLong(seconds) < 3;
        });
  }
}
