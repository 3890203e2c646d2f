package dev.kelvin.it.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.image.build.DebianBuilder;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Task.Progress;
import dev.kelvin.qemu.testkit.DebianPackages;
import dev.kelvin.storage.QemuImg;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A disk with Debian, as {@link DebianBuilder} makes it of packages. Making it takes minutes; so it
 * is kept in the user's cache until Debian has another kernel, or the builder makes other images.
 */
public final class LabImage {
  private static final ByteSize SIZE = ByteSize.ofGiB(5);

  /** Where the builder puts the root's file system on the disk. */
  private static final long ROOT_OFFSET = 34L << 20;

  /** What an image depends on besides its packages. */
  private static final List<String> BUILDER =
      List.of(
          "/dev/kelvin/image/setup.sh",
          "/dev/kelvin/image/finish.sh",
          "DebianRecipe.class",
          "Bootstrap.class",
          "RootFileSystem.class",
          "DiskLayout.class",
          "BootLoader.class");

  private LabImage() {}

  /**
   * The disk, in qcow2; made when it is not there. The test is skipped where it cannot be made.
   *
   * @param purpose a word for what it is for; of each one image is kept
   * @param packages of Debian, besides those of every image; among them one of a kernel, or the
   *     small one for clouds is taken
   */
  public static Path obtain(String purpose, List<String> packages)
      throws IOException, InterruptedException {
    var commands = new Commands();
    var builder = new DebianBuilder(commands, new QemuImg(commands, CellConfiner.ofHost()));
    var debian = DebianPackages.own();
    String kernel = debian.dependency("linux-image-amd64", "linux-image-");
    String prefix = "lab-" + purpose + "-";
    String name = prefix + digest(packages, kernel);
    Path directory =
        DebianPackages.cached(
            name,
            work -> {
              prune(Objects.requireNonNull(work.getParent()), prefix, name);
              var recipe = new BuildRecipe("debian", "bookworm", SIZE, packages, null);
              Path place = work.resolve("build");
              var seen = new ArrayList<Progress>();
              Path built = builder.build(recipe, place, seen::add);
              assertThat(seen).extracting(Progress::done).isSorted().hasSizeGreaterThan(40);
              assertThat(seen.getLast().done()).isEqualTo(100);
              assertThat(seen).extracting(Progress::total).containsOnly(100L);
              try (Stream<Path> left = Files.list(place)) {
                assertThat(left).containsExactly(built);
              }
              withoutCloudInit(commands, built, work.resolve("disk.qcow2"));
              DebianPackages.deleteTree(place);
            });
    return directory.resolve("disk.qcow2");
  }

  /** It would take most of the time of a boot, and has nothing to do here. */
  private static void withoutCloudInit(Commands commands, Path built, Path image)
      throws IOException, InterruptedException {
    Path raw = built.resolveSibling("disk.raw");
    Path empty = Files.createFile(built.resolveSibling("empty"));
    run(commands, Command.of("qemu-img", "convert", "-O", "raw", built.toString(), raw.toString()));
    String script = "cd /etc/cloud\nwrite " + empty + " cloud-init.disabled\n";
    run(
        commands,
        Command.of("debugfs", "-w", "-f", "-", raw + "?offset=" + ROOT_OFFSET)
            .input(script.getBytes(StandardCharsets.UTF_8)));
    run(
        commands,
        Command.of("qemu-img", "convert", "-O", "qcow2", raw.toString(), image.toString()));
  }

  private static void run(Commands commands, Command command) throws InterruptedException {
    var result = commands.run(command.timeout(Duration.ofMinutes(5)));
    assumeTrue(result.ok(), () -> command.argv() + " failed: " + result.lastError());
  }

  private static String digest(List<String> packages, String kernel) throws IOException {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update((packages + kernel + SIZE).getBytes(StandardCharsets.UTF_8));
      for (String part : BUILDER) {
        try (InputStream in =
            new DigestInputStream(
                Objects.requireNonNull(DebianBuilder.class.getResourceAsStream(part), part),
                digest)) {
          in.readAllBytes();
        }
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Removes what was made for the same purpose before. */
  private static void prune(Path cache, String prefix, String name) throws IOException {
    try (Stream<Path> all = Files.list(cache)) {
      for (Path one : all.toList()) {
        String other = one.getFileName().toString();
        if (other.startsWith(prefix) && !other.equals(name)) {
          DebianPackages.deleteTree(one);
        }
      }
    }
  }
}
