package dev.kelvin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.image.format.ForeignDisk;
import dev.kelvin.image.format.Importer;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.storage.QemuImg;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that try to read what is not theirs, or to wear the host out. */
public class HostileImageTest {
  private final Commands commands = new Commands();
  private final Importer importer = new Importer(new QemuImg(commands, CellConfiner.ofHost()));
  @TempDir Path directory;

  private Path make(String format, String... arguments) throws Exception {
    Path file = directory.resolve("evil." + format);
    List<String> argv = new ArrayList<>(List.of("qemu-img", "create", "-f", format));
    argv.addAll(List.of(arguments));
    argv.addAll(List.of(file.toString(), "16M"));
    var result = commands.run(Command.of(argv));
    assertThat(result.ok()).as(result.stderr()).isTrue();
    return file;
  }

  private interface Change {
    void apply(RandomAccessFile file) throws Exception;
  }

  private static Path change(Path path, Change change) throws Exception {
    try (var file = new RandomAccessFile(path.toFile(), "rw")) {
      change.apply(file);
    }
    return path;
  }

  private static void replace(Path path, String from, String to) throws Exception {
    byte[] bytes = Files.readAllBytes(path);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = text.indexOf(from);
    assertThat(at).isPositive();
    assertThat(to.length()).isLessThanOrEqualTo(from.length());
    String padded = to + "\n".repeat(from.length() - to.length());
    change(
        path,
        file -> {
          file.seek(at);
          file.write(padded.getBytes(StandardCharsets.ISO_8859_1));
        });
  }

  private Problem refused(Path file, Format format) {
    var problems = new ArrayList<Problem>();
    assertThatThrownBy(() -> importer.inspect(file, format))
        .isInstanceOfSatisfying(ProblemException.class, e -> problems.add(e.problem()));
    Problem problem = problems.getFirst();
    assertThat(problem.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem.object()).isNotBlank();
    assertThat(problem.cause()).isNotBlank();
    assertThat(problem.remedy()).isNotBlank();
    return problem;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/shadow",
        "json:{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"/etc/shadow\"}}",
        "nbd://192.0.2.1/x",
        "http://192.0.2.1/latest/meta-data"
      })
  public void backingFiles(String name) throws Exception {
    Path file = make("qcow2", "-u", "-b", name, "-F", "raw");
    assertThat(refused(file, Format.QCOW2).cause()).contains(name);
  }

  @Test
  public void backingNamesBeyondTheFile() throws Exception {
    Path file =
        change(
            make("qcow2"),
            bytes -> {
              bytes.seek(8);
              bytes.writeLong(1L << 40);
              bytes.writeInt(10);
            });
    assertThat(refused(file, Format.QCOW2).detail()).contains("another file");
  }

  @Test
  public void dataFiles() throws Exception {
    Path file = make("qcow2", "-o", "data_file=" + directory.resolve("data.raw"));
    assertThat(refused(file, Format.QCOW2).cause()).contains("data file");
  }

  @Test
  public void secrets() throws Exception {
    String aes = "encrypt.format=aes,encrypt.key-secret=s";
    Path file = make("qcow2", "--object", "secret,id=s,data=open", "-o", aes);
    assertThat(refused(file, Format.QCOW2).detail()).contains("encrypted");
  }

  @Test
  public void damagedDisks() throws Exception {
    Path file =
        change(
            make("qcow2"),
            bytes -> {
              bytes.seek(72);
              bytes.writeLong(2);
            });
    assertThat(refused(file, Format.QCOW2).cause()).contains("corrupt");
  }

  @Test
  public void unknownFeatures() throws Exception {
    Path file =
        change(
            make("qcow2"),
            bytes -> {
              bytes.seek(72);
              bytes.writeLong(1L << 40);
            });
    assertThat(refused(file, Format.QCOW2).cause()).containsIgnoringCase("feature");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1L << 50, 1L << 62, Long.MAX_VALUE, -1})
  public void absurdSizes(long size) throws Exception {
    Path file =
        change(
            make("qcow2"),
            bytes -> {
              bytes.seek(24);
              bytes.writeLong(size);
            });
    refused(file, Format.QCOW2);
  }

  @Test
  public void absurdRawSizes() throws Exception {
    Path file = directory.resolve("large.raw");
    try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.setLength(1L << 43);
    }
    importer.inspect(file, Format.RAW);
    assertThatThrownBy(
            () -> ForeignDisk.checkSize(file, Format.RAW, new ByteSize((64L << 40) + 512)))
        .isInstanceOf(ProblemException.class);
  }

  @Test
  public void tablesThatLeadNowhere() throws Exception {
    Path file =
        change(
            make("qcow2"),
            bytes -> {
              bytes.seek(36);
              bytes.writeInt(Integer.MAX_VALUE);
              bytes.writeLong(1L << 60);
            });
    refused(file, Format.QCOW2);
  }

  @Test
  public void vmdkDescriptorsThatNameOtherFiles() throws Exception {
    Path file = directory.resolve("evil.vmdk");
    Files.writeString(
        file,
        """
        # Disk DescriptorFile
        version=1
        CID=12345678
        parentCID=ffffffff
        createType="monolithicFlat"
        RW 32768 FLAT "/etc/shadow" 0
        """);
    assertThat(refused(file, Format.VMDK).cause()).contains("descriptor");
    assertThat(refused(make("vmdk", "-o", "subformat=monolithicFlat"), Format.VMDK).remedy())
        .endsWith("-flat.vmdk --format raw");
  }

  @Test
  public void vmdkHeadersThatHandOverToADescriptor() throws Exception {
    Path file =
        change(
            make("vmdk"),
            bytes -> {
              bytes.seek(12);
              bytes.writeLong(0);
            });
    assertThat(refused(file, Format.VMDK).cause()).contains("other files");
  }

  @Test
  public void vmdkParents() throws Exception {
    Path byId = make("vmdk");
    replace(byId, "parentCID=ffffffff", "parentCID=0badcafe");
    assertThat(refused(byId, Format.VMDK).cause()).contains("parent");

    Path byName = make("vmdk");
    replace(byName, "# The Disk Data Base", "parentFileNameHint=x");
    assertThat(refused(byName, Format.VMDK).cause()).contains("parent");
  }

  @Test
  public void vmdkExtentsBesidesTheFile() throws Exception {
    Path file = make("vmdk");
    replace(file, "# The Disk Data Base", "RW 9 FLAT \"/x\" 0");
    assertThat(refused(file, Format.VMDK).cause()).contains("several files");
  }

  @Test
  public void vmdkKindsThatAreNotWhole() throws Exception {
    Path file = make("vmdk");
    replace(file, "createType=\"monolithicSparse\"", "createType=\"fullDevice\"");
    assertThat(refused(file, Format.VMDK).cause()).contains("fullDevice");
  }

  @Test
  public void vhdxParents() throws Exception {
    Path file = make("vhdx");
    byte[] bytes = Files.readAllBytes(file);
    // VHDX 1.00, 2.6.2.1: item CAA16737-FA36-4D43-B3B6-33F0AA44E76B in the region of metadata.
    byte[] item = {0x37, 0x67, (byte) 0xa1, (byte) 0xca, 0x36, (byte) 0xfa, 0x43, 0x4d};
    int entry = indexOf(bytes, item);
    int table = entry / 65536 * 65536;
    int offset =
        table
            + (bytes[entry + 16] & 0xff)
            + ((bytes[entry + 17] & 0xff) << 8)
            + ((bytes[entry + 18] & 0xff) << 16);
    change(
        file,
        disk -> {
          disk.seek(offset + 4);
          disk.write(2);
        });
    refused(file, Format.VHDX);
  }

  private static int indexOf(byte[] bytes, byte[] wanted) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = text.indexOf(new String(wanted, StandardCharsets.ISO_8859_1));
    assertThat(at).isPositive();
    return at;
  }

  @Test
  public void vdiDifferences() throws Exception {
    Path file =
        change(
            make("vdi"),
            bytes -> {
              bytes.seek(0x4c);
              bytes.write(4);
            });
    assertThat(refused(file, Format.VDI).cause()).contains("parent");
    Path linked =
        change(
            make("vdi"),
            bytes -> {
              bytes.seek(0x1b8);
              bytes.write(new byte[] {1, 2, 3, 4});
            });
    refused(linked, Format.VDI);
  }

  @ParameterizedTest
  @EnumSource(
      value = Format.class,
      names = {"QCOW2", "VMDK", "VHD", "VHDX", "VDI", "ISO"})
  public void filesOfAnotherFormatThanNamed(Format named) throws Exception {
    byte[] noise = new byte[100_000];
    new Random(3).nextBytes(noise);
    Path file = Files.write(directory.resolve("noise"), noise);
    assertThat(refused(file, named).field()).isEqualTo("format");
    for (String other : List.of("qcow2", "vmdk", "vpc", "vhdx", "vdi")) {
      if (!other.equals(named.driver())) {
        refused(make(other), named);
      }
    }
  }

  @Test
  public void aRawDiskIsNeverTakenForWhatItsContentLooksLike() throws Exception {
    Path file = make("qcow2", "-u", "-b", "/etc/shadow", "-F", "raw");
    long length = Files.size(file);
    importer.inspect(file, Format.RAW);
    Path stored = importer.toStorable(file, Format.RAW, directory, ProgressSink.none());
    var info = new QemuImg(commands, CellConfiner.ofHost()).info(stored, "qcow2");
    assertThat(info.backing()).isNull();
    // In whole sectors.
    assertThat(info.virtualSize().bytes()).isEqualTo((length + 511) / 512 * 512);
  }

  @ParameterizedTest
  @CsvSource({
    "QCOW2, 2, 3", "VMDK, 2, 3", "VHD, 2, 3", "VHDX, 9, 10", "VDI, 2, 3",
    "QCOW2, 0, 1", "VMDK, 0, 1", "VHD, 0, 1", "VHDX, 0, 1", "VDI, 0, 1"
  })
  public void truncatedFiles(Format format, int keptMiB, int leastMiB) throws Exception {
    byte[] noise = new byte[8 << 20];
    new Random(5).nextBytes(noise);
    Path raw = Files.write(directory.resolve("noise.raw"), noise);
    Path file = directory.resolve("cut." + format.wire());
    commands.run(
        Command.of(
            "qemu-img",
            "convert",
            "-f",
            "raw",
            "-O",
            format.driver(),
            raw.toString(),
            file.toString()));
    assertThat(Files.size(file)).isGreaterThan((long) leastMiB << 20);
    importer.inspect(file, format);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    change(file, bytes -> bytes.setLength(Math.max((long) keptMiB << 20, 700)));
    refused(file, format);
  }

  /** qemu-img is told by a hostile file to open another, which is not there where it runs. */
  @Test
  public void whatQemuImgIsMisledToItCannotOpen() throws Exception {
    assumeTrue(Namespace.isRoot(), "only root can run qemu-img as another user");
    Path secret = Files.writeString(directory.resolve("secret"), "secret".repeat(1000));
    Path file = make("qcow2", "-b", secret.toString(), "-F", "raw");
    Path copy = directory.resolve("copy.qcow2");
    assertThatThrownBy(() ->
            new QemuImg(commands, CellConfiner.ofHost())
                .confined(ByteSize.ofGiB(1))
                .convert(
                    file,
                    "qcow2",
                    copy,
                    QemuImg.Target.of("qcow2"),
                    Duration.ofSeconds(30),
                    ProgressSink.none()))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e ->
                assertThat(e.problem().cause()).containsAnyOf("Permission denied", "No such file"));
    assertThat(copy).doesNotExist();
  }

  @Test
  public void moreOutputThanAllowedIsCutOff() throws Exception {
    byte[] noise = new byte[4 << 20];
    new Random(5).nextBytes(noise);
    Path file = Files.write(directory.resolve("noise.raw"), noise);
    Path copy = directory.resolve("copy.qcow2");
    assertThatThrownBy(() ->
            new QemuImg(commands, CellConfiner.ofHost())
                .confined(ByteSize.ofMiB(1))
                .convert(
                    file,
                    "raw",
                    copy,
                    QemuImg.Target.of("qcow2"),
                    Duration.ofSeconds(30),
                    ProgressSink.none()))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problem().code()).isEqualTo(Code.HOST_FAILURE));
    assertThat(copy).doesNotExist();
  }
}
