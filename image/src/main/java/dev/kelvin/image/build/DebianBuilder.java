package dev.kelvin.image.build;

import dev.kelvin.host.file.Durable;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Programs;
import dev.kelvin.image.Namespace;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.storage.QemuImg;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/**
 * Builds an image of Debian from its packages: a disk that boots by itself under BIOS and UEFI, has
 * a serial console, and is set up by cloud-init. Nothing is mounted: the file system is filled from
 * a directory when it is made.
 *
 * <p>The same packages give the same file, bit by bit: ids are derived from the list of packages,
 * dates from the newest file in them.
 */
public final class DebianBuilder {
  private static final System.Logger LOG = System.getLogger(DebianBuilder.class.getName());

  private static final List<String> TOOLS =
      List.of(
          "mmdebstrap", "mke2fs", "debugfs", "dumpe2fs", "sfdisk", "mformat", "mcopy", "qemu-img");

  /** Half the size of zlib's at a third of the time; QEMU reads it since 5.1. */
  private static final QemuImg.Target FORM =
      new QemuImg.Target("qcow2", List.of("compat=1.1", "compression_type=zstd"), true);

  private final Commands commands;
  private final QemuImg qemuImg;
  private final Namespace namespace;

  public DebianBuilder(Commands commands, QemuImg qemuImg) {
    this(commands, qemuImg, Namespace.current(commands));
  }

  DebianBuilder(Commands commands, QemuImg qemuImg, Namespace namespace) {
    this.commands = commands;
    this.qemuImg = qemuImg;
    this.namespace = namespace;
  }

  /**
   * The programs, and the sets of files by the names of {@code Requirements}, that a build needs.
   */
  public List<String> requiredTools() {
    return Stream.concat(TOOLS.stream(), List.of("grub-mkimage", "grub-pc", "grub-efi").stream())
        .toList();
  }

  private List<String> missing() {
    return requiredTools().stream()
        .filter(tool ->
            switch (tool) {
              case "grub-mkimage" -> Programs.find(BootLoader.mkimage()).isEmpty();
              case "grub-pc" -> BootLoader.modules("i386-pc").isEmpty();
              case "grub-efi" -> BootLoader.modules("x86_64-efi").isEmpty();
              default -> Programs.find(tool).isEmpty();
            })
        .toList();
  }

  /**
   * Builds; takes about a minute. What an interrupted build left in the work directory is removed
   * first; when this one fails or is interrupted, it leaves nothing there.
   *
   * @param workDir a directory of this build alone
   * @return a qcow2 file in the work directory
   * @throws dev.kelvin.model.ProblemException invalid-argument for an impossible recipe,
   *     capability-missing when the host lacks a tool, unavailable when the mirror cannot be
   *     reached, host-failure
   */
  public Path build(BuildRecipe recipe, Path workDir, ProgressSink progress)
      throws InterruptedException {
    DebianRecipe checked = DebianRecipe.of(recipe);
    List<String> missing = missing();
    if (!missing.isEmpty()) {
      throw Problem.of(Code.CAPABILITY_MISSING, "This host lacks tools that build images")
          .on(String.join(", ", missing))
          .because("not installed: " + String.join(", ", missing))
          .remedy("run kelvin doctor, which names their packages and can install them")
          .asException();
    }
    boolean done = false;
    try {
      Files.createDirectories(workDir);
      discard(workDir);
      Path image = make(checked, workDir, new BuildProgress(progress));
      done = true;
      return image;
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The image cannot be built")
          .on(workDir.toString())
          .because(e.toString())
          .remedy("check the room and the permissions there")
          .asException(e);
    } finally {
      if (!done) {
        discardAfterFailure(workDir);
      }
    }
  }

  /** Removes all that a build has put into its work directory; twice does no harm. */
  public void discard(Path workDir) throws InterruptedException {
    try {
      namespace.removeTree(workDir);
      for (String name :
          List.of("disk.raw", "image.qcow2", "early.cfg", "core.img", "BOOTX64.EFI")) {
        Files.deleteIfExists(workDir.resolve(name));
      }
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "What a build has left cannot be removed")
          .on(workDir.toString())
          .because(e.toString())
          .remedy("check the permissions there")
          .asException(e);
    }
  }

  /** Cleans up although the thread may be interrupted, and keeps the interruption. */
  private void discardAfterFailure(Path workDir) {
    boolean interrupted = Thread.interrupted();
    try {
      discard(workDir);
    } catch (InterruptedException e) {
      // The next build in this directory, or the removal of the directory, goes on from here.
      interrupted = true;
    } catch (ProblemException e) {
      // Whoever waits is told why the build failed, not this.
      LOG.log(System.Logger.Level.WARNING, "What a failed build has left stays there", e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Path make(DebianRecipe recipe, Path workDir, BuildProgress progress)
      throws IOException, InterruptedException {
    Path tree = namespace.makeTree(workDir);
    var sources = AptSources.find(commands, recipe.suite(), recipe.mirror());
    var outcome = new Bootstrap(commands, namespace).run(recipe, sources, tree, progress);
    var layout = new DiskLayout(recipe.size(), outcome.identity());

    progress.part(0, "making the root file system");
    Path disk = workDir.resolve("disk.raw");
    makeDisk(disk, layout);
    new RootFileSystem(commands, namespace).make(tree, disk, layout, outcome.epoch());
    progress.part(40, "removing the tree of files");
    namespace.removeTree(workDir);
    progress.part(60, "making the boot loader");
    new BootLoader(commands).install(disk, layout, workDir, outcome.epoch());
    progress.part(65, "compressing the image");
    Path image = workDir.resolve("image.qcow2");
    qemuImg.convert(
        disk,
        "raw",
        image,
        FORM,
        p -> progress.part(65 + (int) (p.done() * 34 / 100), p.message()));
    Files.delete(disk);
    Durable.flushWithName(image);
    progress.part(100, "the image is ready");
    return image;
  }

  private void makeDisk(Path disk, DiskLayout layout) throws IOException, InterruptedException {
    try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength(layout.size().bytes());
    }
    // In a user namespace the daemon's files are a stranger's; the work directory is private.
    Files.setPosixFilePermissions(
        disk, PosixFilePermissions.fromString(namespace.root() ? "rw-------" : "rw-rw-rw-"));
    var result =
        commands.run(
            Command.of("sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", disk.toString())
                .input(layout.table().getBytes(StandardCharsets.UTF_8)));
    if (!result.ok()) {
      throw Problem.of(Code.HOST_FAILURE, "The partition table of the image cannot be made")
          .on(disk.toString())
          .because(result.lastError())
          .remedy("check the room there")
          .asException();
    }
  }
}
