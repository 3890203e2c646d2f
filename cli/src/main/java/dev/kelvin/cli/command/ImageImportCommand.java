package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.run.ImageFile;
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
      "The format is taken from the file's ending (raw, qcow2, vmdk, vhdx, vdi, iso) or from --format; it is",
      "never guessed from the content. Ctrl-C cancels the import.",
      "",
      "Examples:",
      "  kelvin image import debian-12-netinst.iso",
      "  kelvin image import server.img --format qcow2 --name server"
    })
public final class ImageImportCommand extends Command {
  @Parameters(paramLabel = "FILE", description = "The file.")
  String file = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The image's name. Usual: the file's name without its ending.")
  @Nullable String name;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "raw, qcow2, vmdk, vhdx, vdi or iso. Usual: what the file's ending says.")
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
    ImageFile image = ImageFile.of(session.file(file), format);
    String imageName = name == null ? image.baseName() : name;
    Task task = image.upload(session, imageName, OptionWords.labels(labels));
    waiting.finish(session, task, OnInterrupt.CANCEL, "The image " + imageName + " is ready");
    return 0;
  }
}
