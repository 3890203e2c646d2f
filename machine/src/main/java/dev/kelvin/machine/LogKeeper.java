package dev.kelvin.machine;

import dev.kelvin.host.file.GuestDirectory;
import dev.kelvin.host.file.HostileFileException;
import dev.kelvin.machine.launch.home.VmHome;
import dev.kelvin.machine.supervise.Supervisors;
import dev.kelvin.model.Vm;
import dev.kelvin.qemu.VmFiles;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Keeps small what QEMU and the helpers of VMs say, which guests can make them say without end.
 * They append to files that only the daemon's user can open, and go on when there is no daemon: so
 * no pipe of the daemon's is between (they would block or end with it) and no process besides (it
 * would be one more for each VM). Instead the daemon looks every few seconds, keeps the end of a
 * file that is too large beside it, and makes the file empty; what appends goes on at its
 * beginning. While no daemon runs nothing is kept small.
 */
final class LogKeeper implements AutoCloseable {
  private static final Logger LOG = System.getLogger(LogKeeper.class.getName());

  /** From this size on a log is made empty. */
  static final long LARGEST = 1 << 20;

  /** How much of its end is kept. */
  static final int KEPT = 256 << 10;

  private static final Duration INTERVAL = Duration.ofSeconds(2);

  private final Supervisors vms;
  private final VmHome home;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  LogKeeper(Supervisors vms, VmHome home) {
    this.vms = vms;
    this.home = home;
    this.thread = Thread.ofPlatform().daemon().name("log-keeper").unstarted(this::work);
  }

  void start() {
    thread.start();
  }

  private void work() {
    var modern = new HashSet<String>();
    try {
      while (!closed.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        var running = vms.list().stream().filter(vm -> vm.status().phase().hasProcess()).toList();
        modern.retainAll(running.stream().map(vm -> vm.metadata().id()).toList());
        for (Vm vm : running) {
          String id = vm.metadata().id();
          VmFiles files = home.files(id);
          look(files.kept());
          // What a process writes to is so from its start on.
          if (!modern.contains(id) && !lookAtOld(files, vm.spec().shares().size())) {
            modern.add(id);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks at the logs in a directory; the serial port's keeps itself small. */
  static void look(Path directory) {
    try (DirectoryStream<Path> logs = Files.newDirectoryStream(directory, "*.log")) {
      for (Path log : logs) {
        if (!log.endsWith("serial.log") && Files.size(log) > LARGEST) {
          shrink(log);
        }
      }
    } catch (NoSuchFileException e) {
      LOG.log(Level.DEBUG, () -> "went away: " + e.getMessage());
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "keeping the logs in " + directory + " small", e);
    }
  }

  private static void shrink(Path log) throws IOException {
    try (var file = FileChannel.open(log, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      shrink(file, log);
    }
  }

  /**
   * Makes a log empty.
   *
   * @param log beside which its end is kept
   */
  private static void shrink(FileChannel file, Path log) throws IOException {
    var end = ByteBuffer.allocate(KEPT);
    long from = Math.max(0, file.size() - KEPT);
    while (end.hasRemaining() && file.read(end, from + end.position()) > 0) {
      // until it is full, or the file ends
    }
    try {
      VmHome.write(
          log.resolveSibling(log.getFileName() + ".1"), Arrays.copyOf(end.array(), end.position()));
    } finally {
      // Also on a full disk, where its room is needed most.
      file.truncate(0);
    }
  }

  /**
   * Looks at the logs of a process from before Kelvin 0.2, which lie where the VM's user can write
   * to and put anything else in their place. The end of one that is too large is kept where those
   * of today are.
   *
   * @param shares how many file servers it may have
   * @return whether there are any
   */
  static boolean lookAtOld(VmFiles files, int shares) {
    var logs = new ArrayList<Path>(List.of(files.output(), files.tpmLog()));
    for (int i = 0; i < shares; i++) {
      logs.add(files.shareLog(i));
    }
    boolean any = false;
    try (var state = GuestDirectory.open(files.state())) {
      for (Path log : logs) {
        any |= lookAtOld(state, log);
      }
    } catch (NoSuchFileException e) {
      LOG.log(Level.DEBUG, () -> "went away: " + e.getMessage());
    } catch (IOException | RuntimeException e) {
      any = true;
      LOG.log(Level.WARNING, "keeping the logs in " + files.state() + " small", e);
    }
    return any;
  }

  private static boolean lookAtOld(GuestDirectory state, Path log) throws IOException {
    try (FileChannel file = state.openToCut(log.getFileName().toString()).orElse(null)) {
      if (file != null && file.size() > LARGEST) {
        shrink(file, log);
      }
      return file != null;
    } catch (HostileFileException e) {
      // Not a log: whoever may write there has put it there, and takes what it needs anyhow.
      LOG.log(Level.DEBUG, () -> "no log: " + e.getMessage());
      return false;
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
