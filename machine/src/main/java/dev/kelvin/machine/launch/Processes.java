package dev.kelvin.machine.launch;

import dev.kelvin.host.launch.Launch;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.process.ProcessWords;
import dev.kelvin.host.process.Users;
import dev.kelvin.machine.store.RunRecord;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.qemu.launch.Companion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds and ends processes of VMs. */
public final class Processes {
  private static final Logger LOG = System.getLogger(Processes.class.getName());
  private static final Pattern ID = Pattern.compile("[a-z0-9-]{1,64}");
  private static final Duration KILL_DEADLINE = Duration.ofSeconds(20);

  private Processes() {}

  /**
   * Kills a process and waits until its last thread is gone: until then it has all that it had.
   *
   * @throws dev.kelvin.model.ProblemException host-failure when the kernel does not end it, as
   *     while it hangs in a disk wait, or does not tell
   */
  public static void kill(ProcessId process) {
    boolean ended;
    try {
      ended = process.gone() || process.kill(KILL_DEADLINE);
    } catch (IOException e) {
      throw Problem.of(
              Code.HOST_FAILURE, "It is not known whether process " + process.pid() + " still runs")
          .because(e.toString())
          .remedy("check the daemon's limit of open files, and that /proc shows its processes")
          .asException(e);
    }
    if (!ended) {
      throw Problem.of(Code.HOST_FAILURE, "Process " + process.pid() + " does not end")
          .because("it was killed and is still there; it may hang in a wait for a disk")
          .remedy("see what it waits for in /proc/" + process.pid() + "/stack, then try again")
          .asException();
    }
  }

  /**
   * As {@link #kill}, for a process that a record names which may have been copied with its home.
   * The record tells, and not the process: what that says of itself must not keep it from its end.
   *
   * @param runtime the run-time directory of the VM that it shall be of
   * @throws dev.kelvin.model.ProblemException conflict when it is a guest of another home
   */
  public static void killOwn(RunRecord run, Path runtime) {
    ProcessId process = ProcessId.decode(run.process());
    String place = run.runtime();
    // Of a home that was moved the old place is gone.
    if (place != null && !place.equals(runtime.toString()) && Files.exists(Path.of(place))) {
      throw Problem.of(Code.CONFLICT, "Process " + process.pid() + " is a guest of another home")
          .because("it was launched for " + place)
          .remedy("end it by the daemon of that home")
          .asException();
    }
    kill(process);
  }

  private static Optional<String> mark(ProcessId process) {
    try {
      return ProcessWords.variable(process.pid(), Launch.MARK);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> "the environment of process " + process.pid() + ": " + e);
      return Optional.empty();
    }
  }

  /** Waits for a process to end by itself; false when it has not, for all that is known. */
  public static boolean awaitEnd(ProcessId process, Duration deadline) {
    return process.awaitEnd(deadline);
  }

  /**
   * A process of a VM, QEMU's or one that serves it, as its command line tells.
   *
   * @param marked whether the daemon of this home launched it for this VM
   */
  public record Found(ProcessId process, boolean qemu, boolean marked) {}

  /**
   * The processes of VMs whose command lines name files below a directory, by the names of its
   * entries, which are ids of VMs.
   */
  public static Map<String, List<Found>> ofGuests(Path directory) {
    var found = new HashMap<String, List<Found>>();
    try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path entry : entries) {
        long pid = Long.parseLong(entry.getFileName().toString());
        List<String> arguments = arguments(pid);
        String id = ours(arguments) ? named(directory, arguments) : null;
        if (id == null || !ID.matcher(id).matches() || !mayBeOf(pid, directory.resolve(id))) {
          continue;
        }
        ProcessId.of(pid)
            .ifPresent(process ->
                found
                    .computeIfAbsent(id, key -> new ArrayList<>())
                    .add(found(process, arguments, directory.resolve(id))));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("listing /proc", e);
    }
    return found;
  }

  /**
   * Whether a process is a VM's user's, or the daemon's own as helpers are: anybody can start one
   * whose arguments name a VM.
   */
  private static boolean mayBeOf(long pid, Path runtime) {
    try {
      int uid = Users.of(pid);
      return uid == Users.effectiveUid()
          || Files.getAttribute(runtime, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(uid);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> "whose process " + pid + " is: " + e.getMessage());
      return false;
    }
  }

  private static Found found(ProcessId process, List<String> arguments, Path directory) {
    boolean marked = mark(process).filter(directory.toString()::equals).isPresent();
    return new Found(process, isQemu(arguments), marked);
  }

  /**
   * Processes, QEMU's and its companions', whose command line names {@code directory}: what a
   * daemon that died between launching and recording has left.
   */
  public static List<ProcessId> naming(Path directory) {
    Path parent = Objects.requireNonNull(directory.getParent(), "VMs have a directory");
    return ofGuests(parent).getOrDefault(directory.getFileName().toString(), List.of()).stream()
        .map(Found::process)
        .toList();
  }

  /** The entry of a directory that arguments name first; null for none. */
  private static @Nullable String named(Path directory, List<String> arguments) {
    String prefix = directory + "/";
    for (String argument : arguments) {
      int at = argument.indexOf(prefix);
      int end = at < 0 ? -1 : argument.indexOf('/', at + prefix.length());
      if (end > 0) {
        return argument.substring(at + prefix.length(), end);
      }
    }
    return null;
  }

  /** Whether a command line is of QEMU or of what serves it. */
  private static boolean ours(List<String> arguments) {
    return isQemu(arguments) || arguments.stream().limit(16).anyMatch(Companion::isProgram);
  }

  private static boolean isQemu(List<String> arguments) {
    return arguments.stream()
        .limit(16)
        .anyMatch(one -> one.contains("qemu-system") || one.endsWith("/qemu-kvm"));
  }

  private static List<String> arguments(long pid) {
    try {
      return ProcessWords.arguments(pid);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, () -> "the arguments of process " + pid + ": " + e.getMessage());
      return List.of();
    }
  }

  /** Whether a process has a file open, as far as that can be seen. */
  public static boolean opens(ProcessId process, Path file) {
    if (process.gone()) {
      return false;
    }
    try (var threads = Files.list(Path.of("/proc", Long.toString(process.pid()), "task"))) {
      return threads.anyMatch(thread -> opens(thread.resolve("fd"), file));
    } catch (IOException | UncheckedIOException e) {
      LOG.log(Level.DEBUG, () -> "the files of process " + process.pid() + ": " + e.getMessage());
      return !process.gone();
    }
  }

  private static boolean opens(Path descriptors, Path file) {
    try (var all = Files.newDirectoryStream(descriptors)) {
      for (Path one : all) {
        if (Files.isSymbolicLink(one) && Files.readSymbolicLink(one).equals(file)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false; // a thread that has ended has none; another one has them
    }
  }
}
