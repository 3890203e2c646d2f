package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.run.DaemonControl;
import dev.kelvin.cli.run.GuestWaiter;
import dev.kelvin.cli.run.GuestWaiter.Readiness;
import dev.kelvin.cli.run.HostPreparer;
import dev.kelvin.cli.run.ImagePreparer;
import dev.kelvin.cli.run.VmReach;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Power;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin run}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Starts the daemon if none runs, installs what the host lacks (after asking), makes the image if it",
      "is not there, creates the VM, boots it, and waits until the guest says that it is ready. Ctrl-C",
      "cancels what is being made; once the VM boots, it leaves it alone. With --no-wait it writes the VM's",
      "name, and the task's id to standard error.",
      "",
      "What is not there is pulled from its publisher; Debian is built from its packages where that cannot",
      "be reached. A pulled image that has no guest agent gets it from its distribution at the first boot.",
      "",
      "Examples:",
      "  kelvin run debian",
      "  kelvin run debian --name web1 --memory 2GiB --cpus 4 --disk 20GiB --forward 8080:80",
      "  kelvin run ubuntu:24.04",
      "  kelvin run --image server.qcow2 --uefi --user-data cloud-config.yaml",
      "  kelvin run --iso debian-12-netinst.iso --disk 20GiB --no-wait",
      "  kelvin run --netboot http://10.0.2.2:8000/boot.ipxe --no-wait",
      "  kelvin run --kernel vmlinuz --initrd initrd.img --cmdline 'console=ttyS0 quiet'"
    })
public final class RunCommand extends Command {
  private static final Duration PATIENCE = Duration.ofMinutes(20);

  @Parameters(
      arity = "0..1",
      paramLabel = "DISTRIBUTION",
      description =
          "What to boot: debian, ubuntu:24.04 or another name of the catalogue, or an image that is"
              + " there.")
  @Nullable String distribution;

  @Mixin VmOptions options = new VmOptions();

  @Option(
      names = {"-y", "--yes"},
      description = "Install packages that the host lacks without asking.")
  boolean yes;

  @Mixin Waiting waiting = new Waiting();

  public RunCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    options.check(distribution);
    Duration limit = waiting.limit(PATIENCE);
    new DaemonControl(session).ensure();
    var host = new HostPreparer(session);
    host.prepare(options.needs(distribution), yes);
    var maker = new NewVm(session, options, waiting, () -> host.prepareBuilds(yes));
    NewVm.Made made = maker.make(maker.describe(distribution, Power.RUNNING), distribution);
    Vm vm = made.vm();
    String name = vm.metadata().name();
    if (!waiting.waits()) {
      session.out().println(name);
      session.err().println("It is being made. Wait with: kelvin task wait " + made.task().id());
      return 0;
    }
    Readiness readiness = readiness(vm);
    Vm ready = new GuestWaiter(session).await(name, readiness, limit);
    if (readiness == Readiness.ANY_SIGN && ready.status().guest() == null) {
      session
          .err()
          .println(
              "No guest agent answers, so exec, cp and addresses do not work yet. cloud-init installs"
                  + " it where the guest reaches its distribution; by hand: package qemu-guest-agent.");
    }
    session.out().print(new VmReach(session).text(ready, session.style()));
    return 0;
  }

  /** Only a guest of which it is known what it has is waited for to say something. */
  private Readiness readiness(Vm vm) {
    boolean agent = vm.spec().guestAgent() && vm.spec().cloudInit() != null;
    if (!agent || vm.spec().disks().isEmpty()) {
      return Readiness.RUNNING;
    }
    Disk root = vm.spec().disks().getFirst();
    if (root.image() == null) {
      return Readiness.RUNNING;
    }
    return new ImagePreparer(session).readiness(root.image());
  }
}
