package dev.kelvin.machine.unknown;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.launch.Processes;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.qemu.VmFiles;
import dev.kelvin.qemu.launch.Companion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The VMs of which something cannot be read that one must know to look after them. They are left
 * alone and their processes run on, until a restore mends them or somebody deletes what is left.
 */
public final class DamagedVms {
  private static final Logger LOG = System.getLogger(DamagedVms.class.getName());

  private final VmRepository repository;
  private final VmHome home;
  private final Map<String, Damaged> all = new ConcurrentHashMap<>();

  private record Damaged(String name, Problem why) {
    Problem problem() {
      return Problem.of(Code.HOST_FAILURE, "What is stored of VM " + name + " is damaged")
          .on(Vm.ref(name))
          .because(why.oneLine())
          .remedy(
              "restore a backup of before (\"kelvin state restore\"), or delete what is left of it"
                  + " with \"kelvin rm --force "
                  + name
                  + "\"; its process, if it runs, goes on until then");
    }
  }

  public DamagedVms(VmRepository repository, VmHome home) {
    this.repository = repository;
    this.home = home;
  }

  /** Takes note of what the repository could not read. */
  public void find() {
    repository
        .damaged()
        .forEach((id, why) -> {
          String name = repository.keptName(id);
          LOG.log(Level.ERROR, Vm.ref(name) + " is damaged and left alone: " + why.oneLine());
          all.put(id, new Damaged(name, why));
        });
  }

  public boolean contains(String id) {
    return all.containsKey(id);
  }

  /** The id of the one that has, or had, this name. */
  public Optional<String> id(String name) {
    return all.entrySet().stream()
        .filter(one -> one.getValue().name().equals(name))
        .map(Map.Entry::getKey)
        .findAny();
  }

  /** What is wrong with each, in the order of names. */
  public List<Problem> problems() {
    return all.values().stream()
        .sorted(Comparator.comparing(Damaged::name))
        .map(Damaged::problem)
        .toList();
  }

  public Problem problem(String id) {
    return Objects.requireNonNull(all.get(id), "only damaged VMs have this problem").problem();
  }

  /**
   * The processes of one: that which its record names, if that can be read, and those of QEMU and
   * its helpers whose command lines name its files.
   */
  public Set<ProcessId> processes(String id) {
    var processes = new LinkedHashSet<ProcessId>();
    repository
        .readableRun(id)
        .map(run -> ProcessId.decode(run.process()))
        .filter(process -> !process.gone())
        .ifPresent(processes::add);
    processes.addAll(Processes.naming(home.files(id).runtime()));
    return processes;
  }

  /** Ends these processes of one, and removes what they leave outside its directories. */
  public void end(String id, Set<ProcessId> processes) {
    processes.forEach(Processes::kill);
    removeLocks(home.files(id));
  }

  /** A file server of a share has left its lock where no directory of the VM is. */
  static void removeLocks(VmFiles files) {
    try {
      for (int share = 0; Files.exists(files.share(share)); share++) {
        Files.deleteIfExists(Companion.lockFile(files.share(share)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("removing the locks of shares", e);
    }
  }

  public void forget(String id) {
    all.remove(id);
  }
}
