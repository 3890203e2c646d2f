package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower.OnInterrupt;
import dev.kelvin.cli.run.BuildableDistribution;
import dev.kelvin.cli.run.HostPreparer;
import dev.kelvin.cli.run.HostPreparer.Need;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.Image.BuildRecipe;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin image build}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "The image boots by itself under BIOS and UEFI, and has cloud-init, the guest agent and sshd. Ctrl-C",
      "cancels the build.",
      "",
      "Examples:",
      "  kelvin image build debian",
      "  kelvin image build debian:trixie --name web-base --package nginx --size 5GiB"
    })
public final class ImageBuildCommand extends Command {
  @Parameters(
      paramLabel = "DISTRIBUTION[:RELEASE]",
      description = "What to build, such as debian or debian:trixie.")
  String distribution = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "The image's name. Usual: such as debian-12.")
  @Nullable String name;

  @Option(
      names = "--size",
      paramLabel = "SIZE",
      description = "Of its disk; it grows to the VM's disk at the first boot. Usual: 3GiB.")
  String size = "3GiB";

  @Option(
      names = "--package",
      paramLabel = "NAME",
      description = "A package to install besides the usual ones. Can be given several times.")
  List<String> packages = List.of();

  @Option(
      names = "--mirror",
      paramLabel = "URL",
      description = "Where packages come from. Usual: the host's mirror.")
  @Nullable String mirror;

  @Option(
      names = {"-l", "--label"},
      paramLabel = "KEY=VALUE",
      description = "A label of the image. Can be given several times.")
  List<String> labels = List.of();

  @Option(
      names = {"-y", "--yes"},
      description = "Install packages that the host lacks without asking.")
  boolean yes;

  @Mixin Waiting waiting = new Waiting();

  public ImageBuildCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    BuildableDistribution wanted = BuildableDistribution.parse(distribution);
    String image = name == null ? wanted.imageName() : name;
    new HostPreparer(session).prepare(Set.of(Need.RUN, Need.BUILD), yes);
    var recipe =
        new BuildRecipe(
            wanted.name(), wanted.suite(), Units.size(size, "--size"), packages, mirror);
    waiting.finish(
        session,
        session.client().images().build(image, recipe, OptionWords.labels(labels)),
        OnInterrupt.CANCEL,
        "The image " + image + " is ready");
    return 0;
  }
}
