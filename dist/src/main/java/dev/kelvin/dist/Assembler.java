package dev.kelvin.dist;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes the directory that {@code ./kelvin} runs from:
 *
 * <ul>
 *   <li>{@code lib/}: all jars, and the native libraries of SQLite and zstd
 *   <li>{@code cli.argv}: an argument file for {@code java}, the main class last
 *   <li>{@code quick.argv}: the same with another cache, for commands that scripts call in loops
 *   <li>{@code daemon.argv}: the arguments of {@code java}, one a line, the main class last
 *   <li>{@code worker.argv}: the same for the daemon's workers
 *   <li>{@code cli.aot}, {@code quick.aot}, {@code daemon.aot}: the AOT caches
 *   <li>{@code built}: this directory, the JDK, and what the build was made of; written last, so
 *       that it is there only when all else is
 * </ul>
 */
public final class Assembler {
  private final Path home;
  private final Path jdk;
  private final Path renewed;
  private final Path installed;

  /** For a program that runs where it is made. */
  Assembler(Path home, Path jdk) {
    this(home, jdk, home.resolveSibling("renewed"), home);
  }

  /**
   * @param home the directory to make
   * @param jdk with which the program will run; the caches are good for no other
   * @param renewed where jars that had to be changed are kept from one build to the next
   * @param installed where {@code home} will be when the program runs
   */
  Assembler(Path home, Path jdk, Path renewed, Path installed) {
    this.home = home;
    this.jdk = jdk;
    this.renewed = renewed;
    this.installed = installed;
  }

  /**
   * Called by the build with: the directory to make, a file with the CLI's class path, one with the
   * daemon's, one of the etcd store's, the jar with this class.
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 5) {
      throw new IllegalArgumentException(
          "usage: Assembler DIRECTORY CLI-CLASSPATH DAEMON-CLASSPATH ETCD-CLASSPATH OWN-JAR");
    }
    Path home = Path.of(args[0]).toAbsolutePath().normalize();
    Path jdk = Path.of(System.getProperty("java.home"));
    try {
      new Assembler(home, jdk)
          .assemble(
              Parts.read(Path.of(args[1]), Path.of(args[2]), Path.of(args[3]), Path.of(args[4])));
    } catch (IllegalStateException e) {
      System.err.println("dist: " + e.getMessage());
      System.exit(1);
    }
  }

  /** What one of the programs is made of. */
  record Part(String mainClass, String trainingClass, List<Path> jars) {}

  /**
   * What all is made of.
   *
   * @param engines jars that the daemon loads by itself when its configuration asks for them
   */
  record Parts(Part cli, Part daemon, List<Path> engines) {
    /** Reads files with class paths; the last argument is the jar with this class. */
    static Parts read(Path cli, Path daemon, Path engines, Path own) throws IOException {
      List<Path> engineJars = classPath(engines);
      var cliJars = new ArrayList<>(classPath(cli));
      // Maven's compile scope has what is "provided" in it.
      cliJars.removeAll(engineJars);
      // Last, and never opened in use: the class path must be the one of the cache.
      cliJars.add(own);
      String server = "dev.kelvin.server.Main";
      return new Parts(
          new Part("dev.kelvin.cli.Main", Rehearsal.class.getName(), cliJars),
          new Part(server, server, classPath(daemon)),
          engineJars);
    }

    private static List<Path> classPath(Path file) throws IOException {
      return Stream.of(Files.readString(file).strip().split(File.pathSeparator, -1))
          .map(Path::of)
          .toList();
    }

    List<Path> jars() {
      return Stream.of(cli.jars(), daemon.jars(), engines)
          .flatMap(List::stream)
          .distinct()
          .toList();
    }
  }

  void assemble(Parts parts) throws IOException, InterruptedException {
    Part cliPart = parts.cli();
    Part daemonPart = parts.daemon();
    var library = new Library(home.resolve("lib"));
    var old = new OldClasses(renewed);
    List<Path> cliJars = old.renew(cliPart.jars());
    List<Path> daemonJars = old.renew(daemonPart.jars());
    if (!library.has(cliJars) || !library.has(daemonJars)) {
      discard();
    }
    Program cli = program("cli", cliPart, library.copy(cliJars), cliOptions());
    Program quick = program("quick", cliPart, cli.jars(), cli.options());
    List<Path> daemonLibrary = library.copy(daemonJars);
    var daemonOptions = new ArrayList<>(daemonOptions());
    library.unpackSqlite().ifPresent(path -> daemonOptions.add("-Dorg.sqlite.lib.path=" + path));
    daemonOptions.add("-Dkelvin.engines=" + Program.path(library.copy(parts.engines())));
    daemonOptions.add("-Dkelvin.worker=" + BulkWorker.argv(home));
    Program daemon = program("daemon", daemonPart, daemonLibrary, daemonOptions);
    List<String> worker = BulkWorker.arguments(daemon, home, library.unpackZstd());
    library.prune();

    String inputs = inputs(worker, cli, quick, daemon);
    Path built = home.resolve("built");
    if (Files.exists(built) && Files.readString(built).equals(inputs)) {
      say("nothing has changed");
      return;
    }
    discard();
    writeArguments(daemon, cli, quick);
    BulkWorker.write(worker, home, installed);
    Training.Times times;
    try {
      times =
          new Training(home, jdk.resolve("bin/java"), Duration.ofMinutes(3))
              .run(cli, quick, daemon);
    } catch (IOException | RuntimeException | InterruptedException e) {
      discard();
      throw e;
    }
    Path unfinished = home.resolve("built.new");
    Files.writeString(unfinished, inputs);
    Files.move(unfinished, built, StandardCopyOption.ATOMIC_MOVE);
    say(
        "built %s; with its caches a command takes %d ms, the API answers after %d ms"
            .formatted(home, times.command().toMillis(), times.answer().toMillis()));
  }

  private static Program program(String name, Part part, List<Path> jars, List<String> options) {
    return new Program(name, part.mainClass(), part.trainingClass(), jars, List.copyOf(options));
  }

  /**
   * Takes back an earlier build before anything of it changes. JDKs before 25.0.4 do not notice
   * that a jar is another than the one a cache was made of, and run what it was (JDK-8377932), so
   * that no cache may ever lie next to jars that it was not made of.
   */
  private void discard() throws IOException {
    for (String name : List.of("built", "cli.aot", "quick.aot", "daemon.aot")) {
      Files.deleteIfExists(home.resolve(name));
    }
  }

  /**
   * Reflection by native code needs no classes that are spun at run time, which no cache has. Most
   * commands end before the heap that they begin with is full, and collect no garbage. What an
   * earlier run has learned of methods is for the second compiler. The provider of sockets is the
   * JDK's own on Linux; to look for another one it would open all jars.
   */
  private static List<String> cliOptions() {
    return List.of(
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xms16m",
        "-Xmn10m",
        "-Xmx128m",
        "-XX:-UsePerfData",
        "-XX:+UnlockDiagnosticVMOptions",
        "-XX:-AOTReplayTraining",
        "-Xlog:disable",
        "-Djdk.reflect.useNativeAccessorOnly=true",
        "-Djava.nio.channels.spi.SelectorProvider=sun.nio.ch.EPollSelectorProvider",
        "--enable-native-access=ALL-UNNAMED");
  }

  /** Heap and compiler are chosen for little memory: a host's memory is for its guests. */
  private static List<String> daemonOptions() {
    return List.of(
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xms8m",
        "-Xmx256m",
        "-XX:MaxNewSize=4m",
        "-XX:MinHeapFreeRatio=10",
        "-XX:MaxHeapFreeRatio=20",
        "-XX:-ShrinkHeapInSteps",
        "-XX:+ExitOnOutOfMemoryError",
        "-Xlog:disable",
        "-Xlog:all=error:stderr:time",
        "--enable-native-access=ALL-UNNAMED");
  }

  private void writeArguments(Program daemon, Program... commandLines) throws IOException {
    for (Program one : commandLines) {
      Files.write(one.argv(home), inUse(one).map(Assembler::quoted).toList());
    }
    Files.write(daemon.argv(home), inUse(daemon).toList());
  }

  private Stream<String> inUse(Program program) {
    return program.argumentsInUse(home).stream()
        .map(argument -> argument.replace(home.toString(), installed.toString()));
  }

  /** An argument as an argument file of java(1) wants it. */
  private static String quoted(String argument) {
    boolean plain = argument.chars().noneMatch(c -> " \t\f#\"'\\".indexOf(c) >= 0);
    return plain ? argument : '"' + argument.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  /** What a build depends on: place, JDK, options, and each jar's size and time of modification. */
  private String inputs(List<String> worker, Program... programs) throws IOException {
    var lines = new ArrayList<String>();
    lines.add(home.toString());
    lines.add(jdk.toString());
    lines.add(System.getProperty("java.vm.version"));
    for (Program program : programs) {
      lines.addAll(program.argumentsInUse(home));
    }
    lines.addAll(worker);
    Stream<Path> jars = Stream.of(programs).flatMap(program -> program.jars().stream()).distinct();
    for (Path jar : jars.toList()) {
      lines.add("%s %d %s".formatted(jar, Files.size(jar), Files.getLastModifiedTime(jar)));
    }
    return lines.stream().collect(Collectors.joining("\n", "", "\n"));
  }

  private static void say(String text) {
    System.out.println("dist: " + text);
  }
}
