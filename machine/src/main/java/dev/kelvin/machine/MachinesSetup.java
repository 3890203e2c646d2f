package dev.kelvin.machine;

import dev.kelvin.host.file.HostPaths;
import dev.kelvin.host.launch.ProcessLauncher;
import dev.kelvin.host.net.HostShield;
import dev.kelvin.image.seed.SeedIso;
import dev.kelvin.machine.launch.Peers;
import dev.kelvin.machine.launch.home.ImageSource;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.launch.share.SharePaths;
import dev.kelvin.machine.qemu.QemuEngine;
import dev.kelvin.machine.qemu.VmLauncher;
import dev.kelvin.machine.store.KeptRuns;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.machine.supervise.EventSink;
import dev.kelvin.machine.unknown.UnknownGuests;
import dev.kelvin.machine.volume.Volumes;
import dev.kelvin.model.HostFacts;
import dev.kelvin.model.Image;
import dev.kelvin.model.Layout;
import dev.kelvin.qemu.cpu.CpuTables;
import dev.kelvin.state.store.Compare;
import dev.kelvin.storage.StorageDriver;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the module stands on.
 *
 * @param facts of the host, asked at each start of a VM
 * @param cpus the models that QEMU has
 * @param catalogue all images
 * @param shield what keeps guests from the host
 * @param imageUnchanged the condition under which an image is still as it is now
 * @param peers connects to the processes of VMs
 * @param hostPaths that documents of VMs may name
 */
public record MachinesSetup(
    Layout layout,
    VmRepository repository,
    Supplier<HostFacts> facts,
    CpuTables cpus,
    ProcessLauncher processes,
    StorageDriver storage,
    SeedIso seedIso,
    ImageSource images,
    Supplier<List<Image>> catalogue,
    Function<String, Compare> imageUnchanged,
    EventSink events,
    HostShield shield,
    Peers peers,
    HostPaths hostPaths) {

  /**
   * What the module offers.
   *
   * @param paths of the host's directories that VMs may be shown
   */
  public record Parts(
      Machines machines,
      Volumes volumes,
      VmAccess access,
      GuestAccess guests,
      VmMeasures measures,
      SharePaths paths) {}

  public Parts build() {
    var home = new VmHome(layout, seedIso, hostPaths);
    var launcher = new VmLauncher(facts, cpus, processes, storage, images, home, shield, peers);
    var engine = new QemuEngine(launcher, home);
    var unknown = new UnknownGuests(home, new KeptRuns(layout.state().resolve("runs")));
    var volumes = new Volumes(repository, storage, images, catalogue, unknown);
    var machines = new Machines(repository, engine, volumes, home, unknown, events, imageUnchanged);
    var access = new VmAccess(machines, engine, home);
    return new Parts(
        machines,
        volumes,
        access,
        new GuestAccess(machines),
        new VmMeasures(machines),
        new SharePaths(layout, hostPaths));
  }
}
