package dev.kelvin.qemu.control;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.qemu.Devices;
import dev.kelvin.qmp.Cost;
import dev.kelvin.qmp.QmpException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/** Changes what is in a CD drive. The tray opens even when the guest has locked it. */
final class Media {
  private final Calls calls;

  Media(Calls calls) {
    this.calls = calls;
  }

  void insert(String cdrom, Path iso) throws InterruptedException {
    String id = Devices.cdId(cdrom);
    requireDrive(id);
    // A node's name has at most 31 characters, and the drive's own may still name the old medium.
    String node = "medium-" + UUID.randomUUID().toString().substring(0, 8);
    calls.run("blockdev-add", Devices.readOnlyNode(node, iso.toString()).map(), Cost.NORMAL);
    try (var undo = new Undo()) {
      undo.add(() -> calls.run("blockdev-del", Map.of("node-name", node), Cost.NORMAL));
      takeOut(id);
      calls.run("blockdev-insert-medium", Map.of("id", id, "node-name", node), Cost.NORMAL);
      undo.success();
    }
    calls.run("blockdev-close-tray", Map.of("id", id), Cost.NORMAL);
  }

  void eject(String cdrom) throws InterruptedException {
    String id = Devices.cdId(cdrom);
    requireDrive(id);
    takeOut(id);
    calls.run("blockdev-close-tray", Map.of("id", id), Cost.NORMAL);
  }

  private void takeOut(String id) throws InterruptedException {
    var old = medium(id);
    calls.run("blockdev-open-tray", Map.of("id", id, "force", true), Cost.NORMAL);
    calls.run("blockdev-remove-medium", Map.of("id", id), Cost.NORMAL);
    if (old.isPresent()) {
      try {
        calls.attempt("blockdev-del", Map.of("node-name", old.get()), Cost.NORMAL);
      } catch (QmpException.CommandFailed e) {
        throw Calls.problem(e, "QEMU keeps the old medium of " + id);
      }
    }
  }

  private void requireDrive(String id) throws InterruptedException {
    if (!calls.present(id)) {
      throw Problem.of(Code.NOT_FOUND, "The running VM has no such CD drive")
          .because("there is no device " + id)
          .remedy("add the drive to the spec and start the VM anew")
          .asException();
    }
  }

  /** The block node in a drive. */
  private Optional<String> medium(String id) throws InterruptedException {
    for (JsonNode drive : calls.run("query-block", Cost.QUICK)) {
      String device = drive.path("qdev").asString("");
      if (device.equals(id) || device.equals(Calls.PERIPHERAL + "/" + id)) {
        String node = drive.path("inserted").path("node-name").asString("");
        return node.isEmpty() ? Optional.empty() : Optional.of(node);
      }
    }
    return Optional.empty();
  }
}
