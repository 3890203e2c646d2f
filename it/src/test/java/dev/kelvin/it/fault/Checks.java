package dev.kelvin.it.fault;

import dev.kelvin.api.ListQuery;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.model.Image;
import dev.kelvin.model.Phase;
import dev.kelvin.model.UnknownGuest;
import dev.kelvin.model.spec.Disk;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** How a node shall be after a task. */
final class Checks {
  private Checks() {}

  static Set<String> names(TestDaemon daemon) {
    return daemon.client().allVms(ListQuery.all()).stream()
        .map(vm -> vm.metadata().name())
        .collect(Collectors.toSet());
  }

  static Scenario.Check never() {
    return daemon -> Set.of("the task succeeded, which it cannot");
  }

  static Scenario.Check noVm() {
    return Checks::names;
  }

  static Scenario.Check phase(Phase phase) {
    return daemon -> {
      Phase is = daemon.client().vm(Scenarios.VM).status().phase();
      return is == phase ? Set.of() : Set.of("the VM is " + is + " instead of " + phase);
    };
  }

  static Scenario.Check volumes(int count) {
    return daemon -> {
      var all = daemon.client().volumes().all(ListQuery.all());
      return all.size() == count ? Set.of() : Set.of("the volumes are " + all);
    };
  }

  static Scenario.Check damagedAre(String... objects) {
    return daemon -> {
      List<String> are = daemon.client().info().damaged();
      return are.equals(List.of(objects)) ? Set.of() : Set.of("damaged are " + are);
    };
  }

  static Scenario.Check unknownAre(String... guests) {
    return daemon -> {
      List<String> are = daemon.client().info().unknown().stream().map(UnknownGuest::name).toList();
      return are.equals(List.of(guests)) ? Set.of() : Set.of("unknown are " + are);
    };
  }

  static Scenario.Check both(Scenario.Check one, Scenario.Check other) {
    return daemon -> {
      var faults = new TreeSet<String>(one.faults(daemon));
      faults.addAll(other.faults(daemon));
      return faults;
    };
  }

  static Scenario.Check disksAre(String... names) {
    return daemon -> {
      List<String> are =
          daemon.client().vm(Scenarios.VM).spec().disks().stream().map(Disk::name).toList();
      return are.equals(List.of(names)) ? Set.of() : Set.of("its disks are " + are);
    };
  }

  static Scenario.Check nics(int count) {
    return daemon -> {
      int are = daemon.client().vm(Scenarios.VM).spec().nics().size();
      return are == count ? Set.of() : Set.of("it has " + are + " NICs");
    };
  }

  static Scenario.Check imagesAre(String... names) {
    return daemon -> {
      List<String> are =
          daemon.client().images().all(ListQuery.all()).stream()
              .filter(image -> image.status().phase() == Image.ImagePhase.READY)
              .map(image -> image.metadata().name())
              .toList();
      int all = daemon.client().images().all(ListQuery.all()).size();
      return are.equals(List.of(names)) && all == names.length
          ? Set.of()
          : Set.of("the images are " + are + " of " + all);
    };
  }
}
