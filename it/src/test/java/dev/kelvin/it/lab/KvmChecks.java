package dev.kelvin.it.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * VMs on KVM: chosen because it was proven, with the host's CPU, with Hyper-V's interfaces. A
 * virtual CPU's SVM is emulated, so that each exit of a guest takes long: the guest is of a few
 * bytes.
 */
final class KvmChecks {
  /** To run firmware and guest; seconds on a host that does nothing else. */
  private static final Duration PATIENCE = Duration.ofMinutes(8);

  private static final String VM =
      """
      kind: VM
      metadata: {name: %s}
      spec:
        cpu: {hyperv: %s}
        memory: {size: 64MiB}
        guestAgent: false
        graphics: {type: none}
        boot: {kernel: /srv/mark}
      """;

  private KvmChecks() {}

  /** Puts the files that it uses where the lab sees them. */
  static void bring(Path files) throws IOException {
    Files.write(files.resolve("mark"), MarkGuest.image());
    Files.writeString(files.resolve("plain.yaml"), VM.formatted("plain", false));
    Files.writeString(files.resolve("hyperv.yaml"), VM.formatted("hyperv", true));
  }

  /** Ends with no VM. */
  static void runsVms(Lab lab) {
    isProven(lab);
    lab.run("cp /lab/mark /srv").ok();
    String plain = runs(lab, "plain");
    assertThat(plain).contains("\n-accel\nkvm\n", "\n-cpu\nhost\n");
    // QEMU does not start with a word that KVM has no answer to.
    String hyperv = runs(lab, "hyperv");
    assertThat(hyperv)
        .contains("\n-accel\nkvm\n", "\n-cpu\nhost,hv-relaxed=on,")
        .contains("hv-spinlocks=0x1fff", "hv-stimer=on", "hv-tlbflush=on", "hv-ipi=on");
    takesADisk(lab);
    assertThat(lab.run("kelvin state check").ok()).endsWith(": all is well");
    lab.run("kelvin stop plain && kelvin stop hyperv").ok();
    lab.run("kelvin rm plain && kelvin rm hyperv").ok();
    lab.run("for id in $(kelvin volume ls -o name); do kelvin volume rm $id; done").ok();
    assertThat(lab.run("pidof qemu-system-x86_64").exitCode()).as("no QEMU is left").isEqualTo(1);
  }

  /** Not that there is a device: a guest has run, no slower than without. */
  private static void isProven(Lab lab) {
    boolean device = lab.run("test -c /dev/kvm").exitCode() == 0;
    assumeTrue(device || lab.isEmulated(), "this host gives its guests no KVM");
    assertThat(device)
        .as("the lab has KVM: its CPU has SVM, whose module udev has loaded")
        .isTrue();
    // It ends with an error, as the lab has no tools to build images with.
    String seen = lab.run("kelvin doctor").output();
    seen.lines().filter(line -> line.contains("64-bit guest")).forEach(System.out::println);
    assertThat(seen).contains("VMs run on kvm by default.", "works: ran a 64-bit guest to its end");
  }

  /**
   * Starts a VM whose accelerator is left to the daemon.
   *
   * @return the words of its QEMU, one a line
   */
  private static String runs(Lab lab, String name) {
    lab.run("kelvin create -f /lab/" + name + ".yaml && kelvin start " + name).ok();
    lab.await(
        "the guest " + name + " has written",
        PATIENCE,
        "kelvin logs " + name + " | grep -q " + MarkGuest.MARK);
    assertThat(lab.run("kelvin get vm " + name + " -o yaml").ok())
        .contains("phase: running", "accelerator: kvm");
    return lab.run("tr '\\0' '\\n' < /proc/$(pgrep -f guest=" + name + ",)/cmdline").ok();
  }

  private static void takesADisk(Lab lab) {
    lab.run("kelvin disk attach plain data --size 16MiB").ok();
    assertThat(lab.run("kelvin get vm plain -o yaml").ok())
        .contains("name: data", "phase: running")
        .doesNotContain("restartRequired:\n");
  }
}
