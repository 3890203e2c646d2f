package dev.kelvin.machine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.qemu.VmFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LogKeeperTest {
  @TempDir Path directory;

  /** What says much writes on, and finds its file empty: nothing waits, nothing ends. */
  @Test
  void aFloodIsKeptSmallAndItsEndIsKept() throws Exception {
    Path log = directory.resolve("qemu.log");
    // As the launcher opens it.
    Process flood =
        new ProcessBuilder(
                "sh", "-c", "i=0; while [ $i -lt 300000 ]; do echo line-$i; i=$((i+1)); done")
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    long most = 0;
    while (flood.isAlive()) {
      LogKeeper.look(directory);
      most = Math.max(most, Files.size(log));
    }
    assertThat(flood.waitFor()).isZero();
    LogKeeper.look(directory);
    assertThat(Files.size(log)).isLessThanOrEqualTo(LogKeeper.LARGEST);
    assertThat(Files.size(directory.resolve("qemu.log.1"))).isLessThanOrEqualTo(LogKeeper.KEPT);
    assertThat(Files.readString(log)).endsWith("line-299999\n");
    assertThat(most).isPositive();
  }

  @Test
  void whatIsSmallAndTheSerialLogStayAsTheyAre() throws IOException {
    byte[] large = new byte[(int) LogKeeper.LARGEST + 1];
    Files.write(directory.resolve("serial.log"), large);
    Files.writeString(directory.resolve("tpm.log"), "small");
    LogKeeper.look(directory);
    assertThat(directory.resolve("serial.log")).hasSize(large.length);
    assertThat(directory.resolve("tpm.log")).hasContent("small");
  }

  private VmFiles home() throws IOException {
    Path state = Files.createDirectory(directory.resolve("state"));
    Path kept = Files.createDirectory(directory.resolve("kept"));
    return new VmFiles(directory.resolve("run"), state, kept);
  }

  /** As the process of a daemon before 0.2 has them, which goes on under this one. */
  @Test
  void logsInTheDirectoryOfTheVmsUserAreKeptSmallToo() throws IOException {
    VmFiles home = home();
    for (String name : new String[] {"qemu.log", "tpm.log", "share-1.log"}) {
      Path log = Files.write(home.state().resolve(name), new byte[(int) LogKeeper.LARGEST]);
      Files.writeString(log, "last words\n", StandardOpenOption.APPEND);
    }
    Files.writeString(home.state().resolve("share-0.log"), "small");
    assertThat(LogKeeper.lookAtOld(home, 2)).isTrue();
    for (String name : new String[] {"qemu.log", "tpm.log", "share-1.log"}) {
      assertThat(home.state().resolve(name)).isEmptyFile();
      assertThat(home.kept().resolve(name + ".1")).hasSize(LogKeeper.KEPT);
      assertThat(Files.readString(home.kept().resolve(name + ".1"))).endsWith("last words\n");
    }
    assertThat(home.state().resolve("share-0.log")).hasContent("small");
  }

  @Test
  void whatAGuestPutsInTheirPlaceIsNotCut() throws Exception {
    VmFiles home = home();
    byte[] large = new byte[(int) LogKeeper.LARGEST + 1];
    Path secret = Files.write(directory.resolve("secret"), large);
    Path other = Files.write(directory.resolve("other"), large);
    Files.createSymbolicLink(home.state().resolve("qemu.log"), secret);
    Files.createLink(home.state().resolve("tpm.log"), other);
    Files.createDirectory(home.state().resolve("share-0.log"));
    assertThat(
            new ProcessBuilder("mkfifo", home.state().resolve("share-1.log").toString())
                .start()
                .waitFor())
        .isZero();
    assertThat(LogKeeper.lookAtOld(home, 2)).isFalse();
    assertThat(secret).hasSize(large.length);
    assertThat(other).hasSize(large.length);
    assertThat(home.kept()).isEmptyDirectory();
  }

  @Test
  void aVmOfTodayHasNoneThere() throws IOException {
    assertThat(LogKeeper.lookAtOld(home(), 1)).isFalse();
  }

  @Test
  void theEndOfALargeLogIsMovedBeside() throws IOException {
    Path log = directory.resolve("share-0.log");
    Files.write(log, new byte[(int) LogKeeper.LARGEST]);
    Files.write(log, "last words\n".getBytes(UTF_8), StandardOpenOption.APPEND);
    LogKeeper.look(directory);
    assertThat(log).isEmptyFile();
    assertThat(Files.readString(directory.resolve("share-0.log.1"))).endsWith("last words\n");
  }
}
