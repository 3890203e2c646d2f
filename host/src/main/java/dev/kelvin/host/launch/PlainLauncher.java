package dev.kelvin.host.launch;

import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.Programs;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts processes with what every Linux has: a session of its own (setsid(2)), so that neither the
 * daemon's end nor Ctrl-C on its terminal reaches it; the descriptors that are handed over and no
 * other; no way to gain privileges, and a user of its own when one is given (setpriv(1)), with a
 * limit of threads and no core dumps (prlimit(1)); nothing on standard input. It is reaped when it
 * ends while the daemon runs, by init otherwise.
 */
public final class PlainLauncher implements ProcessLauncher {
  private static final System.Logger LOG = System.getLogger(PlainLauncher.class.getName());
  private static final Pattern MOST_TASKS =
      Pattern.compile("Max processes +\\w+ +(\\d+) +processes *");
  private static final Path KVM = Path.of("/dev/kvm");

  private final Function<Launch, List<String>> before;
  private final Optional<Spawn> spawn;

  public PlainLauncher() {
    this(launch -> List.of());
  }

  /**
   * As {@link #PlainLauncher()}.
   *
   * @param before a program that becomes the one that follows its arguments, for each launch
   */
  PlainLauncher(Function<Launch, List<String>> before) {
    this(before, Spawn.ofHost());
  }

  /**
   * As above.
   *
   * @param spawn how to start processes; the JDK does it without
   */
  PlainLauncher(Function<Launch, List<String>> before, Optional<Spawn> spawn) {
    this.before = before;
    this.spawn = spawn;
  }

  @Override
  public ProcessId launch(Launch launch) {
    List<String> argv = new ArrayList<>(before.apply(launch));
    Launch.User user = launch.user();
    if (user != null) {
      argv.add(Programs.require("prlimit").toString());
      argv.add("--nproc=" + Math.min(user.tasks(), mostTasks()));
      // Programs that take core dumps through a pipe are started whatever the limit, unless it is 1
      // (do_coredump in the kernel's fs/coredump.c); a file would need more than one byte.
      argv.add("--core=1");
    }
    argv.add(Programs.require("setpriv").toString());
    argv.add("--no-new-privs");
    if (user != null) {
      argv.addAll(List.of("--reuid=" + user.uid(), "--regid=" + user.uid()));
      argv.add(kvmGroup().map(group -> "--groups=" + group).orElse("--clear-groups"));
    }
    argv.add("--");
    argv.add(Programs.require(launch.argv().getFirst()).toString());
    argv.addAll(launch.argv().subList(1, launch.argv().size()));
    return start(launch, argv);
  }

  private ProcessId start(Launch launch, List<String> argv) {
    try (Spawn.Child child = begin(launch, argv)) {
      try {
        plainOomScore(child.pid());
        return ProcessId.of(child.pid()).orElse(ProcessId.ended(child.pid()));
      } catch (UncheckedIOException e) {
        // Nobody could find it again.
        child.kill();
        throw Problem.of(Code.HOST_FAILURE, "The process that was started cannot be seen")
            .on(launch.name())
            .because(e.getMessage() + ": " + e.getCause())
            .remedy("check the daemon's limit of open files, and that /proc shows its processes")
            .asException(e);
      }
    }
  }

  private Spawn.Child begin(Launch launch, List<String> argv) {
    try {
      return spawn.isPresent()
          ? spawn
              .get()
              .start(
                  argv,
                  environment(launch),
                  launch.directory(),
                  launch.output(),
                  launch.descriptors())
          : byJdk(launch, argv);
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The process cannot be started")
          .on(launch.name())
          .because(e.getMessage())
          .remedy("check the host's memory, its limit on processes, and " + launch.output())
          .asException(e);
    }
  }

  /** On hosts whose C library is too old for {@link Spawn}. */
  private static Spawn.Child byJdk(Launch launch, List<String> argv) throws IOException {
    if (!launch.descriptors().isEmpty()) {
      throw Problem.of(Code.CAPABILITY_MISSING, "This host cannot hand files to a new process")
          .on(launch.name())
          .because("its C library cannot close what is not handed over; GNU's can from 2.34 on")
          .remedy("use a newer release of the host's system")
          .asException();
    }
    var inSession = new ArrayList<String>();
    inSession.add(Programs.require("setsid").toString());
    inSession.addAll(argv);
    var builder =
        new ProcessBuilder(inSession)
            .directory(launch.directory().toFile())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(launch.output().toFile()));
    builder.environment().clear();
    builder.environment().putAll(environment(launch));
    return Spawn.Child.ofJdk(builder.start());
  }

  private static Map<String, String> environment(Launch launch) {
    var environment = new HashMap<>(launch.environment());
    String directory = launch.directory().toString();
    environment.put("PATH", Programs.path());
    environment.put("LC_ALL", "C.UTF-8");
    environment.put("HOME", directory);
    environment.put("TMPDIR", directory);
    environment.put(Launch.MARK, directory);
    return environment;
  }

  /**
   * A daemon that is protected from the kernel's out-of-memory killer must not hand that on: a
   * guest that fills the host's memory is what has to go then.
   */
  private static void plainOomScore(long pid) {
    Path own = Path.of("/proc/self/oom_score_adj");
    Path child = Path.of("/proc", Long.toString(pid), "oom_score_adj");
    try {
      if (!Files.readString(own).strip().equals("0")) {
        Files.writeString(child, "0");
      }
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.DEBUG,
          "The out-of-memory score of process {0} stays as inherited (it may have ended): {1}",
          Long.toString(pid),
          e);
    }
  }

  /** The daemon's own limit, which it may not be able to raise (proc_pid_limits(5)). */
  private static long mostTasks() {
    try (var lines = Files.lines(Path.of("/proc/self/limits"))) {
      return lines
          .map(MOST_TASKS::matcher)
          .filter(Matcher::matches)
          .mapToLong(line -> Long.parseLong(line.group(1)))
          .findAny()
          .orElse(Long.MAX_VALUE);
    } catch (IOException e) {
      throw new UncheckedIOException("reading the limits of the daemon", e);
    }
  }

  /** The group through which a user of its own may open {@code /dev/kvm}, if there is one. */
  private static Optional<Integer> kvmGroup() {
    try {
      var attributes = Files.readAttributes(KVM, PosixFileAttributes.class);
      boolean open =
          attributes.permissions().contains(PosixFilePermission.GROUP_READ)
              && attributes.permissions().contains(PosixFilePermission.GROUP_WRITE);
      Integer group = (Integer) Files.getAttribute(KVM, "unix:gid");
      return open && group != 0 ? Optional.of(group) : Optional.empty();
    } catch (IOException e) {
      // Without the device its group does not matter.
      return Optional.empty();
    }
  }
}
