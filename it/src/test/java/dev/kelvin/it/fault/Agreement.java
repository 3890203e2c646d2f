package dev.kelvin.it.fault;

import dev.kelvin.api.ListQuery;
import dev.kelvin.it.product.TestDaemon;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.model.Image;
import dev.kelvin.model.Vm;
import dev.kelvin.model.Volume;
import dev.kelvin.model.spec.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Whether a node's store and its host tell the same. */
final class Agreement {
  private Agreement() {}

  /** What they disagree about; what is on the host and nobody's; nothing when all is well. */
  static Set<String> faults(TestDaemon daemon) throws IOException {
    var faults = new TreeSet<String>();
    var info = daemon.client().info();
    if (!info.damaged().isEmpty() || !info.unknown().isEmpty()) {
      return faults; // what belongs to which of them cannot be told
    }
    List<Vm> vms = daemon.client().allVms(ListQuery.all());
    Set<Long> pids =
        daemon.vmProcesses().stream()
            .filter(one -> one.info().command().orElse("").contains("qemu-system"))
            .map(ProcessHandle::pid)
            .collect(Collectors.toSet());
    List<Volume> volumes = daemon.client().volumes().all(ListQuery.all());
    Set<String> ids = new HashSet<>();
    Set<String> running = new HashSet<>();
    for (Vm vm : vms) {
      String id = vm.metadata().id();
      ids.add(id);
      if (vm.status().phase().hasProcess()) {
        running.add(id);
        if (!pids.remove(vm.status().pid())) {
          faults.add(vm.ref() + " has no process " + vm.status().pid());
        }
      }
      for (Disk disk : vm.spec().disks()) {
        if (volumes.stream().noneMatch(volume -> isDisk(volume, vm, disk))) {
          faults.add(vm.ref() + " has no volume for disk " + disk.name());
        }
      }
    }
    pids.forEach(pid -> faults.add("process " + pid + " belongs to no VM"));
    faults.addAll(companions(daemon, vms));
    Predicate<Path> ofVm =
        file -> ids.stream().anyMatch(id -> file.getFileName().toString().startsWith(id));
    faults.addAll(
        nobodys(
            daemon.layout().volumes(),
            file ->
                volumes.stream()
                    .anyMatch(
                        volume -> file.getFileName().toString().startsWith(volume.id() + "."))));
    // Where a VM's volumes were kept, what else it had may be, too.
    Predicate<Path> ofVolumes =
        file ->
            volumes.stream().anyMatch(volume -> volume.id().startsWith(file.getFileName() + "-"));
    faults.addAll(nobodys(daemon.layout().state().resolve("vms"), ofVm.or(ofVolumes)));
    faults.addAll(nobodys(daemon.layout().state().resolve("kept"), ofVm.or(ofVolumes)));
    faults.addAll(
        nobodys(
            daemon.layout().runtime().resolve("vms"),
            file -> running.contains(file.getFileName().toString())));
    faults.addAll(images(daemon));
    daemon.client().checkState().findings().stream()
        .filter(finding -> finding.key().startsWith(VmRepository.RUNS))
        .forEach(finding -> faults.add(finding.fault()));
    return faults;
  }

  /** Each VM that runs has the processes that its QEMU needs, and no other has any. */
  private static Set<String> companions(TestDaemon daemon, List<Vm> vms) {
    var faults = new TreeSet<String>();
    List<String> are =
        daemon.vmProcesses().stream()
            .map(TestDaemon::arguments)
            .filter(arguments -> !arguments.contains("qemu-system"))
            .toList();
    Predicate<String> wanted = arguments -> false;
    for (Vm vm : vms) {
      boolean runs = vm.status().phase().hasProcess();
      Predicate<String> its = arguments -> arguments.contains("/" + vm.metadata().id() + "/");
      if (runs) {
        wanted = wanted.or(its);
      }
      if (runs && vm.spec().tpm() != null && none(are, its, "/swtpm")) {
        faults.add(vm.ref() + " has no swtpm");
      }
      if (runs && !vm.spec().shares().isEmpty() && none(are, its, "/virtiofsd")) {
        faults.add(vm.ref() + " has no virtiofsd");
      }
    }
    are.stream()
        .filter(wanted.negate())
        .forEach(arguments -> faults.add("nobody's: " + arguments.replace('\0', ' ')));
    return faults;
  }

  private static boolean none(List<String> all, Predicate<String> its, String program) {
    return all.stream().filter(its).noneMatch(arguments -> arguments.contains(program));
  }

  private static boolean isDisk(Volume volume, Vm vm, Disk disk) {
    return new Volume.Use(vm.metadata().name(), disk.name()).equals(volume.usedBy());
  }

  private static Set<String> images(TestDaemon daemon) throws IOException {
    var known = new HashSet<String>();
    for (Image image : daemon.client().images().all(ListQuery.all())) {
      String digest = image.status().digest();
      if (digest != null) {
        known.add(digest);
      }
    }
    var faults = new TreeSet<String>();
    Path images = daemon.layout().images();
    try (var all = Files.walk(images)) {
      for (Path file :
          all.filter(one -> Files.isRegularFile(one, LinkOption.NOFOLLOW_LINKS)).toList()) {
        String name = file.getFileName().toString().replaceFirst("\\..*", "");
        if (!known.remove(name)) {
          faults.add(images.relativize(file) + " belongs to no image");
        }
      }
    }
    known.forEach(digest -> faults.add("the file of image " + digest + " is missing"));
    return faults;
  }

  private static Set<String> nobodys(Path directory, Predicate<Path> known) throws IOException {
    return files(directory).stream()
        .filter(known.negate())
        .map(file -> file + " belongs to nobody")
        .collect(Collectors.toSet());
  }

  private static List<Path> files(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.toList();
    }
  }
}
