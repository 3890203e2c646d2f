package dev.kelvin.server.local.node;

import dev.kelvin.model.Code;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.Problem;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.event.EventBus;
import dev.kelvin.state.task.TaskEngine;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** What concerns the node as a whole. */
public final class NodeActions {
  private static final Pattern PACKAGE = Pattern.compile("[a-z0-9][a-z0-9+.-]{0,99}");

  private final Supplier<NodeInfo> info;
  private final NodeDoctor doctor;
  private final Metrics metrics;
  private final EventBus events;
  private final TaskEngine tasks;
  private final Consumer<Boolean> stop;

  /**
   * @param stop ends the daemon soon; told whether to shut the VMs down first
   */
  public NodeActions(
      Supplier<NodeInfo> info,
      NodeDoctor doctor,
      Metrics metrics,
      EventBus events,
      TaskEngine tasks,
      Consumer<Boolean> stop) {
    this.info = info;
    this.doctor = doctor;
    this.metrics = metrics;
    this.events = events;
    this.tasks = tasks;
    this.stop = stop;
  }

  public NodeInfo info() {
    return info.get();
  }

  public DoctorReport doctor() {
    return doctor.report();
  }

  public EventBus events() {
    return events;
  }

  public Outcome metrics() throws InterruptedException {
    byte[] text = metrics.text();
    return new Outcome.Bytes("text/plain; version=0.0.4; charset=utf-8", text);
  }

  public Outcome examine() {
    return new Outcome.Accepted(
        tasks.submitExclusive(NodeTasks.DOCTOR, new NodeTasks.Examine(), "node/doctor"));
  }

  public Outcome install(List<String> packages) {
    if (packages.isEmpty()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "No package is named")
          .because("the list is empty")
          .at("packages")
          .remedy("name the packages that \"kelvin doctor\" finds missing")
          .asException();
    }
    for (String name : packages) {
      if (!PACKAGE.matcher(name).matches()) {
        throw Problem.of(Code.INVALID_ARGUMENT, "\"" + name + "\" is not the name of a package")
            .at("packages")
            .because("a package's name has small letters, digits and + . -")
            .remedy("name the packages that \"kelvin doctor\" finds missing")
            .asException();
      }
    }
    return new Outcome.Accepted(
        tasks.submitExclusive(
            NodeTasks.PACKAGES, new NodeTasks.Install(packages), "node/packages"));
  }

  public Outcome stop(boolean stopVms) {
    stop.accept(stopVms);
    return new Outcome.Done();
  }
}
