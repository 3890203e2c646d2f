package dev.kelvin.host.launch;

import dev.kelvin.host.file.Descriptor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A process to start that outlives the daemon.
 *
 * @param name for people, in problems and names of units, such as {@code vm/web1}
 * @param argv the program and its arguments
 * @param directory where it runs
 * @param output where stdout and stderr are appended; made when absent
 * @param user its own, which only root can give; null for the daemon's own
 * @param environment beside what each process gets
 * @param descriptors that it has from the beginning, as {@value #FIRST_DESCRIPTOR} and the numbers
 *     after it; of the daemon's others it has none. They stay the caller's, who may close them
 *     after the launch
 */
public record Launch(
    String name,
    List<String> argv,
    Path directory,
    Path output,
    @Nullable User user,
    Map<String, String> environment,
    List<Descriptor> descriptors) {
  /**
   * A user of its own, and what that user may have in all.
   *
   * @param uid of the user and of the group
   * @param tasks processes and threads (RLIMIT_NPROC of setrlimit(2)), since the host has only so
   *     many numbers for them
   */
  public record User(int uid, int tasks) {}

  /** The variable of each that is launched so, with {@link #directory}: whose it is. */
  public static final String MARK = "KELVIN_LAUNCHED_FOR";

  /** After standard input, output and error. */
  public static final int FIRST_DESCRIPTOR = 3;

  /** With what each process gets in its environment, and no descriptor. */
  public Launch(String name, List<String> argv, Path directory, Path output, @Nullable User user) {
    this(name, argv, directory, output, user, Map.of(), List.of());
  }

  public Launch {
    environment = Map.copyOf(environment);
    descriptors = List.copyOf(descriptors);
    argv = List.copyOf(argv);
    if (argv.isEmpty()) {
      throw new IllegalArgumentException("a launch has at least a program");
    }
  }
}
