package dev.kelvin.machine.launch;

import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.store.HeldResource;
import dev.kelvin.machine.store.StartedCompanion;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;

/** Gives back what a VM's machine held of the host. */
public final class HostResources {
  private static final Logger LOG = System.getLogger(HostResources.class.getName());

  private final VmHome home;
  private final IntConsumer conceal;

  /**
   * @param conceal keeps the guest of a user from what listens on the host
   */
  public HostResources(VmHome home, IntConsumer conceal) {
    this.home = home;
    this.conceal = conceal;
  }

  /**
   * Gives all back, what was got last first, and nothing else. The process that held it is gone.
   * May be repeated, also after a part of it failed.
   *
   * @param id of the VM
   * @throws dev.kelvin.model.ProblemException host-failure
   */
  public void release(String id, List<HeldResource> held) {
    for (HeldResource one : held.reversed()) {
      switch (one) {
        case StartedCompanion companion -> Companions.end(List.of(companion));
        case HeldResource.RuntimeDirectory(String path) -> removeDirectory(id, Path.of(path));
        case HeldResource.Exposure(int user) -> conceal.accept(user);
        case HeldResource.HostPort _ -> {} // the kernel took it back with the process
        case HeldResource.OfLaterKelvin _ ->
            LOG.log(Level.WARNING, "vm/{0} held what this version of Kelvin does not know", id);
      }
    }
  }

  /** That of another home, from which the record was copied, may be in use there. */
  private void removeDirectory(String id, Path path) {
    if (path.equals(home.runtime(id)) || !Files.exists(path)) {
      home.removeRuntime(id);
    } else {
      LOG.log(Level.WARNING, "{0} is of another home, and stays", path);
    }
  }
}
