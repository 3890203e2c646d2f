package dev.kelvin.bench;

import dev.kelvin.api.Client;
import dev.kelvin.api.VmDocument;
import dev.kelvin.bench.KelvinStart.Manner;
import dev.kelvin.host.Commands;
import dev.kelvin.host.Commands.Command;
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
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code ./dev bench}. */
public final class Main {
  private static final int MEMORY_MIB = 256;

  private final Options options;
  private final Path root;
  private final Path place;
  private final Commands commands = new Commands();
  private final List<Series> series = new ArrayList<>();
  private final List<Bar> bars = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  private Main(Options options, Path root, Path place) {
    this.options = options;
    this.root = root;
    this.place = place;
  }

  /** Run from the root of the source tree, after the program was built. */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (List.of(args).contains("--help")) {
      System.out.print(Options.HELP);
      return;
    }
    Options options;
    try {
      options = Options.parse(List.of(args));
    } catch (Options.Wrong e) {
      System.err.println("bench: " + e.getMessage());
      System.err.print(Options.HELP);
      System.exit(2);
      return;
    }
    Path place = // Open to pass through: VMs run as users of their own.
        Files.createTempDirectory(
            "kb",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    // A VM's own user, and libvirt's, must be able to pass through.
    Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwx--x--x"));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> tidy(place), "tidy"));
    boolean met = new Main(options, Path.of("").toAbsolutePath(), place).run();
    System.exit(met || !options.strict() ? 0 : 1);
  }

  /** Also when the run is broken off: nothing of it stays. */
  private static void tidy(Path place) {
    try {
      Leftovers.kill(place);
      Trees.delete(place);
    } catch (IOException e) {
      System.err.println("bench: " + place + " is left behind: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean run() throws IOException, InterruptedException {
    String load = Machine.load();
    Guest guest = Guest.obtain(root.resolve("bench/target/guest"), commands);
    Path home = Files.createDirectory(place.resolve("k"));
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx--x--x"));
    Map<String, String> machine;
    try (var node = new Node(root.resolve("dist/target/kelvin"), home)) {
      node.start();
      say("how VMs start, in " + options.rounds() + " rounds");
      try (Client client = node.client()) {
        measureStarts(node, guest, client);
        machine = Machine.describe(root, client.info(), commands, options.libvirt());
      }
      say("the command line, the daemon");
      measureDaemon(node, guest);
    }
    notes.add(
        "Load average of the last minute: " + load + " before, " + Machine.load() + " after.");
    var report = new Report(LocalDate.now(ZoneId.systemDefault()), machine, series, bars, notes);
    Path written = report.write(root.resolve("bench/results"), options.slug());
    System.out.println();
    System.out.println(report.markdown(options.slug()));
    say("written to " + root.relativize(written) + " and .json beside it");
    return bars.stream().allMatch(Bar::met);
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
    HandStart byHand = HandStart.like(running, node, place.resolve("hand"));
    node.finish(client, client.deleteVm("sample", true));

    var start = new KelvinStart(node, spec, Manner.START);
    var create = new KelvinStart(node, spec, Manner.CREATE);
    if (!options.libvirt()) {
      notes.add("libvirt was left out on request.");
      compare(new Starts(List.of(byHand, start, create)), byHand, start, create);
      return;
    }
    installLibvirt();
    String accelerator = client.info().accelerator();
    boolean hide = accelerator.equals("tcg");
    Path directory = Files.createDirectory(place.resolve("v"));
    var readable = new Guest(directory.resolve("vmlinuz"), directory.resolve("initrd"));
    Files.copy(guest.kernel(), readable.kernel());
    Files.copy(guest.initrd(), readable.initrd());
    try (var libvirt = Libvirt.start(directory, commands, Libvirt.runsAsRoot(), hide)) {
      if (hide) {
        notes.add(
            "libvirt could not open /dev/kvm: KVM does not work on this machine, and libvirt probes"
                + " a broken one anew before each start, for most of a minute.");
      }
      notes.add(
          "libvirt ran as an ordinary user in session mode, which spares it cgroups and ownership of"
              + " files.");
      var virsh =
          new LibvirtStart(libvirt, running.spec().machine(), accelerator, MEMORY_MIB, readable);
      var starts = new Starts(List.of(byHand, start, create, virsh));
      compare(starts, byHand, start, create);
      series.add(starts.running(virsh));
      series.add(starts.init(virsh));
      bars.add(
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
      series.add(starts.running(each));
      series.add(starts.init(each));
    }
    bars.add(
        Bar.ratio(
            "API call to running, against the same QEMU by hand",
            starts.running(start),
            starts.running(byHand),
            1.5));
    bars.add(
        Bar.ratio(
            "API call to init, against the same QEMU by hand",
            starts.init(start),
            starts.init(byHand),
            1.05));
  }

  private void measureDaemon(Node node, Guest guest) throws IOException, InterruptedException {
    Series command = DaemonFigures.commandLine(root, node);
    Series answer = DaemonFigures.answer(node);
    Series memory = DaemonFigures.memory(node, spec(guest, 128), options.vms());
    series.addAll(List.of(command, answer, memory));
    bars.add(new Bar("CLI round trip to a running daemon, wall", command.median(), 250, "ms"));
    bars.add(new Bar("API answers after exec", answer.median(), 600, "ms"));
    bars.add(
        new Bar(
            "resident memory with " + options.vms() + " VMs, highest", memory.max(), 130, "MiB"));
  }

  private void installLibvirt() throws IOException, InterruptedException {
    if (Files.isExecutable(Path.of("/usr/sbin/libvirtd"))) {
      return;
    }
    say("installing " + String.join(", ", Libvirt.PACKAGES) + " from the distribution's packages");
    var argv = new ArrayList<>(List.of("apt-get", "install", "-y", "--no-install-recommends"));
    argv.addAll(Libvirt.PACKAGES);
    var result = commands.run(Command.of(argv).timeout(Duration.ofMinutes(15)));
    if (!result.ok()) {
      throw new IOException(
          "they cannot be installed; --no-libvirt does without: " + result.stderr());
    }
  }

  private static void say(String text) {
    System.out.println("bench: " + text);
  }
}
