package dev.kelvin.server.local.node;

import dev.kelvin.host.check.Doctor;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import dev.kelvin.model.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The report on the host, the walls around VMs that can be built, and what of the daemon's own
 * cannot be read: looked at anew each time, while what else the host can do is kept.
 *
 * @param objects what is wrong with VMs and images
 * @param volumes what is wrong with volumes
 * @param unknown what is here and not in the store
 * @param shortage why nothing is begun now that takes space
 * @param warnings what is wrong with how the API is served
 */
public record NodeDoctor(
    Doctor doctor,
    Supplier<List<Problem>> objects,
    Supplier<List<Problem>> volumes,
    Supplier<List<Problem>> unknown,
    Supplier<Optional<Problem>> shortage,
    Supplier<List<Problem>> warnings) {
  DoctorReport report() {
    DoctorReport host = doctor.report();
    List<Problem> damaged = Stream.concat(objects.get().stream(), volumes.get().stream()).toList();
    var checks = new ArrayList<>(host.checks());
    checks.addAll(doctor.walls());
    if (damaged.isEmpty()) {
      checks.add(
          new Check(
              "state",
              "stored objects",
              CheckState.OK,
              "all VMs, images and volumes are read",
              null));
    }
    for (Problem one : damaged) {
      String object = Objects.requireNonNull(one.object(), "damaged objects are named");
      checks.add(
          new Check(
              "state." + object,
              object,
              CheckState.BROKEN,
              Objects.requireNonNullElse(one.cause(), one.detail()),
              one.remedy()));
    }
    for (Problem one : unknown.get()) {
      String object = Objects.requireNonNull(one.object(), "unknown objects are named");
      checks.add(limited("unknown." + object, object, one));
    }
    shortage
        .get()
        .ifPresent(full ->
            checks.add(
                new Check(
                    "disk.reserve",
                    "disk of the state",
                    CheckState.BROKEN,
                    full.oneLine(),
                    full.remedy())));
    for (Problem one : warnings.get()) {
      checks.add(limited("api.tls", "API over TLS", one));
    }
    return new DoctorReport(
        host.host(),
        host.accelerator(),
        checks,
        host.missingPackages(),
        host.qemus(),
        host.checkedAt());
  }

  private static Check limited(String id, String name, Problem why) {
    String what = why.detail() + (why.cause() == null ? "" : ": " + why.cause());
    return new Check(id, name, CheckState.LIMITED, what, why.remedy());
  }
}
