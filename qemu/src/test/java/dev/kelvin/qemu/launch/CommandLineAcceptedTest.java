package dev.kelvin.qemu.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.qemu.Companions;
import dev.kelvin.qemu.DevicePlace;
import dev.kelvin.qemu.GoldenCase;
import dev.kelvin.qemu.VmFiles;
import dev.kelvin.qemu.control.RunState;
import dev.kelvin.qemu.control.RunningVm;
import dev.kelvin.qemu.testkit.QemuProcess;
import dev.kelvin.qemu.testkit.Share;
import dev.kelvin.qemu.testkit.TestQemu;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gives each golden to real QEMUs of two versions, with files of its own in place of the golden's:
 * QEMU accepts it, answers over QMP, has the devices that the spec names, and quits.
 */
class CommandLineAcceptedTest {
  private static final Pattern FORWARD = Pattern.compile("(tcp|udp):([0-9.]+):\\d+-");
  private static final Pattern PATH = Pattern.compile(GoldenCase.HOME + "[^\"]*");
  private static final Pattern IO_THREAD = Pattern.compile(",\"iothread\":\"[^\"]+\"");
  private static final long MIB = 1 << 20;

  /** Of how many runs one gives a golden to the second QEMU. */
  private static final int SHARES = 3;

  @TempDir Path directory;

  /** How large each of a board's two flash chips is, in bytes. */
  private long flash;

  private boolean onKvm;

  private static boolean kvmWorks;
  private static boolean hypervWorks;

  @BeforeAll
  static void tryKvm(@TempDir Path directory) throws IOException, InterruptedException {
    kvmWorks = kvmTakes("host", directory);
    hypervWorks = kvmWorks && kvmTakes("host,hv-vpindex=on,hv-time=on,hv-vapic=on", directory);
  }

  private static boolean kvmTakes(String cpu, Path directory)
      throws IOException, InterruptedException {
    var files = new VmFiles(directory, directory, directory);
    var argv =
        List.of(
            QemuProcess.BINARY.toString(),
            "-accel",
            "kvm",
            "-cpu",
            cpu,
            "-nodefaults",
            "-display",
            "none",
            "-S",
            "-qmp",
            "unix:" + files.qmp() + ",server=on,wait=off");
    try (var qemu = QemuProcess.start(argv, files.output());
        var vm = RunningVm.awaitStart(files, Duration.ofSeconds(10), qemu::alive, signal -> {})) {
      return vm.state() == RunState.PRELAUNCH;
    } catch (ProblemException e) {
      // Goldens for KVM are then tried on TCG, with all the rest of their words.
      return false;
    }
  }

  static Stream<Arguments> cases() throws IOException, InterruptedException {
    List<String> names = GoldenCase.names();
    return Stream.concat(
        names.stream().map(name -> Arguments.of(name, TestQemu.HOST)),
        Share.of(names, SHARES).stream().map(name -> Arguments.of(name, TestQemu.SECOND)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void qemuAcceptsTheGolden(String name, TestQemu which) throws Exception {
    var golden = GoldenCase.read(name);
    if (golden.spec().memory().hugePages()) {
      long wanted = golden.spec().memory().size().mebibytes() / 2;
      Assumptions.assumeTrue(
          freeHugePages() >= wanted, "the host has no " + wanted + " free huge pages");
    }
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of(golden.plan().facts().qemuBinary())),
        golden.spec().architecture().program() + " is not installed");
    boolean arm = golden.spec().architecture() == Architecture.AARCH64;
    flash = (arm ? 64 : 4) * MIB;
    List<String> words = Files.readAllLines(GoldenCase.args(name));
    boolean hyperv = words.stream().anyMatch(word -> word.contains(",hv-"));
    onKvm = hyperv ? hypervWorks : kvmWorks;
    List<String> argv = which.argv(words.stream().map(this::onThisHost).toList());
    for (String argument : argv) {
      makeFiles(argument);
    }
    var base = directory.resolve(below(golden.home() == null ? GoldenCase.HOME : golden.home()));
    var files = new VmFiles(base.resolve("run"), base.resolve("state"), base.resolve("state"));
    Files.createDirectories(files.runtime());
    Files.createDirectories(files.state());
    try (var companions = startCompanions(golden);
        var qemu = QemuProcess.start(argv, which.environment(), files.output())) {
      try (var vm =
          RunningVm.awaitStart(files, Duration.ofSeconds(30), qemu::alive, signal -> {})) {
        assertThat(vm.state()).isEqualTo(RunState.PRELAUNCH);
        assertThat(vm.devices()).containsAll(expectedDevices(golden));
        // What is put on record of a launch is what QEMU makes of it, on every machine.
        assertThat(DevicePlace.differences(DevicePlace.of(argv), vm.devicePlaces())).isEmpty();
        vm.quit();
      } catch (ProblemException e) {
        throw new AssertionError(which + " refuses " + name + ":\n" + qemu.said(), e);
      }
      assertThat(qemu.awaitExit(Duration.ofSeconds(10))).isZero();
      assertThat(complaints(qemu.said())).isEmpty();
      assertThat(companions.awaitEnds()).as("end with their QEMU").isTrue();
    }
  }

  /** The processes that QEMU wants to find; real ones, with this test's files. */
  private Companions startCompanions(GoldenCase golden) throws Exception {
    List<Companion> wanted = Companion.of(golden.plan());
    for (Companion companion : wanted) {
      boolean there =
          companion.argv().stream()
              .filter(word -> word.startsWith("/") && Companion.isProgram(word))
              .allMatch(program -> Files.isExecutable(Path.of(program)));
      Assumptions.assumeTrue(
          there && Companions.root(), companion.name() + " has no program here, or no root");
    }
    for (int i = 0; i < golden.spec().shares().size(); i++) {
      Files.createDirectories(Path.of(onThisHost(golden.plan().files().shared(i).toString())));
    }
    if (golden.spec().hasTpm()) {
      Files.createDirectories(Path.of(onThisHost(golden.plan().files().tpmState().toString())));
    }
    return Companions.start(
        wanted.stream()
            .map(one ->
                new Companion(
                    one.kind(),
                    one.name(),
                    one.argv().stream()
                        .map(this::onThisHost)
                        .map(word -> withoutCell(word, one))
                        .toList(),
                    Path.of(onThisHost(one.socket().toString())),
                    Path.of(onThisHost(one.output().toString()))))
            .toList());
  }

  /** A file server that makes its socket itself. */
  private String withoutCell(String word, Companion one) {
    return one.kind() == Companion.Kind.FILE_SERVER && word.equals("--fd=" + Companion.LISTENING)
        ? "--socket-path=" + onThisHost(one.socket().toString())
        : word;
  }

  private static Set<String> expectedDevices(GoldenCase golden) {
    var expected = new TreeSet<String>();
    golden.spec().disks().forEach(disk -> expected.add("disk-" + disk.name()));
    golden.spec().cdroms().forEach(cdrom -> expected.add("cd-" + cdrom.name()));
    golden.spec().nics().forEach(nic -> expected.add("nic-" + nic.name()));
    return expected;
  }

  /** What QEMU said that it should not have to say. */
  private static List<String> complaints(String said) {
    return said.lines()
        .filter(line -> !line.isBlank())
        // What an accelerator cannot do of a CPU model, it leaves out and says so.
        .filter(line -> !line.contains("doesn't support requested feature"))
        .filter(line -> !line.contains("doesn't support hyperthreading"))
        .filter(line -> !line.contains("try enabling topoext"))
        // A later QEMU announces that it will not have a pinned type for ever, and has it.
        .filter(line -> !line.matches(".*Machine type '[\\w.-]+' is deprecated.*"))
        .toList();
  }

  private String onThisHost(String argument) {
    String text = FORWARD.matcher(argument).replaceAll("$1:127.0.0.1:0-");
    if (!onKvm) {
      // Of Hyper-V's interfaces this one asks the kernel at once; the others are only known or not.
      text = text.replace(",hv-vpindex=on", ",hv-vpindex=off");
      text = text.equals("kvm") ? "tcg" : text.replaceFirst("^host(?=$|,)", "max");
      // Below virtio-mmio threads take eventfds, which only KVM has.
      text = text.contains("virtio-mmio-bus.") ? IO_THREAD.matcher(text).replaceAll("") : text;
    }
    return text.replace(GoldenCase.HOME, directory + GoldenCase.HOME);
  }

  private static String below(String path) {
    return path.substring(1);
  }

  /** Makes the files that an argument of QEMU names. */
  private void makeFiles(String argument) throws IOException, InterruptedException {
    var matcher = PATH.matcher(argument);
    while (matcher.find()) {
      String path = matcher.group();
      int option = path.indexOf(",server=");
      if (option < 0) {
        makeFile(Path.of(directory + path));
      }
    }
  }

  private void makeFile(Path file) throws IOException, InterruptedException {
    Path parent = file.getParent();
    if (Files.exists(file) || parent == null) {
      return;
    }
    Files.createDirectories(parent);
    String name = file.getFileName().toString();
    if (name.endsWith(".qcow2")) {
      var image =
          new ProcessBuilder("qemu-img", "create", "-q", "-f", "qcow2", file.toString(), "8M")
              .inheritIO()
              .start();
      assertThat(image.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(image.exitValue()).isZero();
    } else if (name.endsWith(".sock")) {
      Files.deleteIfExists(file);
    } else if (name.startsWith("vmlinuz")) {
      Files.write(file, fakeKernel());
    } else {
      sparse(file, name.endsWith(".fd") ? flash : 8 * MIB);
    }
  }

  private static void sparse(Path file, long size) throws IOException {
    try (var raw = new java.io.RandomAccessFile(file.toFile(), "rw")) {
      raw.setLength(size);
    }
  }

  /** What QEMU's loader wants to see of a Linux kernel (x86 boot protocol 2.12). */
  private static byte[] fakeKernel() {
    var kernel = ByteBuffer.allocate(64 * 1024).order(ByteOrder.LITTLE_ENDIAN);
    kernel.put(0x1f1, (byte) 4); // sectors of set-up code
    kernel.putShort(0x1fe, (short) 0xAA55);
    kernel.putInt(0x202, 0x53726448); // "HdrS"
    kernel.putShort(0x206, (short) 0x020c);
    kernel.put(0x211, (byte) 1); // loaded high
    kernel.putInt(0x22c, 0x7fffffff); // highest address of the initial RAM disk
    kernel.putInt(0x238, 2047); // longest command line
    return kernel.array();
  }

  private static long freeHugePages() throws IOException {
    return Files.readAllLines(Path.of("/proc/meminfo")).stream()
        .filter(line -> line.startsWith("HugePages_Free:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElse(0);
  }
}
