package dev.kelvin.host.launch;

import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.file.Descriptor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A process to start that outlives the daemon.
 *
 * @param name for people, in problems and names of units, such as {@code vm/web1}
 * @param argv the program and its arguments
 * @param directory where it runs
 * @param output where stdout and stderr are appended; made when absent
 * @param cell what it may reach of the host, and as whom; a user of its own only root can give
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
    Confinement cell,
    Map<String, String> environment,
    List<Descriptor> descriptors) {
  /** The variable of each that is launched so, with {@link #directory}: whose it is. */
  public static final String MARK = "KELVIN_LAUNCHED_FOR";

  /** After standard input, output and error. */
  public static final int FIRST_DESCRIPTOR = 3;

  /** With what each process gets in its environment, and no descriptor. */
  public Launch(String name, List<String> argv, Path directory, Path output, Confinement cell) {
    this(name, argv, directory, output, cell, Map.of(), List.of());
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
