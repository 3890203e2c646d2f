package dev.kelvin.host.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.cell.Confinement;
import dev.kelvin.host.cell.Confinement.Device;
import dev.kelvin.host.cell.Confinement.Program;
import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.cell.Confinement.Workplace;
import dev.kelvin.host.kernel.Syscalls;
import dev.kelvin.host.launch.Launch;
import dev.kelvin.host.launch.PlainLauncher;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Confiner;
import dev.kelvin.host.program.Distrusted;
import dev.kelvin.host.program.ProgramClosure;
import dev.kelvin.host.program.Programs;
import dev.kelvin.model.ByteSize;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What there is to attack on a host, and the {@link Intruder} that does it from within a cell.
 * Everything is gone when it is closed.
 */
public final class Attacked implements AutoCloseable {
  /** Whose cells are attacked from. */
  public static final int USER = 61_300;

  private static final int OTHER_USER = 61_301;
  private static final int FILES = 256;
  private static final long SHMGET = 29;
  private static final long SHMCTL = 31;
  private static final long SOCKET = 41;
  private static final long BIND = 49;
  private static final long LISTEN = 50;

  /** Of the memory that is shared; tests of other modules run at the same time. */
  private final int key = 0x6B000000 | ((int) ProcessHandle.current().pid() & 0xFFFFFF);

  private final PlainLauncher launcher = new PlainLauncher(CellSupport::ofHost);
  private final Syscalls kernel = new Syscalls();
  private final List<ProcessId> started = new ArrayList<>();
  private final Path directory;
  private final Path busybox = Programs.require("busybox");
  private final Path disk;
  private final Path secret;
  private final Path closed;
  private final ProcessId victim;
  private final String name = "kelvin-test-" + ProcessHandle.current().pid();
  private final long listening;
  private final long shared;

  /** Where the victim has memory. */
  private final long address;

  private final ServerSocket server;
  private final ServerSocketChannel daemon;
  private int runs;

  /**
   * @param directory which everybody may pass
   * @param disk a file that is another VM's from here on
   */
  public Attacked(Path directory, Path disk) throws IOException {
    this.directory = directory;
    this.disk = own(disk, OTHER_USER);
    this.secret = own(directory.resolve("secret"), 0);
    this.closed = Files.createDirectory(directory.resolve("daemon"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    Files.createFile(closed.resolve("something"));
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    daemon.bind(UnixDomainSocketAddress.of(socket()));
    victim =
        launcher.launch(
            new Launch(
                "vm/victim",
                List.of("sleep", "120"),
                Path.of("/"),
                directory.resolve("victim-output"),
                Confinement.ofUser(USER, 1000)));
    started.add(victim);
    String map = Files.readAllLines(Path.of("/proc/" + victim.pid() + "/maps")).getFirst();
    address = Long.parseLong(map.substring(0, map.indexOf('-')), 16);
    shared = kernel.call(SHMGET, key, 4096, 0x200 | 0666).value();
    listening = listenAbstractly();
  }

  private long listenAbstractly() {
    try (Arena arena = Arena.ofConfined()) {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      MemorySegment address = arena.allocate(3L + bytes.length, 2);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
      MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, 3, bytes.length);
      long socket = kernel.call(SOCKET, 1, 1, 0).value();
      kernel.call(BIND, socket, address.address(), address.byteSize());
      assertThat(kernel.call(LISTEN, socket, 64).ok()).isTrue();
      return socket;
    }
  }

  private static Path own(Path file, int uid) throws IOException {
    Files.writeString(file, "not for everybody");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Files.setAttribute(file, "unix:uid", uid);
    return file;
  }

  private Path socket() {
    return closed.resolve("s");
  }

  /**
   * The attempts that got through.
   *
   * @param outcomes of all of them, by name
   */
  public static Set<Attempt> done(Map<String, String> outcomes) {
    var done = new TreeSet<Attempt>();
    for (Attempt attempt : Attempt.values()) {
      String outcome = outcomes.getOrDefault(attempt.name(), "nothing");
      assertThat(outcome).as("%s", attempt).isNotEqualTo("nothing");
      if (outcome.equals(Intruder.DONE)) {
        done.add(attempt);
      }
    }
    return done;
  }

  /**
   * What came of each attempt, by its name.
   *
   * @param cell in which the intruder gets what it needs to run, and a directory to work in
   * @param files and bytes above the limits of the cell
   */
  public Map<String, String> from(Confinement cell, long files, long bytes)
      throws IOException, InterruptedException {
    Path work = Files.createDirectory(directory.resolve("work-" + ++runs));
    Files.setAttribute(work, "unix:uid", USER);
    Path output = directory.resolve("output-" + runs);
    Path java = Path.of(System.getProperty("java.home"), "bin", "java").toRealPath();
    List<String> argv = intruder(java, work, files, bytes);
    ProcessId process =
        launcher.launch(
            new Launch("vm/intruder", argv, work, output, cell.with(views(java, work))));
    started.add(process);
    Await.until(process::gone, "the intruder has ended");
    return outcomes(Files.readAllLines(output), "in " + cell.layers());
  }

  /**
   * What came of each attempt of a program that a confiner starts, with its limits and nowhere to
   * work.
   */
  public Map<String, String> by(Confiner confiner, boolean network) throws InterruptedException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    var reads = new ArrayList<Path>();
    reads.add(Path.of(System.getProperty("java.home")));
    reads.add(busybox);
    Stream.of(classes().split(File.pathSeparator, -1))
        .map(Path::of)
        .filter(Files::exists)
        .forEach(reads::add);
    var program =
        new Distrusted(
            "intruder",
            intruder(java, directory.resolve("work"), FILES, FILES),
            Map.of(),
            new Distrusted.Files(null, null, null, reads, List.of()),
            new Distrusted.Limits(ByteSize.ofGiB(2), new ByteSize(FILES), FILES),
            USER,
            network,
            true);
    var result = new Commands().run(program, confiner, Duration.ofSeconds(60), null);
    return outcomes(result.stdout().lines().toList(), result.stderr());
  }

  private List<String> intruder(Path java, Path work, long files, long bytes) {
    var argv = new ArrayList<String>();
    argv.add(java.toString());
    argv.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-XX:CompressedClassSpaceSize=64m",
            "-XX:ReservedCodeCacheSize=48m",
            "-Xmx64m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classes(),
            Intruder.class.getName()));
    told(work, files, bytes).forEach((key, value) -> argv.add(key + "=" + value));
    return argv;
  }

  private static Map<String, String> outcomes(List<String> lines, String what) {
    var outcomes = new TreeMap<String, String>();
    for (String line : lines) {
      int equals = line.indexOf('=');
      outcomes.put(
          equals < 0 ? line : line.substring(0, equals),
          equals < 0 ? "" : line.substring(equals + 1));
    }
    assertThat(outcomes).as("%s: %s", what, outcomes).containsKey(Intruder.END);
    return outcomes;
  }

  private static String classes() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private List<View> views(Path java, Path work) throws InterruptedException {
    var views = new ArrayList<View>();
    var closure = ProgramClosure.of(java, new Commands());
    closure.directories().forEach(one -> views.add(new ReadOnly(one)));
    Path home = Path.of(System.getProperty("java.home"));
    views.add(new ReadOnly(home));
    closure.programs().forEach(one -> views.add(new Program(one)));
    views.add(new Program(home.resolve("lib/jspawnhelper")));
    Stream.of(classes().split(File.pathSeparator, -1))
        .map(Path::of)
        .filter(Files::exists)
        .forEach(one -> views.add(new ReadOnly(one)));
    views.add(new ReadOnly(busybox));
    Stream.of("/dev/null", "/dev/random", "/dev/urandom")
        .forEach(one -> views.add(new Device(Path.of(one))));
    views.add(new Workplace(work));
    return views;
  }

  private Map<String, String> told(Path work, long files, long bytes) {
    var told = new LinkedHashMap<String, String>();
    told.put("disk", disk.toString());
    told.put("secret", secret.toString());
    told.put("directory", closed.toString());
    // One that no test needs to stay as it is; what is written is what is there.
    told.put("library", busybox.toString());
    told.put("program", busybox.toString());
    told.put("socket", socket().toString());
    told.put("other", Long.toString(ProcessHandle.current().pid()));
    told.put("own", Long.toString(victim.pid()));
    told.put("address", Long.toString(address));
    told.put("port", Integer.toString(server.getLocalPort()));
    told.put("abstract", name);
    told.put("shm", Integer.toString(key));
    told.put("work", work.toString());
    told.put("files", Long.toString(files));
    told.put("bytes", Long.toString(bytes));
    return told;
  }

  @Override
  public void close() throws IOException {
    kernel.call(SHMCTL, shared, 0, 0);
    kernel.close(listening);
    server.close();
    daemon.close();
    for (ProcessId one : started) {
      if (!one.gone()) {
        ProcessHandle.of(one.pid()).ifPresent(ProcessHandle::destroyForcibly);
      }
    }
  }
}
