package dev.kelvin.cli.command;

import dev.kelvin.cli.text.Style;
import dev.kelvin.cli.text.Table;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.GuestInfo;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.AudioModel;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Firmware;
import dev.kelvin.model.spec.Graphics;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.Share;
import dev.kelvin.model.spec.TpmVersion;
import dev.kelvin.model.spec.VideoModel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** VMs as people read them. */
final class VmText {
  private VmText() {}

  static String name(Vm vm) {
    return vm.metadata().name();
  }

  static Table table(List<Vm> vms, Style style) {
    var table = new Table("NAME", "STATE", "CPUS", "MEMORY", "ADDRESS", "PORTS", "UP");
    Instant now = Instant.now();
    for (Vm vm : vms) {
      VmStatus status = vm.status();
      table.row(
          vm.metadata().name(),
          phase(status.phase(), style),
          String.valueOf(vm.spec().cpu().count()),
          vm.spec().memory().size().human(),
          address(vm).orElse("-"),
          ports(status.forwards()),
          status.startedAt() == null ? "-" : Units.age(status.startedAt(), now));
    }
    return table;
  }

  /** Why VMs stand still that nobody has told to, a line each. */
  static List<String> standstills(List<Vm> vms) {
    var lines = new ArrayList<String>();
    for (Vm vm : vms) {
      VmStatus status = vm.status();
      boolean still = status.phase() == Phase.PAUSED || status.phase() == Phase.UNRESPONSIVE;
      if (still && status.message() != null) {
        lines.add(name(vm) + " is " + status.phase().wire() + ": " + status.message());
      }
    }
    return lines;
  }

  static String phase(Phase phase, Style style) {
    return switch (phase) {
      case RUNNING -> style.green(phase.wire());
      case CRASHED, UNRESPONSIVE -> style.red(phase.wire());
      case PENDING, STARTING, STOPPING, DELETING, PAUSED -> style.yellow(phase.wire());
      case STOPPED -> phase.wire();
    };
  }

  /** The first address that others can use, without the length of its prefix. */
  static Optional<String> address(Vm vm) {
    GuestInfo guest = vm.status().guest();
    if (guest == null) {
      return Optional.empty();
    }
    return guest.interfaces().stream()
        .flatMap(one -> one.addresses().stream())
        .filter(one -> one.indexOf(':') < 0 && !one.startsWith("127."))
        .map(one -> one.indexOf('/') < 0 ? one : one.substring(0, one.indexOf('/')))
        .findFirst();
  }

  private static String ports(List<Forward> forwards) {
    if (forwards.isEmpty()) {
      return "-";
    }
    return forwards.stream()
        .map(one ->
            one.hostPort() + ">" + one.guestPort() + (one.protocol().equals("udp") ? "/udp" : ""))
        .collect(Collectors.joining(","));
  }

  /** All that matters about one. */
  static String details(Vm vm, Style style) {
    VmStatus status = vm.status();
    var facts =
        new Facts()
            .add("name", style.bold(vm.metadata().name()))
            .add("id", vm.metadata().id())
            .add("labels", labels(vm))
            .add("state", state(vm, style))
            .add("created", Units.age(vm.metadata().createdAt(), Instant.now()) + " ago");
    if (status.pid() != 0) {
      facts.add("process", status.pid() + ", on " + status.accelerator());
    }
    if (status.lastExit() != null) {
      var exit = status.lastExit();
      String detail = exit.detail() == null ? "" : ": " + exit.detail();
      facts.add("last exit", exit.reason().wire() + detail);
    }
    facts.add("restart", restart(vm));
    facts.add(
        "machine",
        vm.spec().architecture().wire()
            + ", "
            + vm.spec().machine()
            + ", "
            + firmware(vm.spec().firmware())
            + ", for "
            + vm.spec().os().wire());
    facts.add("cpus", vm.spec().cpu().count() + " (" + vm.spec().cpu().model() + ")");
    facts.add("memory", vm.spec().memory().size().human());
    if (vm.spec().tpm() != null && vm.spec().tpm().version() != TpmVersion.NONE) {
      facts.add("tpm", vm.spec().tpm().version().wire());
    }
    vm.spec().disks().forEach(disk -> facts.add("disk " + disk.name(), disk(disk)));
    vm.spec().cdroms().forEach(cdrom -> facts.add("cd " + cdrom.name(), cdrom(cdrom)));
    vm.spec().nics().forEach(nic -> facts.add("nic " + nic.name(), nic(nic, status.forwards())));
    vm.spec().shares().forEach(share -> facts.add("share " + share.name(), share(share)));
    facts.add("screens", screens(vm.spec().graphics()));
    if (vm.spec().audio().model() != AudioModel.NONE) {
      facts.add("audio", vm.spec().audio().model().wire());
    }
    if (vm.spec().watchdog() != null) {
      var watchdog = vm.spec().watchdog();
      facts.add("watchdog", watchdog.model().wire() + ", " + watchdog.action().wire());
    }
    if (vm.spec().boot().kernel() != null) {
      facts.add("kernel", vm.spec().boot().kernel());
    }
    guest(facts, status.guest());
    if (!status.restartRequired().isEmpty()) {
      facts.add("next start", "changes " + String.join(", ", status.restartRequired()));
    }
    if (vm.spec().deletionProtection()) {
      facts.add("protected", "against deletion");
    }
    return facts.render();
  }

  private static String labels(Vm vm) {
    // Not as a stream: that of a sorted map has a comparator that no AOT cache holds.
    var labels = new StringJoiner(", ");
    vm.metadata().labels().forEach((key, value) -> labels.add(key + "=" + value));
    return labels.toString();
  }

  private static String state(Vm vm, Style style) {
    VmStatus status = vm.status();
    String since = Units.age(status.since(), Instant.now());
    String why = status.message() == null ? "" : ": " + status.message();
    return phase(status.phase(), style) + (since.isEmpty() ? "" : " for " + since) + why;
  }

  private static String restart(Vm vm) {
    var restart = vm.spec().restart();
    String count = vm.status().restarts() == 0 ? "" : ", " + vm.status().restarts() + " so far";
    return restart.policy().wire() + count;
  }

  private static String firmware(Firmware firmware) {
    return firmware.type().wire() + (firmware.isSecure() ? " with Secure Boot" : "");
  }

  private static String share(Share share) {
    return share.path() + " as " + share.guestTag() + (share.readOnly() ? ", read-only" : "");
  }

  private static String screens(Graphics graphics) {
    if (graphics.screens() == 0) {
      return "none";
    }
    return Stream.concat(Stream.ofNullable(graphics.model()), graphics.others().stream())
        .map(VideoModel::wire)
        .collect(Collectors.joining(", "));
  }

  private static String disk(Disk disk) {
    var parts = new StringJoiner(", ");
    ByteSize size = disk.size();
    parts.add(size == null ? "as large as its image" : size.human());
    if (disk.image() != null) {
      parts.add("from image " + disk.image());
    }
    if (disk.volume() != null) {
      parts.add("volume " + disk.volume());
    }
    parts.add(disk.bus().wire());
    if (disk.readOnly()) {
      parts.add("read-only");
    }
    return parts.toString();
  }

  private static String cdrom(Cdrom cdrom) {
    return (cdrom.image() == null ? "empty" : cdrom.image()) + ", " + cdrom.bus().wire();
  }

  private static String nic(Nic nic, List<Forward> forwards) {
    var lines = new StringJoiner("\n");
    lines.add(nic.model().wire() + (nic.mac() == null ? "" : ", " + nic.mac()));
    for (Forward forward : forwards) {
      if (forward.nic().equals(nic.name())) {
        lines.add(
            forward.hostAddress()
                + ":"
                + forward.hostPort()
                + " leads to port "
                + forward.guestPort()
                + (forward.guestAddress() == null ? "" : " of " + forward.guestAddress())
                + " ("
                + forward.protocol()
                + ")");
      }
    }
    return lines.toString();
  }

  private static void guest(Facts facts, @org.jspecify.annotations.Nullable GuestInfo guest) {
    if (guest == null) {
      return;
    }
    facts.add("guest", guest.osName());
    facts.add("host name", guest.hostname());
    facts.add("guest kernel", guest.kernel());
    facts.add("agent", guest.agentVersion());
    facts.add("cloud-init", guest.cloudInit());
    guest.interfaces().stream()
        .filter(one -> !one.addresses().isEmpty())
        .forEach(one -> facts.add("addresses " + one.name(), String.join(", ", one.addresses())));
  }
}
