package dev.kelvin.it.fault;

import dev.kelvin.api.Client;
import dev.kelvin.api.ListQuery;
import dev.kelvin.api.PullRequest;
import dev.kelvin.api.VmDocument;
import dev.kelvin.it.fault.KillSwitch.Side;
import dev.kelvin.it.product.Guests;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Phase;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.PortForward;
import dev.kelvin.model.spec.Power;
import dev.kelvin.model.spec.Protocol;
import dev.kelvin.model.spec.Share;
import dev.kelvin.model.spec.ShareCache;
import dev.kelvin.model.spec.Tpm;
import dev.kelvin.model.spec.TpmVersion;
import dev.kelvin.model.spec.VmSpec;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A scenario at least for each kind of task. */
final class Scenarios {
  static final String VM = "half";
  static final String IMAGE = "half-image";

  /** The task, the image that is reserved, and that it is. */
  private static final int WRITES_BEFORE_BUILD = 3;

  private static final Path SWTPM = Path.of("/usr/bin/swtpm");
  private static final Path VIRTIOFSD = Path.of("/usr/lib/qemu/virtiofsd");
  private static final Scenario.Work NOTHING = daemon -> {};

  private final int takenPort;
  private final URI file;
  private final Path shared;

  /**
   * @param takenPort a port of the loopback address that is in use, for tasks that shall fail
   * @param file of an image, to be pulled
   * @param shared a directory that VMs share with the host
   */
  Scenarios(int takenPort, URI file, Path shared) {
    this.takenPort = takenPort;
    this.file = file;
    this.shared = shared;
  }

  List<Scenario> all() {
    var all = new ArrayList<Scenario>();
    all.addAll(creating());
    all.addAll(accompanied());
    all.addAll(changing());
    all.add(volume());
    all.addAll(power());
    all.addAll(GuestEnds.all());
    all.addAll(images());
    all.addAll(damaged());
    all.addAll(unknown());
    all.addAll(node());
    return all;
  }

  private List<Scenario> creating() {
    UnaryOperator<VmSpec.Builder> nowhere = spec -> spec.disks(disks("one")).nics(portTaken());
    return List.of(
        scenario(
            "a VM is created",
            "vm.create",
            NOTHING,
            client ->
                client.createVm(VmDocument.of(Guests.empty(VM, spec -> spec.disks(disks("one"))))),
            Checks.phase(Phase.RUNNING),
            Checks.both(Checks.noVm(), Checks.volumes(0))),
        scenario(
            "a VM is created that cannot start",
            "vm.create",
            NOTHING,
            client -> client.createVm(VmDocument.of(Guests.empty(VM, nowhere))),
            Checks.never(),
            Checks.both(Checks.noVm(), Checks.volumes(0))),
        scenario(
            "a VM is deleted",
            "vm.delete",
            running(),
            client -> client.deleteVm(VM, true, false),
            Checks.both(Checks.noVm(), Checks.volumes(0)),
            Checks.phase(Phase.RUNNING)));
  }

  /** VMs whose QEMU needs other processes. */
  private List<Scenario> accompanied() {
    Vm vm =
        Guests.empty(
            VM,
            spec ->
                spec.tpm(new Tpm(TpmVersion.V2_0))
                    .shares(
                        List.of(
                            new Share("both", shared.toString(), null, true, ShareCache.NONE))));
    return List.of(
        scenario(
                "a VM with a TPM and a shared directory is created",
                "vm.create",
                NOTHING,
                client -> client.createVm(VmDocument.of(vm)),
                Checks.phase(Phase.RUNNING),
                Checks.noVm())
            .needing(SWTPM, VIRTIOFSD),
        scenario(
                "a VM with a TPM and a shared directory is stopped",
                "vm.stop",
                daemon -> daemon.create(vm),
                client -> client.stopVm(VM),
                Checks.phase(Phase.STOPPED),
                Checks.phase(Phase.RUNNING))
            .needing(SWTPM, VIRTIOFSD));
  }

  private List<Scenario> changing() {
    return List.of(
        scenario(
            "a disk is added to a running VM",
            "vm.update",
            running(),
            client -> update(client, spec -> spec.disks(disks("one", "two"))),
            Checks.both(Checks.disksAre("one", "two"), Checks.volumes(2)),
            Checks.both(Checks.disksAre("one"), Checks.volumes(1))),
        scenario(
            "a NIC is added whose port is taken",
            "vm.update",
            running(),
            client -> update(client, spec -> spec.nics(portTaken())),
            Checks.never(),
            Checks.nics(0)),
        scenario(
            "a VM is started by its spec",
            "vm.update",
            stopped(),
            client -> update(client, spec -> spec.power(Power.RUNNING)),
            Checks.phase(Phase.RUNNING),
            Checks.phase(Phase.STOPPED)),
        scenario(
            "a VM is renamed",
            "vm.rename",
            running(),
            client -> client.renameVm(VM, "other"),
            daemon ->
                Checks.names(daemon).equals(Set.of("other")) ? Set.of() : Checks.names(daemon),
            daemon -> Checks.names(daemon).equals(Set.of(VM)) ? Set.of() : Checks.names(daemon)));
  }

  private static Scenario volume() {
    return scenario(
        "a volume is deleted",
        "volume.delete",
        daemon -> {
          stopped().on(daemon);
          daemon.done(daemon.client().deleteVm(VM, true, true));
        },
        client -> client.volumes().delete(client.volumes().all(ListQuery.all()).getFirst().id()),
        Checks.volumes(0),
        Checks.volumes(1));
  }

  private static List<Scenario> power() {
    return List.of(
        scenario(
            "a VM is started",
            "vm.start",
            stopped(),
            client -> client.startVm(VM),
            Checks.phase(Phase.RUNNING),
            Checks.phase(Phase.STOPPED)),
        scenario(
            "a VM is stopped",
            "vm.stop",
            running(),
            client -> client.stopVm(VM),
            Checks.phase(Phase.STOPPED),
            Checks.phase(Phase.RUNNING)),
        scenario(
            "a guest that does not listen is shut down",
            "vm.shutdown",
            running(),
            client -> client.shutdownVm(VM, Duration.ofSeconds(1), true),
            Checks.phase(Phase.STOPPED),
            Checks.phase(Phase.RUNNING)),
        scenario(
            "a VM is reset",
            "vm.reset",
            running(),
            client -> client.resetVm(VM),
            Checks.phase(Phase.RUNNING),
            Checks.phase(Phase.RUNNING)),
        scenario(
            "a VM is paused",
            "vm.pause",
            running(),
            client -> client.pauseVm(VM),
            Checks.phase(Phase.PAUSED),
            Checks.phase(Phase.RUNNING)),
        scenario(
            "a VM is resumed",
            "vm.resume",
            daemon -> {
              running().on(daemon);
              daemon.done(daemon.client().pauseVm(VM));
            },
            client -> client.resumeVm(VM),
            Checks.phase(Phase.RUNNING),
            Checks.phase(Phase.PAUSED)));
  }

  private List<Scenario> images() {
    byte[] liar = "this is not a qcow2 file".getBytes(StandardCharsets.US_ASCII);
    return List.of(
        scenario(
            "a file is imported",
            "image.import",
            NOTHING,
            Scenarios::importRaw,
            Checks.imagesAre(IMAGE),
            Checks.imagesAre()),
        scenario(
            "a file is imported that is not what it is said to be",
            "image.import",
            NOTHING,
            client -> importAs(client, Format.QCOW2, liar),
            Checks.never(),
            Checks.imagesAre()),
        scenario(
            "a file is pulled",
            "image.pull",
            NOTHING,
            client -> client.images().pull(pull(file)),
            Checks.imagesAre(IMAGE),
            Checks.imagesAre()),
        scenario(
            "a file is pulled that is not there",
            "image.pull",
            NOTHING,
            client -> client.images().pull(pull(file.resolve("/nothing.qcow2"))),
            Checks.never(),
            Checks.imagesAre()),
        scenario(
            "an image is deleted",
            "image.delete",
            daemon -> daemon.done(importRaw(daemon.client())),
            client -> client.images().delete(IMAGE),
            Checks.imagesAre(),
            Checks.imagesAre(IMAGE)),
        scenario(
            "an image is built from a mirror that has nothing",
            "image.build",
            NOTHING,
            client ->
                client.images().build(IMAGE, recipe(file.resolve("/debian").toString()), Map.of()),
            Checks.never(),
            Checks.imagesAre()),
        building());
  }

  /**
   * A build takes a minute. Here it is killed before that, and what the next daemon goes on with is
   * cancelled; BuildGoesOnTest has the rest.
   */
  private static Scenario building() {
    return new Scenario(
        "an image is built",
        Set.of(),
        "image.build",
        EnumSet.allOf(Side.class),
        WRITES_BEFORE_BUILD,
        NOTHING,
        client -> client.images().build(IMAGE, recipe(null), Map.of()),
        daemon -> true,
        Checks.never(),
        Checks.imagesAre(),
        Scenarios::cancel);
  }

  /** Each of their cases starts the daemon twice more: one side of each write has to do. */
  private static List<Scenario> damaged() {
    return List.of(
        damaged(
            "a VM that is damaged is deleted",
            "vm.delete",
            daemon -> {
              running().on(daemon);
              TornState.tear(daemon, "/vms/" + daemon.client().vm(VM).metadata().id());
            },
            client -> client.deleteVm(VM, true, false),
            Checks.both(Checks.damagedAre(), Checks.volumes(0)),
            Checks.both(Checks.damagedAre("vm/" + VM), Checks.volumes(1))),
        damaged(
            "an image that is damaged is deleted",
            "image.delete",
            daemon -> {
              daemon.done(importRaw(daemon.client()));
              TornState.tear(daemon, "/images/" + IMAGE);
            },
            client -> client.images().delete(IMAGE, true),
            Checks.both(Checks.damagedAre(), Checks.imagesAre()),
            Checks.damagedAre("image/" + IMAGE)));
  }

  private static Scenario damaged(
      String name,
      String type,
      Scenario.Work prepare,
      Scenario.Act act,
      Scenario.Check done,
      Scenario.Check undone) {
    return new Scenario(
        name,
        Set.of(),
        type,
        EnumSet.of(Side.AFTER),
        Scenario.ALL,
        prepare,
        act,
        daemon -> true,
        done,
        undone,
        (_, _) -> {});
  }

  /** As with those that are damaged, one side has to do. */
  private static List<Scenario> unknown() {
    Scenario.Work lost =
        daemon -> {
          running().on(daemon);
          LostStoreTest.lose(daemon);
        };
    return List.of(
        damaged(
            "a guest of a lost store is taken over",
            "vm.adopt",
            lost,
            client -> client.adopt(VM, null),
            Checks.both(Checks.phase(Phase.RUNNING), Checks.unknownAre()),
            Checks.both(Checks.noVm(), Checks.unknownAre(VM))),
        damaged(
            "a guest of a lost store is ended",
            "vm.end",
            lost,
            client -> client.endUnknown(VM),
            Checks.both(Checks.unknownAre(), Checks.volumes(1)),
            Checks.unknownAre(VM)));
  }

  private static void cancel(Client client, Task task) {
    try {
      client.cancelTask(task.id());
    } catch (ProblemException e) {
      // It may have ended, or be past what can be cancelled; anything else is a fault.
      if (e.problem().code() != Code.WRONG_STATE) {
        throw e;
      }
    }
  }

  private static PullRequest pull(URI from) {
    return new PullRequest(
        IMAGE,
        new PullRequest.Pull(from.toString(), null, Format.QCOW2, null, null, true, null),
        Map.of());
  }

  private static BuildRecipe recipe(@Nullable String mirror) {
    return new BuildRecipe("debian", "bookworm", ByteSize.ofGiB(2), List.of(), mirror);
  }

  private static List<Scenario> node() {
    Scenario.Check nothing = daemon -> Set.of();
    return List.of(
        scenario(
            "the host is examined",
            "node.doctor",
            NOTHING,
            client -> client.host().examine(),
            nothing,
            nothing),
        scenario(
            "packages are installed",
            "node.packages",
            NOTHING,
            client -> client.host().installPackages(List.of("busybox-static")),
            nothing,
            nothing));
  }

  static Scenario scenario(
      String name,
      String type,
      Scenario.Work prepare,
      Scenario.Act act,
      Scenario.Check done,
      Scenario.Check undone) {
    return new Scenario(
        name,
        Set.of(),
        type,
        Campaign.current().sides(),
        Scenario.ALL,
        prepare,
        act,
        daemon -> true,
        done,
        undone,
        (client, task) -> {});
  }

  // ---- what tasks work on

  private static Scenario.Work running() {
    return daemon -> daemon.create(Guests.empty(VM, spec -> spec.disks(disks("one"))));
  }

  private static Scenario.Work stopped() {
    return daemon ->
        daemon.create(Guests.empty(VM, spec -> Guests.stopped().apply(spec.disks(disks("one")))));
  }

  private static List<Disk> disks(String... names) {
    return List.of(names).stream().map(name -> Disk.of(name, null, ByteSize.ofMiB(16))).toList();
  }

  private List<Nic> portTaken() {
    return List.of(
        Nic.of("net")
            .withForwards(List.of(PortForward.of(Protocol.TCP, "127.0.0.1", takenPort, 22))));
  }

  private static Task importRaw(Client client) {
    byte[] content = new byte[1 << 20];
    content[0] = 1;
    return importAs(client, Format.RAW, content);
  }

  static Task importAs(Client client, Format format, byte[] content) {
    var in = new ByteArrayInputStream(content);
    return client.images().importFile(IMAGE, format, Map.of(), in, content.length);
  }

  private static Task update(Client client, UnaryOperator<VmSpec.Builder> change) {
    Vm vm = client.vm(VM);
    VmSpec wanted = change.apply(vm.spec().toBuilder()).build();
    return client.updateVm(
        VM, VmDocument.of(new Vm(vm.metadata(), wanted, vm.status())), vm.metadata().revision());
  }
}
