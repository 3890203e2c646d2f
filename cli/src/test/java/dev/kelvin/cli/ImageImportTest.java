package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Cli.Result;
import dev.kelvin.cli.FakeDaemon.Reply;
import dev.kelvin.model.Image;
import dev.kelvin.model.Image.ImageStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code kelvin image import}: files as people have them. */
@Timeout(60)
class ImageImportTest extends OnFakeDaemon {
  private static final String NAME = "disk";

  private String upload(String query) throws IOException {
    String line = "POST /v1/images/" + NAME + "/import?" + query;
    daemon.task(line, "i1", "image.import", "image/" + NAME);
    daemon.on("GET /v1/images/" + NAME, Reply.json(200, Things.imported(NAME)));
    return line;
  }

  private static byte[] packed(byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content);
    }
    return bytes.toByteArray();
  }

  @Test
  void whatMayBeWrongIsToldBesidesTheResult() throws IOException {
    upload("format=raw");
    Image made = Things.imported(NAME);
    ImageStatus s = made.status();
    var doubtful =
        new ImageStatus(
            s.phase(),
            s.digest(),
            s.format(),
            s.virtualSize(),
            s.fileSize(),
            s.usedBy(),
            s.readyAt(),
            null,
            List.of("it looks like gzip"));
    daemon.off("GET /v1/images/" + NAME);
    daemon.on("GET /v1/images/" + NAME, Reply.json(200, made.withStatus(doubtful)));
    Result result = cli.run("image", "import", cli.file("disk.raw", "x").toString());
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).doesNotContain("Warning");
    assertThat(result.err()).contains("Warning: image disk: it looks like gzip.");
    assertThat(cli.run("image", "show", NAME).out()).contains("it looks like gzip");
  }

  @Test
  void aPackedFileIsSentAsItIs() throws IOException {
    String line = upload("format=qcow2&compression=xz");
    Result result = cli.run("image", "import", cli.file("disk.qcow2.xz", "x").toString());
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(daemon.bodies(line)).containsExactly("x");
  }

  @Test
  void standardInputNeedsANameAndAFormat() throws IOException {
    String line = upload("format=raw");
    Result result =
        cli.piped("content").run("image", "import", "-", "--name", NAME, "--format", "raw");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(daemon.bodies(line)).containsExactly("content");
    assertThat(cli.piped("x").run("image", "import", "-").err())
        .contains("--name is missing", "kelvin image import - --name NAME --format raw < FILE");
  }

  @Test
  void whatIsNoFileSaysWhatItIs() throws Exception {
    Result empty = cli.run("image", "import", cli.file("e.qcow2", "").toString());
    assertThat(empty.code()).isEqualTo(2);
    assertThat(empty.err()).contains("The file is empty", "download it again");

    Path pipe = cli.file("f", "x");
    Files.delete(pipe);
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Result fifo = cli.run("image", "import", pipe.toString(), "--name", "f", "--format", "raw");
    assertThat(fifo.code()).isEqualTo(2);
    assertThat(fifo.err()).contains("pipe", "kelvin image import - ");
  }

  @ParameterizedTest
  @CsvSource({
    "f-flat.vmdk,   --format raw",
    "f-f001.vmdk,   qemu-img convert -O qcow2 f.vmdk",
    "f-s001.vmdk,   qemu-img convert -O qcow2 f.vmdk",
    "f-000001-delta.vmdk, snapshot",
    "a.ova,         tar xf",
    "a.tar.gz,      tar xf",
    "a.zip,         unzip",
    "a.7z,          7z x",
    "a.box,         --format qcow2",
    "a.img,         name it: --format raw if",
    "a,             no ending",
    "a.img.gz,      --format raw if"
  })
  void aFileThatIsNoWholeDiskSaysWhatToDo(String name, String words) throws IOException {
    Result result = cli.run("image", "import", cli.file(name, "content").toString());
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains(words);
  }

  @Test
  void aFileWithoutAFormatIsCalledWhatItLooksLike() throws IOException {
    byte[] disk = "QFI\u00fb content".getBytes(StandardCharsets.ISO_8859_1);
    Path image = cli.file("a.img", "");
    Files.write(image, disk);
    assertThat(cli.run("image", "import", image.toString()).err())
        .contains("looks like a qcow2 disk", "--format qcow2");
    Path gzip = cli.file("b.img.gz", "");
    Files.write(gzip, packed(disk));
    assertThat(cli.run("image", "import", gzip.toString()).err()).contains("--format qcow2");
    Files.write(image, packed(disk));
    assertThat(cli.run("image", "import", image.toString()).err())
        .contains("packed with gzip", "ends in .gz");
  }

  @Test
  void theDisksOfAnOvaAreNamed() throws Exception {
    cli.file("web-disk1.vmdk", "x".repeat(3000));
    cli.file("web.ovf", "<Envelope/>");
    Path ova = cli.file("web.ova", "");
    Path directory = ova.resolveSibling("");
    var tar =
        new ProcessBuilder(
                "tar",
                "--format=ustar",
                "-C",
                directory.toString(),
                "-cf",
                ova.toString(),
                "web.ovf",
                "web-disk1.vmdk")
            .start();
    assertThat(tar.waitFor()).isZero();
    assertThat(cli.run("image", "import", ova.toString()).err())
        .contains("in it are: web-disk1.vmdk", "kelvin image import web-disk1.vmdk");
  }
}
