package dev.kelvin.machine.launch.share;

import dev.kelvin.host.cell.Confinement.Held;
import dev.kelvin.host.file.HostPaths;
import dev.kelvin.host.file.HostileFileException;
import dev.kelvin.host.file.Pinned;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.machine.store.StartedCompanion;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.Share;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * The directories that a start shares, held from the check of their paths until their servers have
 * shut themselves into them: whoever owns a directory on the way to one could put a link there in
 * between, and would have root serve what it leads to. The cell of root's server is given what is
 * held ({@link #forServer}); that of an ordinary user opens its path when QEMU connects to it. Both
 * have nobody to serve before the guest runs; so what they have for their root is compared with
 * what is held while the guest still waits.
 *
 * <p>The same is done with what cards boot from, which QEMU itself serves, where there are paths
 * that are not allowed.
 */
public final class SharedDirectories implements AutoCloseable {
  private static final Logger LOG = System.getLogger(SharedDirectories.class.getName());
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final long LOOK_NANOS = 2_000_000;

  private final String vm;
  private final Map<String, Pinned> held = new LinkedHashMap<>();

  /** What cards boot from, by the names of the cards. */
  private final Map<String, Pinned> boots = new LinkedHashMap<>();

  private SharedDirectories(String vm) {
    this.vm = vm;
  }

  /**
   * Takes hold of all, and looks where each is then.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument for one that is nothing to share,
   *     forbidden for one that is not allowed
   */
  public static SharedDirectories hold(String vm, VmSpec spec, SharePaths paths) {
    var all = new SharedDirectories(vm);
    try {
      List<Share> shares = spec.shares();
      for (int i = 0; i < shares.size(); i++) {
        String field = "spec.shares[" + i + "].path";
        all.held.put(shares.get(i).name(), paths.hold(shares.get(i).path(), field));
      }
      for (int i = 0; paths.allowed().areLimited() && i < spec.nics().size(); i++) {
        Netboot netboot = spec.nics().get(i).netboot();
        if (netboot != null && netboot.directory() != null) {
          all.boots.put(
              spec.nics().get(i).name(),
              paths.hold(netboot.directory(), SharePaths.netbootField(i)));
        }
      }
      return all;
    } catch (RuntimeException e) {
      all.close();
      throw e;
    }
  }

  private static String server(String share) {
    return "share-" + share;
  }

  /**
   * What root's server of a share finds in its cell, valid until this is closed.
   *
   * @param shares of the VM
   * @param inCell where the server of each finds its directory, by its place in the spec
   * @throws IllegalArgumentException when it is the server of none that is held
   */
  public Held forServer(String server, List<Share> shares, IntFunction<Path> inCell) {
    for (int i = 0; i < shares.size(); i++) {
      Share share = shares.get(i);
      Pinned directory = held.get(share.name());
      if (directory != null && server(share.name()).equals(server)) {
        return new Held(directory.descriptor(), inCell.apply(i), !share.readOnly());
      }
    }
    throw new IllegalArgumentException("nothing is held for " + server);
  }

  /**
   * Waits until the server of each has it for its root, and nothing else.
   *
   * @param inCell see {@link #forServer}
   * @throws dev.kelvin.model.ProblemException conflict for one that has something else
   */
  public void requireServed(List<StartedCompanion> serving, IntFunction<Path> inCell)
      throws IOException {
    int index = 0;
    for (var share : held.entrySet()) {
      Path there = inCell.apply(index++);
      for (StartedCompanion one : serving) {
        if (one.name().equals(server(share.getKey()))) {
          require(ProcessId.decode(one.process()), share.getKey(), share.getValue(), there);
        }
      }
    }
  }

  /**
   * A spec with the directories that cards boot from by the names that they have now, without
   * links.
   */
  public VmSpec placed(VmSpec spec) throws IOException {
    var nics = new ArrayList<Nic>();
    for (Nic nic : spec.nics()) {
      Pinned boot = boots.get(nic.name());
      Netboot netboot = nic.netboot();
      Integer index = nic.bootIndex();
      if (boot != null && netboot != null && index != null) {
        nics.add(nic.withNetboot(new Netboot(netboot.file(), boot.place().toString()), index));
      } else {
        nics.add(nic);
      }
    }
    return spec.toBuilder().nics(nics).build();
  }

  /**
   * Makes sure that a QEMU which has begun sees what cards boot from, and nothing else, by the
   * names of {@link #placed}.
   *
   * @throws dev.kelvin.model.ProblemException conflict for one that leads elsewhere
   */
  public void requireSeen(ProcessId qemu) throws IOException {
    for (var boot : boots.entrySet()) {
      Path place = boot.getValue().place();
      boolean same = false;
      String cause = "its path led to another directory when QEMU began than when it was checked";
      try (Pinned seen = HostPaths.seenBy(qemu.pid(), place)) {
        same = seen.key().equals(boot.getValue().key());
      } catch (NoSuchFileException | HostileFileException e) {
        cause += ": " + e.getMessage();
      }
      if (!same) {
        throw Problem.of(Code.CONFLICT, "What NIC " + boot.getKey() + " boots from is not served")
            .on(Vm.ref(vm))
            .because(cause)
            .remedy("see who may change the directories of " + place + ", then start again")
            .asException();
      }
    }
  }

  private void require(ProcessId server, String name, Pinned wanted, Path inCell)
      throws IOException {
    var outside = new Outside(Pinned.key(Path.of("/")), wanted.key(), inCell);
    long end = System.nanoTime() + DEADLINE.toNanos();
    Optional<Object> root = root(server, outside);
    while (root.isEmpty() && !server.gone() && System.nanoTime() < end) {
      LockSupport.parkNanos(LOOK_NANOS);
      root = root(server, outside);
    }
    if (root.isEmpty() || !root.get().equals(wanted.key())) {
      throw Problem.of(Code.CONFLICT, "Share " + name + " is not served")
          .on(Vm.ref(vm))
          .because(
              root.isEmpty()
                  ? "its server has not shut itself into the directory"
                  : "its path led to another directory when it was opened than when it was checked")
          .remedy("see who may change the directories of " + wanted.place() + ", then start again")
          .asException();
    }
  }

  /**
   * What a server that is not in its directory yet has for its root.
   *
   * @param hosts the key of the host's
   * @param wanted the key of the directory, which is at {@code inCell} in the cell's
   */
  private record Outside(Object hosts, Object wanted, Path inCell) {}

  /**
   * What a server, or the process that works for it, has for its root, once it is neither the
   * host's nor that of a cell in which what is wanted is yet to be gone into.
   */
  private static Optional<Object> root(ProcessId server, Outside outside) {
    return ProcessHandle.of(server.pid()).stream()
        .flatMap(first -> Stream.concat(first.descendants(), Stream.of(first)))
        .map(process -> Path.of("/proc", Long.toString(process.pid()), "root"))
        .flatMap(root -> settled(root, outside).stream())
        .findFirst();
  }

  /**
   * It only ever goes on, from the host's root to that of the cell to the directory: what it has
   * before and after the look into it, it had all the while.
   */
  private static Optional<Object> settled(Path root, Outside outside) {
    Optional<Object> before = key(root);
    Optional<Object> there = key(Path.of(root.toString() + outside.inCell()));
    Optional<Object> after = key(root);
    return before.equals(after) && !there.equals(Optional.of(outside.wanted()))
        ? after.filter(key -> !key.equals(outside.hosts()))
        : Optional.empty();
  }

  private static Optional<Object> key(Path path) {
    try {
      return Optional.of(Pinned.key(path));
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> path + " cannot be seen: " + e);
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    held.values().forEach(Pinned::close);
    boots.values().forEach(Pinned::close);
  }
}
