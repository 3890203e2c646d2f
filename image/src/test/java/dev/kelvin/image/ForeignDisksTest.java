package dev.kelvin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.image.format.Importer;
import dev.kelvin.image.format.VhdxHeader;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.storage.Qcow2Header;
import dev.kelvin.storage.QemuImg;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Disks as other hypervisors leave them, and what is said of those that cannot be imported. */
class ForeignDisksTest {
  private static final byte[] MARK = "CONTENT-AT-0".getBytes(StandardCharsets.US_ASCII);

  private final Commands commands = new Commands();
  private final Importer importer = new Importer(new QemuImg(commands, CellConfiner.ofHost()));
  @TempDir Path directory;
  private Path raw;

  @BeforeEach
  void makeDisk() throws IOException {
    byte[] content = new byte[5 << 20];
    System.arraycopy(MARK, 0, content, 0, MARK.length);
    System.arraycopy(MARK, 0, content, content.length - 512, MARK.length);
    raw = Files.write(directory.resolve("b.raw"), content);
  }

  private void run(String... argv) throws InterruptedException {
    var result = commands.run(Command.of(argv));
    assertThat(result.ok()).as(result.stderr()).isTrue();
  }

  private Path make(String name, String driver, String... options) throws InterruptedException {
    Path file = directory.resolve(name);
    var argv = new ArrayList<>(List.of("qemu-img", "convert", "-f", "raw", "-O", driver));
    argv.addAll(List.of(options));
    argv.addAll(List.of(raw.toString(), file.toString()));
    run(argv.toArray(String[]::new));
    return file;
  }

  private interface Change {
    void of(RandomAccessFile file) throws IOException;
  }

  private static Path change(Path path, Change change) throws IOException {
    try (var file = new RandomAccessFile(path.toFile(), "rw")) {
      change.of(file);
    }
    return path;
  }

  private static void text(RandomAccessFile file, long at, String text) throws IOException {
    file.seek(at);
    file.write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private Problem refused(Path file, Format format) {
    var thrown = catchThrowableOfType(ProblemException.class, () -> importer.inspect(file, format));
    assertThat(thrown).as("%s is refused as %s", file, format).isNotNull();
    return thrown.problem();
  }

  private byte[] imported(Path file, Format format) throws Exception {
    assertThat(importer.inspect(file, format)).isEmpty();
    Path stored = importer.toStorable(file, format, directory, ProgressSink.none());
    Path back = directory.resolve("back");
    run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", stored.toString(), back.toString());
    return Files.readAllBytes(back);
  }

  @Test
  void ofAVhdTheSizeCountsAndNotTheGeometry() throws Exception {
    Path file = make("fix.vhd", "vpc", "-o", "subformat=fixed,force_size=on");
    long footer = Files.size(file) - 512;
    change(
        file,
        bytes -> {
          text(bytes, footer + 28, "vbox");
          bytes.seek(footer + 56);
          bytes.writeShort(10); // cylinders, of 4 heads and 17 sectors
          byte[] all = new byte[512];
          bytes.seek(footer);
          bytes.readFully(all);
          // The sum of all bytes but its own four, inverted.
          int sum = 0;
          for (int i = 0; i < all.length; i++) {
            sum += i >= 64 && i < 68 ? 0 : all[i] & 0xff;
          }
          bytes.seek(footer + 64);
          bytes.writeInt(~sum);
        });
    byte[] content = imported(file, Format.VHD);
    assertThat(content).hasSize(5 << 20).startsWith(MARK);
    assertThat(Arrays.copyOfRange(content, content.length - 512, content.length)).startsWith(MARK);
  }

  @Test
  void aVhdOfDifferencesTellsItsParent() throws Exception {
    Path file =
        change(
            make("child.vhd", "vpc"),
            bytes -> {
              bytes.seek(60);
              bytes.writeInt(4);
              bytes.seek(bytes.length() - 512 + 60);
              bytes.writeInt(4);
              bytes.seek(512 + 64);
              bytes.write("base.vhd".getBytes(StandardCharsets.UTF_16BE));
            });
    Problem problem = refused(file, Format.VHD);
    assertThat(problem.detail()).contains("another file");
    assertThat(problem.cause()).contains("its parent base.vhd");
    assertThat(problem.remedy()).contains("qemu-img convert");
  }

  @Test
  void hostileTablesOfAVhdAreNotFollowed() throws Exception {
    Path file = make("h.vhd", "vpc");
    for (long[] field : new long[][] {{512 + 16, -1}, {512 + 28, -1}, {512 + 32, 0}}) {
      byte[] before = Files.readAllBytes(file);
      change(
          file,
          bytes -> {
            bytes.seek(field[0]);
            bytes.writeInt((int) field[1]);
          });
      refused(file, Format.VHD);
      Files.write(file, before);
    }
  }

  /** Where an item of a VHDX's metadata is noted, by the start of its GUID; and the table. */
  private static int entry(byte[] bytes, int... guid) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    var wanted = new StringBuilder();
    for (int one : guid) {
      wanted.append((char) one);
    }
    int at = text.indexOf(wanted.toString());
    assertThat(at).isPositive();
    return at;
  }

  @Test
  void aVhdxOfACheckpointTellsItsParent() throws Exception {
    Path file = make("child.vhdx", "vhdx");
    byte[] all = Files.readAllBytes(file);
    int parameters = entry(all, 0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa);
    int table = parameters / 65536 * 65536;
    var bytes = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(table + bytes.getInt(parameters + 16) + 4, 2);
    int count = bytes.getShort(table + 10);
    int item = table + 32 + 32 * count;
    bytes.putShort(table + 10, (short) (count + 1));
    // A8D35F2D-B30B-454D-ABF7-D3D84834AB0C, the parent locator.
    bytes.putInt(item, 0xa8d35f2d).putShort(item + 4, (short) 0xb30b);
    bytes.putShort(item + 6, (short) 0x454d).putLong(item + 8, 0x0cab3448d8d3f7abL);
    bytes.putInt(item + 16, 96 << 10).putInt(item + 20, 4096);
    int locator = table + (96 << 10);
    byte[] key = "relative_path".getBytes(StandardCharsets.UTF_16LE);
    byte[] value = ".\\base.vhdx".getBytes(StandardCharsets.UTF_16LE);
    bytes.putShort(locator + 18, (short) 1).putInt(locator + 20, 100).putInt(locator + 24, 200);
    bytes.putShort(locator + 28, (short) key.length).putShort(locator + 30, (short) value.length);
    bytes.put(locator + 100, key).put(locator + 200, value);
    Files.write(file, all);
    assertThat(refused(file, Format.VHDX).cause()).contains("its parent .\\base.vhdx");
  }

  @Test
  void sectorsOf4096BytesAreCalledWhatTheyAre() throws Exception {
    Path file = make("large.vhdx", "vhdx");
    byte[] all = Files.readAllBytes(file);
    int size = entry(all, 0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9);
    var bytes = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(size / 65536 * 65536 + bytes.getInt(size + 16), 4096);
    Files.write(file, all);
    Problem problem = refused(file, Format.VHDX);
    assertThat(problem.detail()).contains("sectors");
    assertThat(problem.cause()).contains("4096").contains("512");

    change(raw, disk -> text(disk, 4096, "EFI PART"));
    assertThat(importer.inspect(raw, Format.RAW)).singleElement().asString().contains("4096 bytes");
  }

  @Test
  void aQcow2ThatWasNotClosedIsCountedAnew() throws Exception {
    Path file = make("open.qcow2", "qcow2", "-o", "lazy_refcounts=on");
    commands.run(
        Command.of(
            "qemu-io",
            "-f",
            "qcow2",
            "-c",
            "write -P 0x41 1M 64k",
            "-c",
            "flush",
            "-c",
            "abort",
            file.toString()));
    assertThat(Qcow2Header.read(file).orElseThrow().dirty()).isTrue();
    byte[] content = imported(file, Format.QCOW2);
    assertThat(content).startsWith(MARK);
    assertThat(content[1 << 20]).isEqualTo((byte) 0x41);
  }

  /** Puts the checksum of some bytes into them, little-endian at the fifth. */
  private static void seal(ByteBuffer bytes, int at, int length) {
    var sum = new CRC32C();
    bytes.putInt(at + 4, 0);
    byte[] sealed = new byte[length];
    bytes.get(at, sealed);
    sum.update(sealed);
    bytes.putInt(at + 4, (int) sum.getValue());
  }

  /** Gives a VHDX a journal in which 4 KiB are zero that are not yet (MS-VHDX, 2.3). */
  private static void journal(Path file, int target) throws IOException {
    var bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    for (int header : new int[] {64 << 10, 128 << 10}) {
      bytes.putLong(header + 48, 0x1122334455667788L).putLong(header + 56, 0x99L);
      seal(bytes, header, 4096);
    }
    int log = Math.toIntExact(bytes.getLong((64 << 10) + 72));
    bytes.putInt(log, 0x65676f6c).putInt(log + 8, 4096).putLong(log + 16, 7).putInt(log + 24, 1);
    bytes.putLong(log + 32, 0x1122334455667788L).putLong(log + 40, 0x99L);
    bytes.putLong(log + 48, bytes.capacity()).putLong(log + 56, bytes.capacity());
    bytes.putInt(log + 64, 0x6f72657a).putLong(log + 72, 4096).putLong(log + 80, target);
    bytes.putLong(log + 88, 7);
    seal(bytes, log, 4096);
    byte[] changed = new byte[bytes.capacity()];
    bytes.get(0, changed);
    Files.write(file, changed);
  }

  @Test
  void theJournalOfAVhdxIsReplayed() throws Exception {
    Path file = make("open.vhdx", "vhdx");
    assertThat(VhdxHeader.isDirty(file)).isFalse();
    String all = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    journal(file, all.indexOf("CONTENT-AT-0"));
    assertThat(VhdxHeader.isDirty(file)).isTrue();
    assertThat(commands.run(Command.of("qemu-img", "info", "-f", "vhdx", file.toString())).ok())
        .as("QEMU wants it replayed")
        .isFalse();

    byte[] content = imported(file, Format.VHDX);
    assertThat(content).hasSize(5 << 20).startsWith(new byte[4096]);
    assertThat(new String(content, StandardCharsets.ISO_8859_1)).contains("CONTENT-AT-0");
    assertThat(VhdxHeader.isDirty(file)).isFalse();
  }

  @Test
  void theWrongOneOfAVmwareDisksFilesSaysWhichItIs() throws Exception {
    make("f.vmdk", "vmdk", "-o", "subformat=monolithicFlat");
    Problem descriptor = refused(directory.resolve("f.vmdk"), Format.VMDK);
    assertThat(descriptor.cause()).contains("descriptor").contains("f-flat.vmdk");
    assertThat(descriptor.remedy()).endsWith("kelvin image import f-flat.vmdk --format raw");
    assertThat(imported(directory.resolve("f-flat.vmdk"), Format.RAW)).startsWith(MARK);

    make("s.vmdk", "vmdk", "-o", "subformat=twoGbMaxExtentSparse");
    assertThat(refused(directory.resolve("s-s001.vmdk"), Format.VMDK).cause())
        .contains("-s001.vmdk");
    assertThat(refused(directory.resolve("s.vmdk"), Format.VMDK).cause()).contains("s-s001.vmdk");

    for (String mark : List.of("COWD", "\u00be\u00ba\u00fe\u00ca\0\0\0\0")) {
      Path delta = Files.write(directory.resolve("delta"), new byte[4096]);
      change(delta, bytes -> text(bytes, 0, mark));
      assertThat(refused(delta, Format.VMDK).cause()).contains("snapshot");
    }
    Path child =
        Files.writeString(
            directory.resolve("child.vmdk"),
            """
            # Disk DescriptorFile
            parentCID=1
            createType="monolithicSparse"
            parentFileNameHint="base.vmdk"
            RW 9 SPARSE "child-delta.vmdk"
            """);
    assertThat(refused(child, Format.VMDK).cause()).contains("its parent base.vmdk");
  }

  @Test
  void aCdThatWasCutOffIsNotWhole() throws Exception {
    Path iso = directory.resolve("cd.iso");
    run("genisoimage", "-quiet", "-o", iso.toString(), raw.toString());
    importer.inspect(iso, Format.ISO);
    long length = Files.size(iso);
    for (long cut : new long[] {length - 1, 1_000_000, 32769 + 5}) {
      change(iso, bytes -> bytes.setLength(cut));
      assertThat(refused(iso, Format.ISO).detail()).isEqualTo("The disk is not whole");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "qcow2, --format qcow2",
    "vmdk, --format vmdk",
    "vpc, --format vhd",
    "vhdx, --format vhdx",
    "vdi, --format vdi",
    "qed, qemu-img convert",
    "parallels, qemu-img convert"
  })
  void aDiskOfAnotherFormatThatIsTakenAsRawIsDoubted(String driver, String remedy)
      throws Exception {
    assertThat(importer.inspect(make("disk", driver), Format.RAW))
        .singleElement()
        .asString()
        .contains("looks like a")
        .contains(remedy);
  }

  @Test
  void whatIsPackedAndTakenAsRawIsDoubted() throws Exception {
    Path packed = directory.resolve("packed.raw");
    try (var out = new GZIPOutputStream(Files.newOutputStream(packed))) {
      Files.copy(raw, out);
    }
    assertThat(importer.inspect(packed, Format.RAW))
        .singleElement()
        .asString()
        .contains("gzip")
        .contains(".gz");

    run("tar", "-C", directory.toString(), "-cf", directory.resolve("a.ova").toString(), "b.raw");
    assertThat(importer.inspect(directory.resolve("a.ova"), Format.RAW))
        .singleElement()
        .asString()
        .contains("tar xf");
    assertThat(refused(directory.resolve("a.ova"), Format.VMDK).cause()).contains("tar archive");

    Path fixed = make("fix.vhd", "vpc", "-o", "subformat=fixed,force_size=on");
    assertThat(importer.inspect(fixed, Format.RAW)).singleElement().asString().contains("VHD");
  }

  @Test
  void aDiskAsItIsGivesNoDoubt() throws Exception {
    change(raw, bytes -> text(bytes, 510, "U\u00aa"));
    assertThat(importer.inspect(raw, Format.RAW)).isEmpty();
    // Made for CDs and for sticks.
    change(raw, bytes -> text(bytes, 32769, "CD001"));
    assertThat(importer.inspect(raw, Format.RAW)).isEmpty();
    change(raw, bytes -> text(bytes, 510, "\0\0"));
    assertThat(importer.inspect(raw, Format.RAW))
        .singleElement()
        .asString()
        .contains("--format iso");
  }

  @ParameterizedTest
  @CsvSource({"16T, true", "64T, true", "65T, false"})
  void anImageIsAsLargeAsADiskCanBe(String size, boolean taken) throws Exception {
    Path file = directory.resolve("large.qcow2");
    run("qemu-img", "create", "-q", "-f", "qcow2", file.toString(), size);
    if (taken) {
      importer.inspect(file, Format.QCOW2);
    } else {
      assertThat(refused(file, Format.QCOW2).cause()).contains("64TiB");
    }
  }
}
