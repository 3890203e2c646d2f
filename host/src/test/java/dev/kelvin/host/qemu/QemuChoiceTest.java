package dev.kelvin.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.host.cell.CellSupport;
import dev.kelvin.host.check.Doctor;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands;
import dev.kelvin.model.Code;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.DoctorReport.Check;
import dev.kelvin.model.DoctorReport.CheckState;
import dev.kelvin.model.DoctorReport.FoundQemu;
import dev.kelvin.model.Layout;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.QemuFiles;
import dev.kelvin.model.spec.Architecture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** QEMUs of this test: scripts that answer as a QEMU does, in a tree of their own. */
class QemuChoiceTest {
  /** As one that was built for /usr and looks nowhere else. */
  private static final String FIXED =
      """
      #!/bin/sh
      case "$*" in
        --version) echo "QEMU emulator version 9.8.7 (a test's)" ;;
        "-L help") echo /usr/share/qemu; echo /usr/share/seabios ;;
        "-machine help") echo "Supported machines are:"; echo "pc-q35-9.8           Standard" ;;
        "-device help")
          # Modules of another build.
          [ "$QEMU_MODULE_DIR" = "${0%/bin/*}/lib/some/qemu" ] || { echo abort >&2; exit 134; }
          echo 'name "nvme", bus PCI' ;;
        "-cpu help") echo "Available CPUs:"; echo "  max" ;;
        *) exit 3 ;;
      esac
      """;

  @TempDir Path directory;
  private Path bin;

  @BeforeEach
  void openTheWay() throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    bin = Files.createDirectories(directory.resolve("usr/bin"));
  }

  private Path program(String name, String text, String permissions) throws IOException {
    Path program = Files.writeString(bin.resolve(name), text);
    return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString(permissions));
  }

  private static QemuChoice picked(Path program) {
    return QemuChoice.of(program.toString(), Map.of());
  }

  @Test
  void theVariableGoesBeforeTheConfigurationAndBringsWhatLiesBesideIt() throws IOException {
    Path main = program("qemu-system-x86_64", FIXED, "rwxr-xr-x");
    Path arm = program("qemu-system-aarch64", FIXED, "rwxr-xr-x");
    var choice =
        QemuChoice.of(
            main.toString(),
            Map.of(
                Architecture.X86_64,
                Map.entry("qemu.binary", "/none/qemu-system-x86_64"),
                Architecture.I386,
                Map.entry("qemu.i386", "/none/qemu-system-i386")));
    assertThat(choice.find(Architecture.X86_64)).contains(main);
    assertThat(choice.reason(Architecture.X86_64)).isEqualTo("picked by KELVIN_QEMU");
    assertThat(choice.find(Architecture.AARCH64)).contains(arm);
    assertThat(choice.find(Architecture.I386)).contains(Path.of("/none/qemu-system-i386"));
    assertThat(choice.reason(Architecture.I386)).contains("qemu.i386 in kelvin.yaml");
    assertThat(choice.isPicked(Architecture.X86_64)).isTrue();
    assertThat(QemuChoice.of("", Map.of()).isPicked(Architecture.X86_64)).isFalse();
    assertThat(QemuChoice.of("", Map.of()).find(Architecture.X86_64))
        .isEqualTo(QemuInspector.find());
  }

  @Test
  void whatCannotBeAQemusPathIsRefused() {
    for (String wrong : List.of("qemu-system-x86_64", "/bin/sh", "/", "~/qemu-system-x86_64")) {
      assertThatThrownBy(() -> QemuChoice.of(wrong, Map.of()))
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> assertThat(e.problem().code()).isEqualTo(Code.INVALID_ARGUMENT));
    }
  }

  @Test
  void onlyWhatNobodyElseCanWriteIsExecuted() throws IOException {
    refuses(bin.resolve("qemu-system-none"), "there is no file");
    refuses(program("qemu-system-a", FIXED, "rw-r--r--"), "cannot be executed");
    refuses(program("qemu-system-b", FIXED, "rwxr-xrwx"), "everybody can write");
    if (Users.isRoot()) {
      refuses(program("qemu-system-c", FIXED, "rwxr-x---"), "closed to others");
      Path strangers = program("qemu-system-d", FIXED, "rwxr-xr-x");
      Files.setAttribute(strangers, "unix:uid", 61183);
      refuses(strangers, "user 61183");
      Path groups = program("qemu-system-e", FIXED, "rwxrwxr-x");
      Files.setAttribute(groups, "unix:gid", 61183);
      refuses(groups, "group 61183");
    }
    Path fine = program("qemu-system-f", FIXED, "rwxr-xr-x");
    assertThat(picked(fine).complaint(Architecture.X86_64)).isEmpty();
    Files.setPosixFilePermissions(bin, PosixFilePermissions.fromString("rwxrwxrwx"));
    refuses(fine, "everybody can write " + bin);
  }

  private static void refuses(Path program, String words) {
    var choice = picked(program);
    assertThat(choice.complaint(Architecture.X86_64).orElseThrow().oneLine())
        .contains(words, "KELVIN_QEMU");
    assertThatThrownBy(() -> choice.usable(Architecture.X86_64))
        .isInstanceOf(ProblemException.class);
  }

  @Test
  void aQemuElsewhereIsToldWhereItsFilesAre() throws Exception {
    Path data = Files.createDirectories(directory.resolve("usr/share/qemu"));
    Path modules = Files.createDirectories(directory.resolve("usr/lib/some/qemu"));
    Files.createDirectories(directory.resolve("usr/lib/qemu"));
    Path program = program("qemu-system-x86_64", FIXED, "rwxr-xr-x");
    var qemu = new QemuInspector(new Commands()).inspect(program);
    assertThat(qemu.files()).isEqualTo(new QemuFiles(List.of(data.toString()), modules.toString()));
    assertThat(qemu.version()).isEqualTo("9.8.7");
    assertThat(qemu.devices()).containsExactly("nvme");
    // One that lies where it looks is told nothing.
    assertThat(QemuTree.of(program).data(List.of(data))).isEmpty();
  }

  @Test
  void withoutAnyTheDoctorSaysWhatToInstall() {
    var none = new QemuChoice(Map.of(), one -> Optional.empty());
    var doctor = new Doctor(layout(), new Commands(), none, CellSupport::ofHost);
    DoctorReport report = doctor.report();
    assertThat(report.checks())
        .filteredOn(check -> check.id().equals("qemu"))
        .singleElement()
        .satisfies(check -> {
          assertThat(check.state()).isEqualTo(CheckState.REQUIRED);
          assertThat(check.remedy()).contains("install");
        });
    assertThat(report.accelerator()).isEqualTo("tcg");
    var thrown = catchThrowableOfType(ProblemException.class, doctor::facts);
    assertThat(thrown.problem().code()).isEqualTo(Code.CAPABILITY_MISSING);
    assertThat(thrown.problem().remedy()).contains("install");
  }

  private Layout layout() {
    return new Layout(
        directory, directory.resolve("etc"), directory.resolve("var"), directory.resolve("r"));
  }

  @Test
  void theDoctorListsAllAndSaysWhyThePickedOneIsOfNoUse() throws Exception {
    Path program = program("qemu-system-x86_64", "#!/bin/sh\necho hello\n", "rwxr-xr-x");
    var doctor = new Doctor(layout(), new Commands(), picked(program), CellSupport::ofHost);
    var report = doctor.report();
    assertThat(report.checks())
        .filteredOn(check -> check.id().equals("qemu"))
        .singleElement()
        .satisfies(check -> assertThat(check.state()).isEqualTo(CheckState.REQUIRED))
        .extracting(Check::proof)
        .asString()
        .contains("does not tell its version", "hello");
    assertThatThrownBy(doctor::facts).hasMessageContaining("version");
    assertThat(report.qemus()).extracting(FoundQemu::binary).contains(program.toString());
    Optional<Path> host = QemuInspector.find();
    if (host.isPresent()) {
      assertThat(report.qemus())
          .filteredOn(one -> one.binary().equals(host.get().toString()))
          .singleElement()
          .satisfies(one -> {
            assertThat(one.version()).isNotBlank();
            assertThat(one.used()).isFalse();
          });
    }
    // The report is made anew when the program is another.
    program("qemu-system-x86_64", FIXED, "rwxr-xrwx");
    assertThat(doctor.report().checks())
        .filteredOn(check -> check.id().equals("qemu"))
        .extracting(Check::proof)
        .singleElement()
        .asString()
        .contains("everybody can write");
  }
}
