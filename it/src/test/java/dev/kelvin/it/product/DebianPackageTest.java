package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.program.Distribution;
import dev.kelvin.host.program.Requirements;
import dev.kelvin.host.program.Requirements.Purpose;
import dev.kelvin.it.product.OtherRoot.Ran;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Debian package is built, installed, used, upgraded under a running VM, and removed. */
@Tag("slow")
class DebianPackageTest {
  private static final Pattern PID = Pattern.compile("\"pid\"\\s*:\\s*(\\d+)");

  /** It runs its firmware, which finds nothing to boot on the disk, and hears no shutdown. */
  private static final String FIRMWARE =
      """
      kind: VM
      metadata: {name: fw}
      spec:
        memory: {size: 64MiB}
        shutdownTimeoutSeconds: 1
        disks: [{name: root, size: 64MiB}]
      """;

  @TempDir static Path directory;
  private static Path deb;
  private static OtherRoot root;

  @BeforeAll
  static void build() throws IOException, InterruptedException {
    List<String> needed =
        Requirements.packages(
            Distribution.DEBIAN,
            Requirements.all().stream()
                .filter(one -> one.purpose() == Purpose.RUN || one.purpose() == Purpose.IMAGES)
                .filter(one -> !one.isThere())
                .toList());
    assumeTrue(needed.isEmpty(), "what the package depends on is not installed: " + needed);
    for (String place : List.of("/etc/kelvin", "/var/lib/kelvin", "/usr/lib/kelvin")) {
      assumeTrue(Files.notExists(Path.of(place)), "this host has a Kelvin of its own: " + place);
    }
    root = OtherRoot.make();
    deb = BuiltPackage.obtain();
  }

  @AfterAll
  static void leave() throws IOException {
    if (root != null) {
      root.close();
    }
  }

  @Test
  void isInstalledUsedUpgradedAndRemoved() throws Exception {
    install("first.deb", deb);
    assertThat(root.changed()).contains("/usr/bin/kelvin", "/usr/lib/kelvin/cli.aot");
    assertThat(root.run("dpkg", "--listfiles", "kelvin").ok())
        .contains(
            "/usr/share/man/man1/kelvin-run.1.gz",
            "/usr/share/bash-completion/completions/kelvin",
            "/usr/share/doc/kelvin/copyright");
    assertThat(root.run("kelvin", "version").ok()).contains("0.1.0");
    cachesAreUsedWhereTheyAreInstalled();
    unitsAreValid();

    long first = daemon(root.run("kelvin", "up", "--detach").ok());
    Files.writeString(root.file("/tmp/fw.yaml"), FIRMWARE);
    root.run("kelvin", "create", "-f", "/tmp/fw.yaml").ok();
    root.run("kelvin", "start", "fw").ok();
    long vm = pidOfVm();
    String since = startTime(vm);
    assertThat(root.run("kelvin", "ls").ok()).containsPattern("fw +running");

    install("second.deb", next());
    assertThat(root.run("dpkg-query", "-W", "-f", "${Version}", "kelvin").ok())
        .isEqualTo("0.1.0-2");
    long second = daemon(root.run("kelvin", "up", "--detach").ok());
    assertThat(second).as("the daemon is another one").isNotEqualTo(first);
    Await.until(
        "the VM is adopted",
        Duration.ofSeconds(30),
        () -> root.run("kelvin", "ls").ok().matches("(?s).*fw +running.*"));
    assertThat(pidOfVm()).isEqualTo(vm);
    assertThat(startTime(vm)).as("the VM was never started again").isEqualTo(since);

    removalShutsTheVmDown(vm);
    purgeLeavesDisksOnly();
  }

  private static void install(String name, Path file) throws Exception {
    Files.copy(file, root.file("/tmp/" + name));
    root.run("dpkg", "--install", "/tmp/" + name).ok();
    Files.delete(root.file("/tmp/" + name));
  }

  /** A JVM that cannot use its cache ends with an error in this mode. */
  private static void cachesAreUsedWhereTheyAreInstalled() throws Exception {
    String ask = "_JAVA_OPTIONS=-XX:AOTMode=on -Xlog:class+load:file=/tmp/%s:none";
    root.run("env", ask.formatted("cli"), "kelvin", "ls");
    assertThat(Files.readAllLines(root.file("/tmp/cli")))
        .contains("dev.kelvin.cli.Main source: shared objects file");
    root.run(
        "env",
        "KELVIN_HOME=/tmp/home",
        ask.formatted("daemon"),
        "timeout",
        "--signal=TERM",
        "6",
        "/usr/lib/kelvin/runtime/bin/java",
        "@/usr/lib/kelvin/daemon.argv");
    assertThat(Files.readAllLines(root.file("/tmp/daemon")))
        .contains("dev.kelvin.server.Main source: shared objects file");
  }

  private static void unitsAreValid() throws Exception {
    if (!Files.isExecutable(root.file("/usr/bin/systemd-analyze"))) {
      System.out.println("Not checked, as there is no systemd-analyze: the units");
      return;
    }
    for (String unit : List.of("kelvin.service", "kelvin-guests.service")) {
      Ran verified =
          root.run("systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/" + unit);
      assertThat(verified.exitCode()).as(verified.output()).isZero();
      assertThat(verified.output()).doesNotContain("kelvin");
    }
  }

  /** The same package with another version. */
  private static Path next() throws Exception {
    Path tree = directory.resolve("next");
    new ProcessBuilder("dpkg-deb", "-R", deb.toString(), tree.toString()).start().waitFor();
    Path control = tree.resolve("DEBIAN/control");
    Files.writeString(control, Files.readString(control).replace(": 0.1.0-1", ": 0.1.0-2"));
    Path next = directory.resolve("next.deb");
    new ProcessBuilder(
            "dpkg-deb", "--root-owner-group", "-Znone", "-b", tree.toString(), next.toString())
        .start()
        .waitFor();
    return next;
  }

  private static void removalShutsTheVmDown(long vm) throws Exception {
    root.run("dpkg", "--remove", "kelvin").ok();
    assertThat(root.file("/proc/" + vm)).as("the VM").doesNotExist();
    assertThat(root.run("ps", "-e", "-o", "args").ok()).doesNotContain("kelvin", "qemu-system");
    assertThat(root.files("/usr/lib/kelvin", "/usr/bin/kelvin", "/run/kelvin")).isEmpty();
    assertThat(root.file("/var/lib/kelvin/store.db")).as("VMs for the next one").exists();
  }

  private static void purgeLeavesDisksOnly() throws Exception {
    assertThat(root.run("dpkg", "--purge", "kelvin").ok())
        .contains("/var/lib/kelvin/volumes and /var/lib/kelvin/images still have the disks of VMs");
    List<String> left =
        root.changed().stream().filter(DebianPackageTest::isNoRecordOfDpkg).toList();
    // A disk that stays keeps its user, whom no other VM of this host may get.
    assertThat(left)
        .anyMatch(file -> file.startsWith("/var/lib/kelvin/volumes/"))
        .allMatch(file -> file.matches("/var/lib/(kelvin/volumes|kelvin-uids)/.*"));
    assertThat(root.files("/run")).noneMatch(file -> file.contains("kelvin"));
  }

  /** What dpkg, its triggers and systemd's helper note of any package. */
  private static boolean isNoRecordOfDpkg(String file) {
    return !file.matches(
        "/var/(lib/dpkg|log|cache/man|cache/debconf|lib/systemd)/.*|/etc/ld.so.cache");
  }

  private static long daemon(String said) {
    Matcher matcher = Pattern.compile("pid (\\d+)").matcher(said);
    assertThat(matcher.find()).as(said).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  private static long pidOfVm() throws Exception {
    String document = root.run("kelvin", "get", "vm", "fw", "-o", "json").ok();
    Matcher matcher = PID.matcher(document);
    assertThat(matcher.find()).as(document).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  /** Field 22 of proc_pid_stat(5); no name of a process has a bracket here. */
  private static String startTime(long pid) throws IOException {
    String stat = Files.readString(root.file("/proc/" + pid + "/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19];
  }
}
