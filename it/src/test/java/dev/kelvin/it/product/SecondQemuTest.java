package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.Client;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.DoctorReport.FoundQemu;
import dev.kelvin.model.Phase;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.qemu.testkit.TestQemu;
import dev.kelvin.qemu.testkit.TinyGuest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A daemon on a QEMU that lies beside the host's, in another version. */
@Tag("slow")
class SecondQemuTest {
  private static final String PROGRAM = "qemu-system-x86_64";

  /** What a VM of this test is made of; the rest of the packages is left where it is. */
  private static final List<String> PARTS =
      List.of("bin/" + PROGRAM, "share/qemu", "share/seabios", "lib");

  @Test
  void aPickedQemuRunsVmsUntilAnotherIsPicked() throws IOException, InterruptedException {
    Path packages = TestQemu.SECOND.prefix();
    Path host = TestQemu.HOST.program(PROGRAM);
    TinyGuest guest = TinyGuest.obtain();
    Path home = TestDaemon.home("");
    Path second = copy(packages, home.resolve("second/usr")).resolve("bin").resolve(PROGRAM);
    Path picked = Files.createSymbolicLink(home.resolve(PROGRAM), second);
    var program =
        new TestDaemon.Program(
            "dev.kelvin.server.Main", List.of(), List.of("/usr/bin/env", "KELVIN_QEMU=" + picked));
    try (TestDaemon daemon = TestDaemon.start(program, home)) {
      Client client = daemon.client();
      daemon.create(Guests.tiny("two", guest, "", spec -> spec));
      daemon.awaitSerial("two", TinyGuest.READY);
      assertThat(executable(client)).isEqualTo(second);
      assertThat(client.host().doctor().qemus())
          .filteredOn(one -> one.architecture().program().equals(PROGRAM))
          .filteredOn(one -> List.of(picked.toString(), host.toString()).contains(one.binary()))
          .extracting(FoundQemu::used)
          .containsExactly(true, false);
      assertThat(daemon.kelvin("doctor").output())
          .contains(picked.toString(), host.toString(), "picked by KELVIN_QEMU");

      devicesComeAndGo(daemon, client);
      anotherIsPicked(daemon, client, picked, host, second);
    }
  }

  private static void devicesComeAndGo(TestDaemon daemon, Client client)
      throws IOException, InterruptedException {
    var typist = new Typist(daemon, "two");
    daemon.done(client.attachDisk("two", Disk.of("data", null, ByteSize.ofMiB(64))));
    daemon.done(client.attachNic("two", Nic.of("lan")));
    seen(typist, "cat /sys/block/vda/size", "131072");
    seen(typist, "ls /sys/class/net | grep -c eth", "1");
    clean(daemon);
    daemon.done(client.detachDisk("two", "data"));
    seen(typist, "ls /sys/block | grep -c vda", "0");
  }

  /** A VM that runs keeps its QEMU; one that starts needs its machine type in the new one. */
  private static void anotherIsPicked(
      TestDaemon daemon, Client client, Path picked, Path host, Path second)
      throws IOException, InterruptedException {
    daemon.terminate();
    Path next = Files.createSymbolicLink(picked.resolveSibling("next"), host);
    Files.move(next, picked, StandardCopyOption.ATOMIC_MOVE);
    daemon.restart();
    daemon.awaitPhase("two", Phase.RUNNING);
    assertThat(executable(client)).isEqualTo(second);
    daemon.done(client.detachNic("two", "lan"));
    clean(daemon);
    daemon.done(client.stopVm("two"));
    String machine = client.vm("two").spec().machine();
    var refused = Objects.requireNonNull(daemon.ended(client.startVm("two")).problem());
    assertThat(refused.oneLine()).contains("does not have the machine type " + machine, "version");
  }

  private static void clean(TestDaemon daemon) throws IOException, InterruptedException {
    var check = daemon.kelvin("state", "check");
    assertThat(check.exitCode()).as(check.output()).isZero();
  }

  private static Path executable(Client client) throws IOException {
    return Path.of("/proc/" + client.vm("two").status().pid() + "/exe").toRealPath();
  }

  private static void seen(Typist typist, String command, String wanted) {
    Await.until(
        command + " prints " + wanted,
        Duration.ofSeconds(60),
        () -> typist.run(command).contains(wanted));
  }

  /** Where the users of VMs can read it. */
  private static Path copy(Path from, Path to) throws IOException {
    for (String part : PARTS) {
      try (Stream<Path> files = Files.walk(from.resolve(part))) {
        for (Path file : files.toList()) {
          Path copy = to.resolve(from.relativize(file).toString());
          Files.createDirectories(copy.getParent());
          Files.copy(
              file, copy, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    return to;
  }
}
