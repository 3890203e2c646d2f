package dev.kelvin.bench.start;

import dev.kelvin.api.Client;
import dev.kelvin.api.VmDocument;
import dev.kelvin.bench.guest.Guest;
import dev.kelvin.bench.report.Bar;
import dev.kelvin.bench.report.Series;
import dev.kelvin.bench.session.BenchSession;
import dev.kelvin.bench.session.DaemonFigures;
import dev.kelvin.bench.session.Node;
import dev.kelvin.bench.session.Options;
import dev.kelvin.bench.start.KelvinStart.Manner;
import dev.kelvin.bench.stored.CommandFigures;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmStatus;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Memory;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.VmSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How a VM starts, beside QEMU by hand and libvirt; then the command line and the daemon. */
public final class StartPart {
  private static final int MEMORY_MIB = 256;

  private final BenchSession session;
  private final Options options;

  private StartPart(BenchSession session) {
    this.session = session;
    this.options = session.options();
  }

  public static void measure(BenchSession session) throws IOException, InterruptedException {
    new StartPart(session).measure();
  }

  private void measure() throws IOException, InterruptedException {
    Guest guest = Guest.obtain(session.root().resolve("bench/target/guest"), session.commands());
    try (var node = session.node()) {
      node.start();
      BenchSession.say("how VMs start, in " + options.rounds() + " rounds");
      try (Client client = node.client()) {
        measureStarts(node, guest, client);
        session.describe(client.info());
      }
      BenchSession.say("the daemon");
      measureDaemon(node, guest);
    }
    BenchSession.say("the command line");
    CommandFigures.measure(session);
  }

  private static VmSpec spec(Guest guest, int memoryMiB) {
    return VmSpec.defaults().toBuilder()
        .memory(Memory.of(ByteSize.ofMiB(memoryMiB)))
        .boot(Boot.kernel(guest.kernel().toString(), guest.initrd().toString(), Guest.CMDLINE))
        .nics(List.of(Nic.of("net")))
        .build();
  }

  private void measureStarts(Node node, Guest guest, Client client)
      throws IOException, InterruptedException {
    VmSpec spec = spec(guest, MEMORY_MIB);
    // The first VM also waits for the host to be examined; its arguments are those by hand.
    var sample = new Vm(Metadata.named("sample"), spec, VmStatus.initial());
    node.finish(client, client.createVm(VmDocument.of(sample)));
    Vm running = client.vm("sample");
    HandStart byHand = HandStart.like(running, node, session.place().resolve("hand"));
    node.finish(client, client.deleteVm("sample", true));

    var start = new KelvinStart(node, spec, Manner.START);
    var create = new KelvinStart(node, spec, Manner.CREATE);
    if (!options.libvirt()) {
      session.note("libvirt was left out on request.");
      compare(new Starts(List.of(byHand, start, create)), byHand, start, create);
      return;
    }
    installLibvirt();
    String accelerator = client.info().accelerator();
    boolean hide = accelerator.equals("tcg");
    Path directory = Files.createDirectory(session.place().resolve("v"));
    var readable = new Guest(directory.resolve("vmlinuz"), directory.resolve("initrd"));
    Files.copy(guest.kernel(), readable.kernel());
    Files.copy(guest.initrd(), readable.initrd());
    try (var libvirt = Libvirt.start(directory, session.commands(), Libvirt.runsAsRoot(), hide)) {
      if (hide) {
        session.note(
            "libvirt could not open /dev/kvm: KVM does not work on this machine, and libvirt probes"
                + " a broken one anew before each start, for most of a minute.");
      }
      session.note(
          "libvirt ran as an ordinary user in session mode, which spares it cgroups and ownership of"
              + " files.");
      var virsh =
          new LibvirtStart(libvirt, running.spec().machine(), accelerator, MEMORY_MIB, readable);
      var starts = new Starts(List.of(byHand, start, create, virsh));
      compare(starts, byHand, start, create);
      session.add(starts.running(virsh));
      session.add(starts.init(virsh));
      session.add(
          Bar.ratio(
              "API call to running, against virsh create",
              starts.running(start),
              starts.running(virsh),
              0.5));
    }
  }

  private void compare(Starts starts, HandStart byHand, KelvinStart start, KelvinStart create)
      throws IOException, InterruptedException {
    starts.run(options.rounds());
    for (Start each : List.of(byHand, start, create)) {
      session.add(starts.running(each));
      session.add(starts.init(each));
    }
    session.add(
        Bar.ratio(
            "API call to running, against the same QEMU by hand",
            starts.running(start),
            starts.running(byHand),
            1.5));
    session.add(
        Bar.ratio(
            "API call to init, against the same QEMU by hand",
            starts.init(start),
            starts.init(byHand),
            1.05));
  }

  private void measureDaemon(Node node, Guest guest) throws IOException, InterruptedException {
    Series answer = DaemonFigures.answer(node);
    Series memory = DaemonFigures.memory(node, spec(guest, 128), options.vms());
    session.add(answer, memory);
    session.add(new Bar("API answers after exec", answer.median(), 600, "ms"));
    session.add(
        new Bar(
            "resident memory with " + options.vms() + " VMs, highest", memory.max(), 130, "MiB"));
  }

  private void installLibvirt() throws IOException, InterruptedException {
    if (Files.isExecutable(Path.of("/usr/sbin/libvirtd"))) {
      return;
    }
    BenchSession.say(
        "installing " + String.join(", ", Libvirt.PACKAGES) + " from the distribution's packages");
    var argv = new ArrayList<>(List.of("apt-get", "install", "-y", "--no-install-recommends"));
    argv.addAll(Libvirt.PACKAGES);
    var result = session.commands().run(Command.of(argv).timeout(Duration.ofMinutes(15)));
    if (!result.ok()) {
      throw new IOException(
          "they cannot be installed; --no-libvirt does without: " + result.stderr());
    }
  }
}
