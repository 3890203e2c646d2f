package dev.kelvin.bench.stored;

import dev.kelvin.api.Client;
import dev.kelvin.bench.report.Bar;
import dev.kelvin.bench.report.Series;
import dev.kelvin.bench.session.BenchSession;
import dev.kelvin.bench.session.Node;
import dev.kelvin.model.Task;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/**
 * How long commands take that scripts and completion call in loops, as the shell sees it, beside a
 * program that does nothing, which has the same options of the JVM and an AOT cache of its own. The
 * daemon has VMs that are only stored.
 */
public final class CommandFigures {
  private static final int VMS = 20;
  private static final int ROUNDS = 20;

  private static final String NOTHING = "empty JVM with an AOT cache";
  private static final String LIST = "kelvin ls, " + VMS + " VMs";
  private static final String SHOW = "kelvin show";

  /** Of a command's time. */
  private static final double LIMIT_MS = 80;

  /** Of a command's time to that of the empty program. */
  private static final double LIMIT_RATIO = 4;

  private final BenchSession session;
  private final Node node;

  private CommandFigures(BenchSession session, Node node) {
    this.session = session;
    this.node = node;
  }

  public static void measure(BenchSession session) throws IOException, InterruptedException {
    try (var node = session.node()) {
      node.start();
      new CommandFigures(session, node).measure();
    }
  }

  private void measure() throws IOException, InterruptedException {
    store();
    String kelvin = session.root().resolve("kelvin").toString();
    Map<String, List<String>> commands = new LinkedHashMap<>();
    commands.put(NOTHING, nothing());
    commands.put("kelvin version", List.of(kelvin, "version"));
    commands.put(LIST, List.of(kelvin, "ls"));
    commands.put(SHOW, List.of(kelvin, "show", StoredFigures.name(0)));
    Map<String, List<Duration>> times = new LinkedHashMap<>();
    // The first round brings programs and caches into memory; then all are measured in turns.
    for (int round = 0; round <= ROUNDS; round++) {
      for (var command : commands.entrySet()) {
        Duration time = run(command.getValue());
        if (round > 0) {
          times.computeIfAbsent(command.getKey(), first -> new ArrayList<>()).add(time);
        }
      }
    }
    Series nothing = series(NOTHING, times);
    session.add(nothing, series("kelvin version", times));
    for (String name : List.of(LIST, SHOW)) {
      Series measured = series(name, times);
      session.add(measured);
      session.add(new Bar(name + ", round trip, wall", measured.median(), LIMIT_MS, "ms"));
      session.add(Bar.ratio(name + ", against an empty JVM", measured, nothing, LIMIT_RATIO));
    }
  }

  private static Series series(String name, Map<String, List<Duration>> times) {
    return Series.ofTimes(name, times.getOrDefault(name, List.of()));
  }

  private void store() throws IOException, InterruptedException {
    try (Client client = node.client()) {
      var tasks = new ArrayList<Task>();
      for (int i = 0; i < VMS; i++) {
        tasks.add(client.createVm(StoredFigures.document(i)));
      }
      for (Task task : tasks) {
        node.finish(client, task);
      }
    }
  }

  /** The command of the empty program, for which a cache is made here. */
  private List<String> nothing() throws IOException, InterruptedException {
    Path place = Files.createDirectory(session.place().resolve("empty"));
    Path jar = place.resolve("empty.jar");
    String file = Empty.class.getName().replace('.', '/') + ".class";
    try (InputStream code = CommandFigures.class.getResourceAsStream("/" + file);
        var out = new JarOutputStream(Files.newOutputStream(jar))) {
      if (code == null) {
        throw new IOException(file + " is not there");
      }
      out.putNextEntry(new JarEntry(file));
      code.transferTo(out);
    }
    Path cache = place.resolve("empty.aot");
    run(nothing("-XX:AOTCacheOutput=" + cache, jar));
    return nothing("-XX:AOTCache=" + cache, jar);
  }

  /** The options of the command line's JVM are those that come before its cache. */
  private List<String> nothing(String cache, Path jar) throws IOException {
    var command = new ArrayList<>(List.of(node.java().toString()));
    for (String option : node.commandLineArguments()) {
      if (option.startsWith("-XX:AOTCache=")) {
        break;
      }
      command.add(option);
    }
    command.addAll(List.of(cache, "-cp", jar.toString(), Empty.class.getName()));
    return command;
  }

  private Duration run(List<String> command) throws IOException, InterruptedException {
    Path output = node.layout().home().resolve("command.out");
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(node.environment());
    long begin = System.nanoTime();
    int status = builder.start().waitFor();
    Duration time = Duration.ofNanos(System.nanoTime() - begin);
    if (status != 0) {
      throw new IOException(
          String.join(" ", command) + " ended with " + status + ": " + Files.readString(output));
    }
    return time;
  }
}
