package dev.kelvin.qemu.control;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.VmStatus.Forward;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.qemu.BlockSource;
import dev.kelvin.qemu.DeviceIds;
import dev.kelvin.qemu.DevicePlace;
import dev.kelvin.qemu.Devices;
import dev.kelvin.qemu.LaunchedMachine;
import dev.kelvin.qemu.Props;
import dev.kelvin.qemu.VmFiles;
import dev.kelvin.qmp.Budget;
import dev.kelvin.qmp.Cost;
import dev.kelvin.qmp.Dialer;
import dev.kelvin.qmp.QmpClient;
import dev.kelvin.qmp.QmpEvent;
import dev.kelvin.qmp.QmpException;
import dev.kelvin.qmp.QmpListener;
import dev.kelvin.qmp.Texts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A running QEMU under control. Every method talks to QEMU and may throw {@link
 * dev.kelvin.model.ProblemException}: qemu-refused with QEMU's own words as cause, timeout when it
 * does not answer, unavailable when the connection is gone. Closing lets go of QEMU, which runs on.
 */
public final class RunningVm implements AutoCloseable {
  /** Until then a starting process is looked at each time; nanoseconds. */
  private static final long FIRST_MOMENTS = 10_000_000;

  private final QmpClient client;
  private final Calls calls;
  private final HotPlug hotPlug;
  private final Media media;

  private RunningVm(QmpClient client, Unplugs unplugs) {
    this.client = client;
    calls = new Calls(client);
    hotPlug = new HotPlug(calls, unplugs);
    media = new Media(calls);
  }

  /**
   * How QEMU is reached.
   *
   * @param dialer connects, and makes sure that it is the right QEMU
   * @param budget what all QEMUs together may make this process hold
   */
  public record Way(Dialer dialer, Budget budget) {
    /** To a QEMU that is trusted. */
    static Way plain() {
      return new Way(Dialer.plain(), new Budget(64L << 20));
    }
  }

  /** As below, to whoever listens there: nothing that it says is to be believed of another VM. */
  public static RunningVm connect(VmFiles files, Duration timeout, QemuEvents events)
      throws InterruptedException {
    return connect(files, timeout, events, Way.plain());
  }

  /**
   * Connects to a QEMU that is there, as after a restart of the daemon.
   *
   * @throws dev.kelvin.model.ProblemException unavailable when nobody listens on the socket,
   *     timeout when QEMU hangs or another client is connected
   */
  public static RunningVm connect(VmFiles files, Duration timeout, QemuEvents events, Way way)
      throws InterruptedException {
    try {
      return open(files.qmp(), timeout, events, way);
    } catch (QmpException e) {
      throw Calls.problem(e, "QEMU refuses its control channel");
    }
  }

  /** As below, to whoever listens there. */
  public static RunningVm awaitStart(
      VmFiles files, Duration timeout, BooleanSupplier alive, QemuEvents events)
      throws InterruptedException {
    return awaitStart(files, timeout, alive, events, Way.plain());
  }

  /**
   * Connects to a QEMU that was just launched, as soon as it listens. The socket of an earlier run
   * must have been removed.
   *
   * @param alive whether its process is still there; when it is not, waiting ends at once
   * @throws dev.kelvin.model.ProblemException qemu-refused when the process ended, with the end of
   *     what it said as cause
   */
  public static RunningVm awaitStart(
      VmFiles files, Duration timeout, BooleanSupplier alive, QemuEvents events, Way way)
      throws InterruptedException {
    long begin = System.nanoTime();
    long deadline = begin + timeout.toNanos();
    long looked = begin;
    while (true) {
      boolean wasAlive = true;
      long now = System.nanoTime();
      if (looked - begin < FIRST_MOMENTS || now - looked >= (now - begin) / 10) {
        looked = now;
        wasAlive = alive.getAsBoolean();
      }
      var left = Duration.ofNanos(deadline - System.nanoTime());
      if (left.isNegative()) {
        throw Problem.of(Code.TIMEOUT, "QEMU does not open its control channel")
            .because("there is none after " + timeout.toSeconds() + " s")
            .remedy("look at the load of the host and try again")
            .asException();
      }
      try {
        if (Files.exists(files.qmp())) {
          return open(files.qmp(), left, events, way);
        }
      } catch (QmpException.Disconnected e) {
        // Bound and not yet listening, or ending: the next round tells.
        if (!wasAlive) {
          throw StartFailure.explain(files, e);
        }
      } catch (QmpException e) {
        throw Calls.problem(e, "QEMU refuses its control channel");
      }
      if (!wasAlive) {
        throw StartFailure.explain(files, null);
      }
      LockSupport.parkNanos(pause(System.nanoTime() - begin));
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while QEMU started");
      }
    }
  }

  /**
   * How long to wait before looking again: a fiftieth of what it has taken, since many VMs that
   * start at once would take the time to look from each other.
   */
  private static long pause(long waited) {
    return Math.clamp(waited / 50, 1_000_000, 20_000_000);
  }

  private static RunningVm open(Path socket, Duration timeout, QemuEvents events, Way way)
      throws QmpException, InterruptedException {
    var unplugs = new Unplugs();
    var client =
        QmpClient.connect(
            socket,
            timeout,
            new QmpListener() {
              @Override
              public void event(QmpEvent event) {
                unplugs.hear(event);
                Signals.of(event).ifPresent(events::signal);
              }

              @Override
              public void closed(@Nullable Throwable why) {
                unplugs.closed();
                events.signal(new QemuSignal.Closed(why));
              }
            },
            way.dialer(),
            way.budget());
    return new RunningVm(client, unplugs);
  }

  /** Whether the connection stands. QEMU may run on without it. */
  public boolean isOpen() {
    return client.isOpen();
  }

  /** The version of QEMU that this VM runs on, which an upgrade of the host leaves as it is. */
  public String qemuVersion() {
    return client.version();
  }

  public RunState state() throws InterruptedException {
    return RunState.of(calls.run("query-status", Cost.QUICK).path("status").asString("unknown"));
  }

  /** The machine's UUID, by which a QEMU tells which VM it is. */
  public String uuid() throws InterruptedException {
    return Texts.shown(calls.run("query-uuid", Cost.QUICK).path("UUID").asString(""));
  }

  /** Lets the virtual CPUs run. */
  public void cont() throws InterruptedException {
    calls.run("cont", Cost.NORMAL);
  }

  /** Stops the virtual CPUs. */
  public void pause() throws InterruptedException {
    calls.run("stop", Cost.NORMAL);
  }

  /** Resets the machine at once, as its reset button would. */
  public void reset() throws InterruptedException {
    calls.run("system_reset", Cost.QUICK);
  }

  /** Presses the power button (ACPI); whether the guest follows is its own business. */
  public void powerdown() throws InterruptedException {
    calls.run("system_powerdown", Cost.QUICK);
  }

  /** Has QEMU end at once, after it has flushed its disks; it answers before it does. */
  public void quit() throws InterruptedException {
    try {
      client.execute("quit", Cost.QUICK);
    } catch (QmpException.Disconnected e) {
      // It may be gone before its answer is; gone is what was asked for.
    } catch (QmpException e) {
      throw Calls.problem(e, "QEMU refuses to end");
    }
  }

  /**
   * Presses keys, one chord after another.
   *
   * @param chords such as {@code ctrl-alt-delete}, {@code a}, {@code ret}: names of keys, those to
   *     press together joined by {@code -}
   * @throws dev.kelvin.model.ProblemException invalid-argument for a key that there is none of;
   *     nothing is pressed then
   */
  public void sendKeys(List<String> chords) throws InterruptedException {
    for (var keys : Keys.parse(chords)) {
      calls.run(
          "send-key",
          Map.of("keys", keys.stream().map(key -> Map.of("type", "qcode", "data", key)).toList()),
          Cost.QUICK);
    }
  }

  /**
   * Has QEMU write what the screen shows.
   *
   * @param png where to, absolute; QEMU's user must be able to write there
   * @param screen from 1; one that the VM has
   */
  public void screenshot(Path png, int screen) throws InterruptedException {
    var arguments = Props.of("filename", png.toString()).set("format", "png");
    if (screen > 1) {
      arguments.set("device", Devices.screenId(screen));
    }
    calls.run("screendump", arguments.map(), Cost.NORMAL);
  }

  /**
   * Plugs a disk in: virtio-blk, virtio-scsi or NVMe.
   *
   * @param machine which has the place of the disk already: {@link LaunchedMachine#placeDisk}
   * @throws dev.kelvin.model.ProblemException already-exists for a name that is in use
   */
  public void attachDisk(LaunchedMachine machine, Disk disk, BlockSource source)
      throws InterruptedException {
    hotPlug.attachDisk(machine, disk, source);
  }

  /**
   * Pulls a disk out and closes its file. Does nothing for a disk that is not there; can be
   * repeated after a time-out.
   *
   * @throws dev.kelvin.model.ProblemException timeout when the guest keeps it
   */
  public void detachDisk(String name, Duration timeout) throws InterruptedException {
    hotPlug.detachDisk(name, timeout);
  }

  /**
   * Plugs a NIC in.
   *
   * @param machine which has the place of the NIC already: {@link LaunchedMachine#placeNic}
   * @param forwards their host ports resolved
   */
  public void attachNic(LaunchedMachine machine, Nic nic, List<Forward> forwards)
      throws InterruptedException {
    hotPlug.attachNic(machine, nic, forwards);
  }

  /** Pulls a NIC out, as {@link #detachDisk} does a disk. */
  public void detachNic(String name, Duration timeout) throws InterruptedException {
    hotPlug.detachNic(name, timeout);
  }

  /** Puts a CD in, in place of one that may be there. */
  public void insertMedia(String cdrom, Path iso) throws InterruptedException {
    media.insert(cdrom, iso);
  }

  /** Takes the CD out; does nothing when there is none. */
  public void ejectMedia(String cdrom) throws InterruptedException {
    media.eject(cdrom);
  }

  /** The ids of the devices that are plugged in: {@code disk-NAME}, {@code nic-NAME}, … */
  public Set<String> devices() throws InterruptedException {
    return new TreeSet<>(new DeviceList(calls).drivers().keySet());
  }

  /**
   * The devices that are plugged in, with their places as QEMU has them.
   *
   * @throws dev.kelvin.model.ProblemException host-failure for more than a machine has room for
   */
  public List<DevicePlace> devicePlaces() throws InterruptedException {
    return new DeviceList(calls).places();
  }

  /** What each disk has done since QEMU started. */
  public List<BlockStat> blockStats() throws InterruptedException {
    var stats = new ArrayList<BlockStat>();
    for (var block : calls.run("query-blockstats", Cost.QUICK)) {
      String node = block.path("node-name").asString("");
      if (node.startsWith(DeviceIds.DISK)) {
        var counts = block.path("stats");
        stats.add(
            new BlockStat(
                node.substring(DeviceIds.DISK.length()),
                counts.path("rd_bytes").asLong(0),
                counts.path("wr_bytes").asLong(0),
                counts.path("rd_operations").asLong(0),
                counts.path("wr_operations").asLong(0),
                counts.path("flush_operations").asLong(0)));
      }
    }
    return stats;
  }

  /**
   * Of a VM that is paused since one of its disks failed: which, and whether that was for want of
   * space. QAPI: query-block, BlockDeviceIoStatus.
   */
  public Optional<FailedDisk> failedDisk() throws InterruptedException {
    for (var drive : calls.run("query-block", Cost.QUICK)) {
      String status = drive.path("io-status").asString("ok");
      String node = drive.path("inserted").path("node-name").asString("");
      if (!status.equals("ok") && node.startsWith(DeviceIds.DISK)) {
        return Optional.of(
            new FailedDisk(
                Texts.shown(node.substring(DeviceIds.DISK.length())), status.equals("nospace")));
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    client.close();
  }
}
