package dev.kelvin.cli.command;

import dev.kelvin.api.PullRequest;
import dev.kelvin.api.PullRequest.Pull;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.run.ImagePuller;
import dev.kelvin.model.Image.Format;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin image pull}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "The file is held against its publisher's checksums, and then checked as an imported file is. A",
      "download that breaks off goes on where it was. Names are those of \"kelvin image catalogue\". Ctrl-C",
      "cancels the pull; one that somebody else has begun goes on.",
      "",
      "Examples:",
      "  kelvin image pull ubuntu:24.04",
      "  kelvin image pull fedora --arch aarch64 --name fedora-arm",
      "  kelvin image pull https://example.org/disk.qcow2.xz --checksum sha256:9f86d0..."
    })
public final class ImagePullCommand extends Command {
  @Parameters(
      paramLabel = "NAME|URL",
      description = "What to pull: a name of the catalogue, or the address of a file.")
  String from = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The image's name. Usual: such as ubuntu-24-04, or the file's name.")
  @Nullable String name;

  @Option(
      names = "--arch",
      paramLabel = "ARCH",
      description = "x86_64 or aarch64. Usual: the host's.")
  @Nullable String arch;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "Of the disk at a URL. Usual: what the file's ending says.")
  @Nullable String format;

  @Option(
      names = "--mirror",
      paramLabel = "URL",
      description = "A server with the same files as the publisher's own.")
  @Nullable String mirror;

  @Option(
      names = "--checksum",
      paramLabel = "KIND:HEX",
      description =
          "What the file must have, such as sha256:9f86d0... Usual: the publisher's sums.")
  @Nullable String checksum;

  @Option(
      names = "--insecure",
      description = "Take a file that nothing vouches for: plain http without a checksum.")
  boolean insecure;

  @Option(
      names = {"-l", "--label"},
      paramLabel = "KEY=VALUE",
      description = "A label of the image. Can be given several times.")
  List<String> labels = List.of();

  @Mixin Waiting waiting = new Waiting();

  public ImagePullCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    Format named = format == null ? null : OptionWords.read(Format.class, format, "--format");
    var pull = new Pull(from, arch, named, mirror, checksum, insecure, null);
    var begun =
        new ImagePuller(session).begin(new PullRequest(name, pull, OptionWords.labels(labels)));
    String image = begun.image();
    waiting.finish(
        session,
        begun.task(),
        begun.mine() ? OnInterrupt.CANCEL : OnInterrupt.DETACH,
        "The image " + image + " is ready");
    return 0;
  }
}
