package dev.kelvin.qemu.control;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.qmp.Cost;
import dev.kelvin.qmp.QmpClient;
import dev.kelvin.qmp.QmpException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** QMP commands whose failures are problems for users. */
final class Calls {
  /** Where QEMU keeps the devices that have an id. */
  static final String PERIPHERAL = "/machine/peripheral";

  private final QmpClient client;

  Calls(QmpClient client) {
    this.client = client;
  }

  /** A named part of a QEMU object. */
  record Property(String name, String type) {}

  JsonNode run(String command, Cost cost) throws InterruptedException {
    return run(command, Map.of(), cost);
  }

  JsonNode run(String command, Map<String, ?> arguments, Cost cost) throws InterruptedException {
    try {
      return client.execute(command, arguments, cost);
    } catch (QmpException e) {
      throw problem(e, "QEMU refuses " + command);
    }
  }

  /** Like {@link #run}, for callers to whom a refusal is an answer. */
  JsonNode attempt(String command, Map<String, ?> arguments, Cost cost)
      throws QmpException.CommandFailed, InterruptedException {
    try {
      return client.execute(command, arguments, cost);
    } catch (QmpException.CommandFailed e) {
      throw e;
    } catch (QmpException e) {
      throw problem(e, "QEMU refuses " + command);
    }
  }

  static ProblemException problem(QmpException failure, String refusal) {
    return switch (failure) {
      case QmpException.CommandFailed failed ->
          Problem.of(Code.QEMU_REFUSED, refusal)
              .because(failed.description())
              .remedy(Advice.on(failed.description()))
              .asException(failed);
      case QmpException.TimedOut late ->
          Problem.of(Code.TIMEOUT, "QEMU does not answer")
              .because(late.getMessage())
              .remedy("try again; if it stays like this, end the VM with \"kelvin stop\"")
              .asException(late);
      case QmpException.Disconnected gone ->
          Problem.of(Code.UNAVAILABLE, "There is no connection to QEMU")
              .because(gone.getMessage())
              .remedy(
                  "see with \"kelvin show\" whether the VM still runs, and with \"kelvin logs\" what it"
                      + " wrote")
              .asException(gone);
      case QmpException.Busy busy ->
          Problem.of(Code.UNAVAILABLE, "QEMU's answer could not be read")
              .because(busy.getMessage())
              .remedy("see with \"kelvin show\" whether it was done, and try again")
              .asException(busy);
      case QmpException.ProtocolViolation nonsense ->
          Problem.of(Code.HOST_FAILURE, "QEMU's control channel speaks nonsense")
              .because(nonsense.getMessage())
              .remedy("end the VM with \"kelvin stop\", and install the distribution's QEMU again")
              .asException(nonsense);
    };
  }

  /** The parts of an object; empty when there is no such object. */
  List<Property> list(String path) throws InterruptedException {
    var found = new ArrayList<Property>();
    try {
      for (var item : attempt("qom-list", Map.of("path", path), Cost.QUICK)) {
        found.add(new Property(item.path("name").asString(""), item.path("type").asString("")));
      }
    } catch (QmpException.CommandFailed e) {
      if (!e.errorClass().equals("DeviceNotFound")) {
        throw problem(e, "QEMU refuses to list " + path);
      }
    }
    return found;
  }

  boolean present(String deviceId) throws InterruptedException {
    return list(PERIPHERAL).stream().anyMatch(device -> device.name().equals(deviceId));
  }
}
