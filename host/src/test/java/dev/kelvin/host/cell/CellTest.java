package dev.kelvin.host.cell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.cell.Confinement.Device;
import dev.kelvin.host.cell.Confinement.Identity;
import dev.kelvin.host.cell.Confinement.Limits;
import dev.kelvin.host.cell.Confinement.Program;
import dev.kelvin.host.cell.Confinement.ReadOnly;
import dev.kelvin.host.cell.Confinement.View;
import dev.kelvin.host.cell.Confinement.Workplace;
import dev.kelvin.host.kernel.Syscalls;
import dev.kelvin.host.launch.Launch;
import dev.kelvin.host.launch.PlainLauncher;
import dev.kelvin.host.process.ProcessId;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.ProgramClosure;
import dev.kelvin.host.program.Programs;
import dev.kelvin.host.testkit.Await;
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
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attacks from within: what stops each of them, and that it is an attack at all. */
class CellTest {
  private static final int USER = 61_300;
  private static final int OTHER_USER = 61_301;
  private static final int FILES = 300;
  private static final long LARGE = 4 << 20;
  private static final long SHMGET = 29;
  private static final long SHMCTL = 31;
  private static final long SOCKET = 41;
  private static final long BIND = 49;
  private static final long LISTEN = 50;

  private final PlainLauncher launcher = new PlainLauncher(CellSupport::ofHost);
  private final Syscalls kernel = new Syscalls();
  private final List<ProcessId> started = new ArrayList<>();
  private int runs;

  @TempDir Path directory;

  @BeforeEach
  void onlyRootBuildsCells() throws IOException {
    assumeTrue(Users.isRoot(), "only root builds whole cells");
    assumeTrue(System.getProperty("os.arch").equals("amd64"), "calls have numbers of x86-64");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void endAll() throws IOException {
    started.forEach(CellTest::kill);
  }

  @Test
  void eachWallStopsWhatItIsForAlone() throws Exception {
    assertThat(CellSupport.ofHost().missing()).isEmpty();
    var faults = new ArrayList<String>();
    var outcomes = new HashMap<Set<Layer>, Map<String, String>>();
    try (var server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        var daemon = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        var surroundings = new Surroundings(server.getLocalPort())) {
      daemon.bind(UnixDomainSocketAddress.of(surroundings.socket()));
      for (Attempt attempt : Attempt.values()) {
        for (Layer alone : attempt.walls()) {
          Set<Layer> gone = EnumSet.copyOf(attempt.walls());
          gone.remove(alone);
          String outcome = outcome(outcomes, surroundings, gone, attempt);
          if (outcome.equals(Intruder.DONE)) {
            faults.add(attempt + " is not stopped by " + alone + " alone");
          }
        }
        String open = outcome(outcomes, surroundings, attempt.walls(), attempt);
        if (!open.equals(Intruder.DONE)) {
          faults.add(attempt + " is no attack, as without " + attempt.walls() + ": " + open);
        }
        String whole = outcome(outcomes, surroundings, Set.of(), attempt);
        if (whole.equals(Intruder.DONE)) {
          faults.add(attempt + " is stopped by nothing");
        }
      }
    }
    assertThat(faults).isEmpty();
  }

  private String outcome(
      Map<Set<Layer>, Map<String, String>> known,
      Surroundings surroundings,
      Set<Layer> gone,
      Attempt attempt)
      throws Exception {
    Map<String, String> all = known.get(gone);
    if (all == null) {
      all = run(surroundings, gone);
      known.put(Set.copyOf(gone), all);
    }
    return all.getOrDefault(attempt.name(), "nothing was said: " + all);
  }

  /** What the intruder says of each attempt, in a cell without some of its walls. */
  private Map<String, String> run(Surroundings surroundings, Set<Layer> gone) throws Exception {
    Path work = Files.createDirectory(directory.resolve("work-" + ++runs));
    Files.setAttribute(work, "unix:uid", USER);
    Path output = directory.resolve("output-" + runs);
    Path java = Path.of(System.getProperty("java.home"), "bin", "java").toRealPath();
    var argv = new ArrayList<String>();
    argv.add(java.toString());
    argv.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Xmx64m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classes(),
            Intruder.class.getName()));
    surroundings.told(work).forEach((name, value) -> argv.add(name + "=" + value));
    var cell =
        new Confinement(
                views(java, work, surroundings),
                new Identity(USER, List.of()),
                false,
                new Limits(512, FILES - 50, LARGE),
                EnumSet.allOf(Layer.class))
            .without(gone);
    ProcessId process = launcher.launch(new Launch("vm/intruder", argv, work, output, cell));
    started.add(process);
    Await.until(process::gone, "the intruder has ended");
    var outcomes = new TreeMap<String, String>();
    Files.readAllLines(output)
        .forEach(line -> {
          String[] parts = line.split("=", 2);
          outcomes.put(parts[0], parts.length > 1 ? parts[1] : "");
        });
    assertThat(outcomes).as("without %s: %s", gone, outcomes).containsKey("END");
    return outcomes;
  }

  private static String classes() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private static List<View> views(Path java, Path work, Surroundings surroundings)
      throws InterruptedException {
    var views = new ArrayList<View>();
    var closure = ProgramClosure.of(java, new Commands());
    closure.directories().forEach(one -> views.add(new ReadOnly(one)));
    Path home = Path.of(System.getProperty("java.home"));
    views.add(new ReadOnly(home));
    views.add(new Program(java));
    views.add(new Program(home.resolve("lib/jspawnhelper")));
    closure.loader().ifPresent(loader -> views.add(new Program(loader)));
    Stream.of(classes().split(File.pathSeparator))
        .map(Path::of)
        .filter(Files::exists)
        .forEach(one -> views.add(new ReadOnly(one)));
    views.add(new ReadOnly(surroundings.busybox()));
    Stream.of("/dev/null", "/dev/random", "/dev/urandom")
        .forEach(one -> views.add(new Device(Path.of(one))));
    views.add(new Workplace(work));
    return views;
  }

  private static void kill(ProcessId process) {
    if (!process.gone()) {
      ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  /** What there is to attack, outside. */
  private final class Surroundings implements AutoCloseable {
    private static final int KEY = 0x6B656C76;

    private final int port;
    private final Path busybox = Programs.require("busybox");
    private final Path disk = own(directory.resolve("disk"), OTHER_USER);
    private final Path secret = own(directory.resolve("secret"), 0);
    private final Path closed = Files.createDirectory(directory.resolve("daemon"));
    private final ProcessId victim;
    private final String name = "kelvin-test-" + ProcessHandle.current().pid();
    private final long listening;
    private final long shared;

    Surroundings(int port) throws IOException {
      this.port = port;
      Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
      Files.createFile(closed.resolve("something"));
      victim =
          launcher.launch(
              new Launch(
                  "vm/victim",
                  List.of("sleep", "120"),
                  Path.of("/"),
                  directory.resolve("victim-output"),
                  Confinement.ofUser(USER, 1000)));
      started.add(victim);
      shared = kernel.call(SHMGET, KEY, 4096, 0x200 | 0666).value();
      try (Arena arena = Arena.ofConfined()) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        MemorySegment address = arena.allocate(3L + bytes.length, 2);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
        MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, 3, bytes.length);
        listening = kernel.call(SOCKET, 1, 1, 0).value();
        kernel.call(BIND, listening, address.address(), address.byteSize());
        assertThat(kernel.call(LISTEN, listening, 64).ok()).isTrue();
      }
    }

    private static Path own(Path file, int uid) throws IOException {
      Files.writeString(file, "not for everybody");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      Files.setAttribute(file, "unix:uid", uid);
      return file;
    }

    Path socket() {
      return closed.resolve("s");
    }

    Path busybox() {
      return busybox;
    }

    Map<String, String> told(Path work) throws IOException {
      var told = new LinkedHashMap<String, String>();
      told.put("disk", disk.toString());
      told.put("secret", secret.toString());
      told.put("directory", closed.toString());
      // One that nobody needs; what is written is what is there.
      told.put("library", busybox.toString());
      told.put("program", busybox.toString());
      told.put("socket", socket().toString());
      told.put("other", Long.toString(ProcessHandle.current().pid()));
      told.put("own", Long.toString(victim.pid()));
      String map = Files.readAllLines(Path.of("/proc/" + victim.pid() + "/maps")).getFirst();
      told.put("address", Long.toString(Long.parseLong(map.substring(0, map.indexOf('-')), 16)));
      told.put("port", Integer.toString(port));
      told.put("abstract", name);
      told.put("shm", Integer.toString(KEY));
      told.put("work", work.toString());
      told.put("files", Integer.toString(FILES));
      told.put("bytes", Long.toString(LARGE));
      return told;
    }

    @Override
    public void close() {
      kernel.call(SHMCTL, shared, 0, 0);
      kernel.close(listening);
    }
  }
}
