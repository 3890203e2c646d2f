package dev.kelvin.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.model.ByteSize;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Qcow2HeaderTest {
  @TempDir Path directory;

  private Path make(String... arguments) throws Exception {
    Path file = directory.resolve("disk.qcow2");
    var argv = new java.util.ArrayList<>(java.util.List.of("qemu-img", "create", "-f", "qcow2"));
    argv.addAll(java.util.List.of(arguments));
    argv.addAll(java.util.List.of(file.toString(), "16M"));
    assertThat(new Commands().run(Command.of(argv)).ok()).isTrue();
    return file;
  }

  @Test
  void readsWhatQemuWrites() throws Exception {
    assertThat(Qcow2Header.read(make()))
        .contains(
            new Qcow2Header(3, ByteSize.ofMiB(16), null, null, false, false, false, false, 0));
    assertThat(Qcow2Header.read(make("-o", "compat=0.10")))
        .contains(
            new Qcow2Header(2, ByteSize.ofMiB(16), null, null, false, false, false, false, 0));
  }

  @Test
  void seesEveryNameOfAnotherFile() throws Exception {
    assertThat(
            Qcow2Header.read(make("-u", "-b", "/etc/shadow", "-F", "raw")).orElseThrow().backing())
        .isEqualTo("/etc/shadow");
    String data = directory.resolve("data").toString();
    assertThat(Qcow2Header.read(make("-o", "data_file=" + data)).orElseThrow().externalData())
        .isTrue();
  }

  @Test
  void seesEncryption() throws Exception {
    Path file =
        make("--object", "secret,id=s,data=open", "-o", "encrypt.format=aes,encrypt.key-secret=s");
    assertThat(Qcow2Header.read(file).orElseThrow().encrypted()).isTrue();
  }

  @Test
  void aNameBeyondTheFileIsANameAllTheSame() throws Exception {
    Path file = make();
    try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(8);
      bytes.writeLong(-5);
      bytes.writeInt(-1);
    }
    assertThat(Qcow2Header.read(file).orElseThrow().backing()).isEmpty();
  }

  @Test
  void noiseIsNoHeader() throws Exception {
    var random = new Random(7);
    for (int i = 0; i < 200; i++) {
      byte[] noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      assertThat(Qcow2Header.read(Files.write(directory.resolve("noise"), noise))).isEmpty();
    }
  }
}
