package dev.kelvin.it.lab;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.api.ExecRequest;
import dev.kelvin.api.ExecResult;
import dev.kelvin.it.product.Await;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.model.Image.Format;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A Debian with systemd and a kernel of its own, in a VM of a daemon under test; for what cannot be
 * tried on the host that runs the tests. It has no network. Its emulated CPU has SVM where it is
 * x86-64, so that even KVM works in it, slowly. The files of a directory of the host are in {@code
 * /lab}, to be read. Closing it leaves nothing.
 */
public final class Lab implements AutoCloseable {
  private static final String NAME = "lab";
  private static final Duration BOOT = Duration.ofMinutes(12);
  private static final Duration PATIENCE = Duration.ofMinutes(12);

  private static final String PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

  private static final String BOOT_ID = "/proc/sys/kernel/random/boot_id";

  private final TestDaemon daemon;
  private int scripts;

  private Lab(TestDaemon daemon) {
    this.daemon = daemon;
  }

  /**
   * Boots one.
   *
   * @param image what its disk is at first
   * @param files the directory of the host
   */
  public static Lab boot(Path image, Path files) throws IOException, InterruptedException {
    var lab = new Lab(TestDaemon.start());
    try {
      lab.start(image, files);
      return lab;
    } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
      lab.close();
      throw e;
    }
  }

  private void start(Path image, Path files) throws IOException, InterruptedException {
    boolean shares =
        daemon.client().host().doctor().checks().stream()
            .anyMatch(check -> check.id().equals("shares") && check.remedy() == null);
    assumeTrue(shares, "this host cannot share directories");
    Files.setPosixFilePermissions(files, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (InputStream in = Files.newInputStream(image)) {
      daemon.done(
          daemon.client().images().importFile(NAME, Format.QCOW2, Map.of(), in, Files.size(image)));
    }
    Path document =
        Files.writeString(
            daemon.home().resolve("lab.yaml"),
            """
            kind: VM
            metadata: {name: %s}
            spec:
              cpu: {cores: 2}
              memory: {size: 2GiB}
              disks: [{name: root, image: %s, cache: unsafe}]
              shares: [{name: files, path: %s, tag: lab, readOnly: true}]
            """
                .formatted(NAME, NAME, files));
    var made = daemon.kelvin("apply", "-f", document.toString());
    if (made.exitCode() != 0) {
      throw new AssertionError(made.output());
    }
    daemon.done(daemon.client().startVm(NAME));
    awaitBoot("");
  }

  /** What a script has printed and how it ended. */
  public record Ran(int exitCode, String output) {
    /** What it has printed; an error unless it ended well. */
    public String ok() {
      if (exitCode != 0) {
        throw new AssertionError("exit code " + exitCode + ": " + output);
      }
      return output;
    }
  }

  /**
   * Runs a script of sh(1) in it, as root. A guest under load may leave the agent's answers late:
   * so the script is started once, whatever becomes of the answer, and then asked after.
   */
  public Ran run(String script) {
    String place = "/run/lab/" + ++scripts;
    String start =
        """
        mkdir -p /run/lab
        mkdir $0 2>&- || exit 0
        cat > $0/script
        (sh $0/script > $0/out 2>&1; echo $? > $0/ended; mv $0/ended $0/code) < /dev/null &
        """;
    retried("the lab starts a script", () -> exec(start, place, script));
    String look =
        """
        n=0
        until [ -e $0/code ]; do n=$((n + 1)); [ $n -lt 20 ] || exit 1; sleep 0.1; done
        cat $0/code $0/out
        """;
    var said = new StringBuilder();
    Await.until(
        "a script ends in the lab: " + script,
        PATIENCE,
        () -> {
          var result = exec(look, place, "");
          said.append(new String(result.stdout(), StandardCharsets.UTF_8));
          return result.exitCode() == 0;
        });
    String[] parts = said.toString().split("\n", 2);
    return new Ran(Integer.parseInt(parts[0]), parts[1].strip());
  }

  private static void retried(String what, Callable<ExecResult> attempt) {
    Await.until(what, PATIENCE, () -> attempt.call().exitCode() == 0);
  }

  private ExecResult exec(String script, String argument, String input) {
    return daemon
        .client()
        .guest(NAME)
        .exec(
            new ExecRequest(
                List.of("sh", "-c", script, argument),
                List.of("LC_ALL=C.UTF-8", "HOME=/root", "DEBIAN_FRONTEND=noninteractive", PATH),
                input.getBytes(StandardCharsets.UTF_8),
                Duration.ofSeconds(30)));
  }

  /**
   * Waits until a condition of sh(1), which is looked at again and again, holds.
   *
   * @param deadline shorter than what any script may take
   */
  public void await(String what, Duration deadline, String condition) {
    Ran ran =
        run(
            """
            end=$(($(date +%%s) + %d))
            until { %s; }; do
              [ $(date +%%s) -lt $end ] || exit 1
              sleep 0.2
            done
            """
                .formatted(deadline.toSeconds(), condition));
    if (ran.exitCode() != 0) {
      throw new AssertionError("not within " + deadline + ": " + what + ": " + ran.output());
    }
  }

  /** Has systemd restart the machine; ends when it is up again. */
  public void reboot() {
    String before = run("cat " + BOOT_ID).ok();
    // The agent may end before it has answered; asked again in the next boot, it does nothing.
    String script = "test $(cat " + BOOT_ID + ") != \"$0\" || systemctl --no-block reboot";
    retried("the lab reboots", () -> exec(script, before, ""));
    awaitBoot(before);
  }

  private void awaitBoot(String before) {
    // The directory with scripts is gone with the boot before; so is what was started there.
    String look = "test $(cat " + BOOT_ID + ") != \"$0\"";
    Await.until(
        "the lab has booted; it wrote: " + tail(),
        BOOT,
        () -> exec(look, before, "").exitCode() == 0);
    run("mkdir -p /lab && mount -t virtiofs lab /lab").ok();
    // Degraded is what it may be: without cloud-init nobody makes keys for sshd.
    run("systemctl is-system-running --wait");
  }

  /** Whether it runs without KVM: then its CPU is one with SVM. */
  public boolean isEmulated() {
    return "tcg".equals(daemon.client().vm(NAME).status().accelerator());
  }

  /** The last words on its serial port. */
  private String tail() {
    String all = daemon.serial(NAME);
    return all.substring(Math.max(0, all.length() - 400));
  }

  @Override
  public void close() throws IOException {
    daemon.close();
  }
}
