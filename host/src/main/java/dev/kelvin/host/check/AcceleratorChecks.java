package dev.kelvin.host.check;

import dev.kelvin.host.check.GuestProof.Run;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which accelerators run guests. KVM counts when it has run a 64-bit guest right, and no slower
 * than software emulation (TCG) runs the same guest at the same time: some nested kinds of KVM open
 * and start, and then emulate the guest's kernel one instruction after the other.
 */
final class AcceleratorChecks {
  private static final Duration TCG_DEADLINE = Duration.ofMinutes(2);
  private static final Duration KVM_DEADLINE = Duration.ofSeconds(10);

  /** More for 4000 exits, or for 50 interrupts half a millisecond apart, is no working KVM. */
  private static final Duration SLOW_PART = Duration.ofSeconds(1);

  /**
   * But a host that is slow in everything, one whose CPU is emulated itself or that is loaded, may
   * take this share of the time for which TCG computes: that is a second where TCG takes five, and
   * it takes one or two on most.
   */
  private static final int SHARE_OF_TCG = 5;

  /** The limit for the computing parts when there is no TCG to compare with. */
  private static final Duration SLOW_COMPUTING = Duration.ofSeconds(5);

  private static final Checks KVM = new Checks("kvm", "KVM (hardware virtualization)");
  private static final Checks TCG = new Checks("tcg", "TCG (software emulation)");

  private final Path root;
  private final boolean ownUsers;
  private final GuestProof proof;

  /**
   * Checks of the host whose {@code /dev} and {@code /proc} are below {@code root}.
   *
   * @param ownUsers whether each VM runs as a user of its own, who must then open {@code /dev/kvm}
   */
  AcceleratorChecks(Path root, boolean ownUsers, GuestProof proof) {
    this.root = root;
    this.ownUsers = ownUsers;
    this.proof = proof;
  }

  /** The checks of both, and the names of those that work, the best first. */
  record Outcome(List<Check> checks, List<String> working) {}

  Outcome examine(Path qemu) throws InterruptedException {
    Run tcg = proof.run(qemu, "tcg", TCG_DEADLINE);
    Check kvm = kvm(qemu, tcg);
    Check emulation =
        tcg.complete()
            ? TCG.ok("ran a 64-bit guest to its end in " + seconds(tcg.total()))
            : TCG.broken(
                "ran a 64-bit guest: " + tcg.failure() + ", in its part " + tcg.unfinished(),
                "install the distribution's own QEMU again");
    var working = new ArrayList<String>();
    for (Check check : List.of(kvm, emulation)) {
      if (check.state() == CheckState.OK) {
        working.add(check.id());
      }
    }
    return new Outcome(List.of(kvm, emulation), List.copyOf(working));
  }

  private Check kvm(Path qemu, Run tcg) throws InterruptedException {
    Path device = root.resolve("dev/kvm");
    try {
      FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE).close();
      Check check = prove(qemu, tcg);
      return check.state() == CheckState.OK && ownUsers && !othersMayOpen(device)
          ? noPermission(
              device + " is root's alone, while each VM runs as a user of its own",
              openToGroup(device))
          : check;
    } catch (AccessDeniedException e) {
      return noPermission("opened " + device + ": permission denied", joinGroup(device));
    } catch (IOException e) {
      return KVM.absent("missing: opened " + device + ": " + reason(e), missingRemedy());
    }
  }

  private Check prove(Path qemu, Run tcg) throws InterruptedException {
    Run run = proof.run(qemu, "kvm", deadline(tcg));
    Check first = judge(run, tcg);
    if (first.state() == CheckState.OK || !run.complete()) {
      return first;
    }
    // It ended right but slowly; another load on the host may have caused that.
    Run quiet = proof.run(qemu, "tcg", TCG_DEADLINE);
    return judge(proof.run(qemu, "kvm", deadline(quiet)), quiet);
  }

  private static Duration deadline(Run tcg) {
    return tcg.complete() ? tcg.total().multipliedBy(4).plus(Duration.ofSeconds(2)) : KVM_DEADLINE;
  }

  /** Decides from one run under each. */
  static Check judge(Run kvm, Run tcg) {
    if (!kvm.complete()) {
      String compared =
          tcg.complete()
              ? "; software emulation does that part in " + seconds(tcg.part(kvm.unfinished()))
              : "";
      return tooSlow(
          "ran a 64-bit guest: " + kvm.failure() + ", in its part " + kvm.unfinished() + compared);
    }
    for (String part : List.of("exits", "timer")) {
      if (kvm.part(part).compareTo(slowPart(tcg)) > 0) {
        return tooSlow("ran a 64-bit guest: its part " + part + " took " + seconds(kvm.part(part)));
      }
    }
    Duration limit = tcg.complete() ? tcg.computing() : SLOW_COMPUTING;
    String measured =
        "ran a 64-bit guest to its end; it computed for "
            + seconds(kvm.computing())
            + (tcg.complete() ? ", under software emulation for " + seconds(limit) : "");
    if (kvm.computing().compareTo(limit) > 0) {
      return tooSlow(measured);
    }
    return KVM.ok("works: " + measured + "; 4000 exits took " + seconds(kvm.part("exits")));
  }

  private static Duration slowPart(Run tcg) {
    Duration share = tcg.computing().dividedBy(SHARE_OF_TCG);
    return tcg.complete() && share.compareTo(SLOW_PART) > 0 ? share : SLOW_PART;
  }

  private static Check tooSlow(String seen) {
    return KVM.broken(
        "present but too slow or broken: " + seen,
        "nothing is needed for VMs to run: they use software emulation. For speed, use a host with"
            + " hardware virtualization, or real nested virtualization in the hypervisor under it");
  }

  private static Check noPermission(String seen, String remedy) {
    return KVM.broken("no permission: " + seen, remedy);
  }

  private static String joinGroup(Path device) {
    String join = "sudo usermod -aG %s " + System.getProperty("user.name") + ", then log in anew";
    try {
      var attributes = Files.readAttributes(device, PosixFileAttributes.class);
      return groupMayOpen(attributes)
          ? join.formatted(attributes.group().getName())
          : openToGroup(device) + " && " + join.formatted("kvm");
    } catch (IOException e) {
      return join.formatted("kvm");
    }
  }

  private static String openToGroup(Path device) {
    return "sudo chgrp kvm " + device + " && sudo chmod 660 " + device;
  }

  private static boolean groupMayOpen(PosixFileAttributes attributes) {
    return !attributes.group().getName().equals("root")
        && attributes
            .permissions()
            .containsAll(Set.of(PosixFilePermission.GROUP_READ, PosixFilePermission.GROUP_WRITE));
  }

  /** Whether a user other than root can be given access. */
  private static boolean othersMayOpen(Path device) throws IOException {
    var attributes = Files.readAttributes(device, PosixFileAttributes.class);
    return groupMayOpen(attributes)
        || attributes
            .permissions()
            .containsAll(Set.of(PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE));
  }

  private String missingRemedy() {
    String flags;
    try {
      flags = Files.readString(root.resolve("proc/cpuinfo"));
    } catch (IOException e) {
      return "load the module: sudo modprobe kvm";
    }
    if (Pattern.compile("\\bvmx\\b").matcher(flags).find()) {
      return "load the module: sudo modprobe kvm_intel";
    } else if (Pattern.compile("\\bsvm\\b").matcher(flags).find()) {
      return "load the module: sudo modprobe kvm_amd";
    } else if (Pattern.compile("\\bhypervisor\\b").matcher(flags).find()) {
      return "this host is a VM itself: switch nested virtualization on in the hypervisor under it";
    }
    return "switch VT-x or AMD-V on in the firmware's set-up";
  }

  private static String reason(IOException e) {
    return e instanceof java.nio.file.NoSuchFileException
        ? "no such file"
        : String.valueOf(e.getMessage());
  }

  private static String seconds(Duration duration) {
    return "%.2f s".formatted(duration.toNanos() / 1e9);
  }
}
