package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.run.ImageFile;
import dev.kelvin.cli.run.ImagePreparer;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin image import}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "The format is taken from the file's ending (raw, qcow2, vmdk, vhd, vhdx, vdi, iso) or from --format;",
      "it is never guessed from the content. A file that ends in .xz, .zst, .gz or .bz2 is unpacked. With -",
      "the file comes on standard input, and needs --name and --format. Ctrl-C cancels the import.",
      "",
      "Examples:",
      "  kelvin image import debian-12-netinst.iso",
      "  kelvin image import server.img --format qcow2 --name server",
      "  kelvin image import disk.img.gz --format raw",
      "  ssh host cat disk.qcow2 | kelvin image import - --name disk --format qcow2"
    })
public final class ImageImportCommand extends Command {
  @Parameters(paramLabel = "FILE", description = "The file, or - for standard input.")
  String file = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The image's name. Usual: the file's name without its ending.")
  @Nullable String name;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "raw, qcow2, vmdk, vhd, vhdx, vdi or iso. Usual: what the file's ending says.")
  @Nullable String format;

  @Option(
      names = {"-l", "--label"},
      paramLabel = "KEY=VALUE",
      description = "A label of the image. Can be given several times.")
  List<String> labels = List.of();

  @Mixin Waiting waiting = new Waiting();

  public ImageImportCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    String imageName;
    Task task;
    if (file.equals("-")) {
      imageName = given(name, "--name");
      Format read = OptionWords.read(Format.class, given(format, "--format"), "--format");
      task =
          session
              .client()
              .images()
              .importFile(imageName, read, OptionWords.labels(labels), session.in(), -1);
    } else {
      ImageFile image = ImageFile.of(session.file(file), format);
      imageName = name == null ? image.baseName() : name;
      task = image.upload(session, imageName, OptionWords.labels(labels));
    }
    waiting.finish(session, task, OnInterrupt.CANCEL, "The image " + imageName + " is ready");
    if (waiting.waits()) {
      ImagePreparer.warn(session, session.client().images().get(imageName));
    }
    return 0;
  }

  private static String given(@Nullable String value, String option) {
    if (value == null) {
      throw Problem.of(Code.INVALID_ARGUMENT, option + " is missing")
          .at(option)
          .because("standard input has no name of a file that would say it")
          .remedy("write: kelvin image import - --name NAME --format raw < FILE")
          .asException();
    }
    return value;
  }
}
