package dev.kelvin.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What people type who know virsh, Incus, Proxmox's qm or Docker. A word that can only mean one
 * thing is taken for Kelvin's; of one that means different things elsewhere, or that Kelvin says in
 * another way, it is told what to type. Only who types such a word waits for this class.
 */
final class OtherWords {
  /** Words that mean the same, with the commands that they stand for. */
  private static final Map<String, String> SAME =
      Map.ofEntries(
          Map.entry("list", "ls"),
          Map.entry("ps", "ls"),
          Map.entry("launch", "run"),
          Map.entry("dominfo", "show"),
          Map.entry("delete", "rm"),
          Map.entry("remove", "rm"),
          Map.entry("suspend", "pause"),
          Map.entry("unpause", "resume"),
          Map.entry("domrename", "rename"),
          Map.entry("attach-disk", "disk attach"),
          Map.entry("detach-disk", "disk detach"),
          Map.entry("attach-interface", "nic attach"),
          Map.entry("detach-interface", "nic detach"),
          Map.entry("sendkey", "keys"),
          Map.entry("send-key", "keys"),
          Map.entry("capabilities", "doctor"),
          Map.entry("nodeinfo", "doctor"),
          Map.entry("images", "image ls"),
          Map.entry("volumes", "volume ls"),
          Map.entry("tasks", "task ls"),
          Map.entry("vol-list", "volume ls"),
          Map.entry("vol-delete", "volume rm"),
          Map.entry("-v", "version"));

  /** Second words of groups that mean the same in all groups that have them. */
  private static final Map<String, String> SAME_IN_GROUPS =
      Map.of(
          "list", "ls",
          "delete", "rm",
          "remove", "rm",
          "info", "show",
          "add", "attach",
          "catalog", "catalogue",
          "inspect", "show");

  /** What to type for words that mean several things, or whose thing has another form here. */
  private static final Map<String, String> ADVICE =
      Map.ofEntries(
          Map.entry(
              "destroy",
              "\"kelvin stop VM\" stops it at once, as with virsh; \"kelvin rm VM\" deletes it, as with qm"),
          Map.entry(
              "kill",
              "\"kelvin stop VM\" stops it at once; \"kelvin shutdown VM\" asks its guest to"),
          Map.entry(
              "poweroff",
              "\"kelvin shutdown VM\" asks its guest to; \"kelvin stop VM\" pulls the plug"),
          Map.entry("undefine", "\"kelvin rm --keep-disks VM\" deletes the VM and keeps its disks"),
          Map.entry("define", "\"kelvin apply -f FILE\" makes VMs be as documents say"),
          Map.entry(
              "reboot",
              "\"kelvin exec VM -- reboot\" asks the guest to; \"kelvin reset VM\" does it at once"),
          Map.entry(
              "restart",
              "\"kelvin shutdown VM\", then \"kelvin start VM\"; or \"kelvin reset VM\" at once"),
          Map.entry("dumpxml", "\"kelvin get vm VM -o yaml\" writes the VM's document"),
          Map.entry(
              "config", "\"kelvin edit VM\" changes its document, \"kelvin get vm VM\" writes it"),
          Map.entry("set", "\"kelvin edit VM\" changes its document"),
          Map.entry("status", "\"kelvin show VM\" tells of a VM, \"kelvin info\" of the daemon"),
          Map.entry("domstate", "\"kelvin show VM\" tells its state, \"kelvin ls\" that of all"),
          Map.entry("describe", "\"kelvin show VM\" tells of a VM"),
          Map.entry("inspect", "\"kelvin show VM\" tells of a VM, \"kelvin get vm VM\" all"),
          Map.entry("domifaddr", "\"kelvin show VM\" tells the addresses of its guest"),
          Map.entry(
              "shell", "\"kelvin ssh VM\" logs in; \"kelvin exec VM -- sh\" needs no network"),
          Map.entry("enter", "\"kelvin ssh VM\" logs in; \"kelvin console VM\" is its serial port"),
          Map.entry("attach", "\"kelvin console VM\" is its serial port"),
          Map.entry("terminal", "\"kelvin console VM\" is its serial port"),
          Map.entry(
              "vnc",
              "\"kelvin screenshot VM\" saves its screen; docs/api.md tells how a viewer connects"),
          Map.entry(
              "viewer",
              "\"kelvin screenshot VM\" saves its screen; docs/api.md tells how a viewer connects"),
          Map.entry("copy", "\"kelvin cp\" copies files; VMs cannot be copied yet"),
          Map.entry("clone", "VMs cannot be cloned yet; \"kelvin get vm VM -o yaml\" is a start"),
          Map.entry("snapshot", "VMs have no snapshots yet; \"kelvin help\" lists what there is"),
          Map.entry("migrate", "VMs cannot be migrated yet; \"kelvin help\" lists what there is"),
          Map.entry("autostart", "write autostart into the VM's document: kelvin edit VM"),
          Map.entry("import", "\"kelvin image import FILE\" makes an image of a disk or CD"),
          Map.entry("importdisk", "\"kelvin image import FILE\" makes an image of a disk"),
          Map.entry("pull", "\"kelvin image pull NAME\" gets an image that is published"),
          Map.entry("build", "\"kelvin image build NAME\" builds an image"),
          Map.entry("change-media", "\"kelvin cd insert VM DRIVE IMAGE\" or \"kelvin cd eject\""),
          Map.entry("daemon", "\"kelvin up\" starts the daemon, \"kelvin down\" ends it"),
          Map.entry(
              "monitor", "QEMU's monitor is Kelvin's own; \"kelvin events\" tells what happens"),
          Map.entry("log", "\"kelvin logs VM\" is its serial port, \"kelvin events\" what happens"),
          Map.entry("cat", "\"kelvin exec VM -- cat FILE\" shows a file of its guest"));

  /** Options that have another name here, or none since nothing else is done anyway. */
  private static final Map<String, String> OPTIONS =
      Map.ofEntries(
          Map.entry("--mem", "--memory"),
          Map.entry("-m", "--memory"),
          Map.entry("-c", "--cpus"),
          Map.entry("--cpu", "--cpus"),
          Map.entry("--vcpu", "--cpus"),
          Map.entry("--cores", "--cpus"),
          Map.entry("-n", "--name"),
          Map.entry("--disk-size", "--disk"),
          Map.entry("--cdrom", "--iso"),
          Map.entry("--location", "--iso"),
          Map.entry("--cloud-init", "--user-data"),
          Map.entry("-p", "--forward"),
          Map.entry("--publish", "--forward"),
          Map.entry("--port", "--forward"),
          Map.entry("--os-variant", "--os"),
          Map.entry("--json", "-o json"),
          Map.entry("--yaml", "-o yaml"),
          Map.entry("-q", "-o name"),
          Map.entry("--quiet", "-o name"),
          Map.entry("-f", "--force"),
          Map.entry("--purge", "--force"),
          Map.entry("-d", "--detach"));

  private OtherWords() {}

  /** The words with Kelvin's in place of others that mean the same; empty where there are none. */
  static Optional<List<String>> translate(List<String> words) {
    String first = words.getFirst();
    if (first.equals("vm") && words.size() > 1) {
      List<String> rest = words.subList(1, words.size());
      return Catalog.find(rest).isPresent() ? Optional.of(rest) : translate(rest);
    }
    String same = SAME.get(first);
    if (same != null) {
      return Optional.of(replaced(words, 1, List.of(same.split(" "))));
    }
    String second = words.size() > 1 ? SAME_IN_GROUPS.get(words.get(1)) : null;
    if (second == null || !Catalog.isGroup(first)) {
      return Optional.empty();
    }
    List<String> meant = replaced(words, 2, List.of(first, second));
    return Catalog.find(meant).isPresent() ? Optional.of(meant) : Optional.empty();
  }

  private static List<String> replaced(List<String> words, int count, List<String> by) {
    var all = new ArrayList<>(by);
    all.addAll(words.subList(count, words.size()));
    return List.copyOf(all);
  }

  /** What to do in place of a command that there is not. */
  static Optional<String> advice(String command) {
    return Optional.ofNullable(ADVICE.get(command));
  }

  /**
   * What a command calls an option of another program.
   *
   * @param options those that the command has
   */
  static Optional<String> option(String command, String name, List<String> options) {
    if (command.equals("ls") && (name.equals("-a") || name.equals("--all"))) {
      return Optional.of("leave it out: \"kelvin ls\" lists all VMs, also those that are off");
    } else if (name.equals("-v") || name.equals("--verbose")) {
      return Optional.of("leave it out; KELVIN_DEBUG=1 shows where in Kelvin an error comes from");
    }
    return Optional.ofNullable(OPTIONS.get(name))
        .filter(meant -> options.contains(meant.split(" ", 2)[0]))
        .map(meant -> "did you mean " + meant + "?");
  }

  /** All words that stand for a command, for those who check that it exists. */
  static Map<String, String> all() {
    return SAME;
  }
}
