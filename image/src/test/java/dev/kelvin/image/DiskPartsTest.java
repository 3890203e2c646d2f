package dev.kelvin.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.image.build.BuildProgress;
import dev.kelvin.image.build.DiskLayout;
import dev.kelvin.image.build.RootFileSystem;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Task.Progress;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The parts of a build that can be tested one by one. */
class DiskPartsTest {
  private static final String IDENTITY =
      "c072b51688f0df0d0dc248353094bc43f82972bdb63638691b9e249411a96051";

  @TempDir Path directory;

  @Test
  void idsAreDerivedAndDiffer() {
    var layout = new DiskLayout(ByteSize.ofGiB(2), IDENTITY);
    assertThat(layout.rootUuid()).isEqualTo("c072b516-88f0-4f0d-8dc2-48353094bc43");
    assertThat(layout).isEqualTo(new DiskLayout(ByteSize.ofGiB(2), IDENTITY));
    assertThat(layout.table().lines().filter(line -> line.contains("uuid="))).hasSize(3);
    assertThat(layout.efiSerial()).matches("[0-9a-f]{8}");
  }

  @Test
  void theShellDerivesTheSameId() throws Exception {
    String script = Resources.text("finish.sh");
    int start = script.indexOf("uuid=$(");
    String derivation =
        script.substring(start, script.indexOf(")\n", script.indexOf("sed", start)) + 2);
    var result =
        new Commands()
            .run(Command.of("sh", "-c", "identity=" + IDENTITY + "\n" + derivation + "echo $uuid"));
    assertThat(result.stdout().strip())
        .isEqualTo(new DiskLayout(ByteSize.ofGiB(2), IDENTITY).rootUuid());
  }

  @Test
  void sfdiskTakesTheTable() throws Exception {
    var layout = new DiskLayout(ByteSize.ofGiB(2), IDENTITY);
    Path disk = directory.resolve("disk.raw");
    try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(layout.size().bytes());
    }
    var commands = new Commands();
    var made =
        commands.run(
            Command.of("sfdisk", "--quiet", disk.toString())
                .input(layout.table().getBytes(StandardCharsets.UTF_8)));
    assertThat(made.ok()).as(made.stderr()).isTrue();
    String dump = commands.run(Command.of("sfdisk", "--dump", disk.toString())).stdout();
    assertThat(dump)
        .contains("raw1 : start=       69632, size=     4122624")
        .contains("raw14 : start=        2048, size=        2048")
        .contains("raw15 : start=        4096, size=       65536");
    assertThat(layout.rootOffset()).isEqualTo(69632L * 512);
    assertThat(layout.rootBlocks()).isEqualTo(4122624 / 8);
    assertThat(commands.run(Command.of("sfdisk", "--verify", disk.toString())).ok()).isTrue();
  }

  @Test
  void usedInodesAreWhatIsNotFree() {
    String groups =
        """
        Inode count:              40
        Free inodes:              24
        Group 0: (Blocks 0-1)
          Free blocks: 5-9
          Free inodes: 14, 16-20
        Group 1: (Blocks 2-3)
          Free inodes: 21-38
        Group 2:
          Free inodes:\s
        """;
    assertThat(RootFileSystem.usedInodes(groups).stream()).containsExactly(11, 12, 13, 15, 39, 40);
    assertThat(RootFileSystem.usedInodes("").isEmpty()).isTrue();
  }

  @Test
  void progressFollowsBothRoundsAndNeverFallsBack() {
    List<Progress> seen = new ArrayList<>();
    var progress = new BuildProgress(seen::add);
    progress.line("I: running apt-get update...");
    progress.line("Get:1 http://deb.example/debian bookworm InRelease [151 kB]");
    for (int round = 0; round < 2; round++) {
      progress.line("0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.");
      for (String name : List.of("bash", "libc6")) {
        progress.line("Get:1 http://m bookworm/main amd64 " + name + " amd64 5.2 [1 kB]");
        progress.line("Selecting previously unselected package " + name + ".");
        progress.line("Unpacking " + name + ":amd64 (1.0) ...");
        progress.line("Setting up " + name + " (1.0) ...");
      }
    }
    progress.line("update-initramfs: Generating /boot/initrd.img-6.1.0-56-cloud-amd64");
    progress.part(0, "making the root file system");
    progress.part(100, "the image is ready");

    assertThat(seen).extracting(Progress::done).isSorted().doesNotHaveDuplicates();
    assertThat(seen).extracting(Progress::done).contains(0L, 30L, 72L, 80L, 100L);
    assertThat(seen.getFirst().message()).isEqualTo("fetching the lists of packages");
  }
}
