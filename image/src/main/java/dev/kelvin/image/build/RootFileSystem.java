package dev.kelvin.image.build;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.image.Namespace;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Makes the root's ext4 file system in a disk file, with nothing in it that depends on the host.
 */
public final class RootFileSystem {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Named one by one, lest the host's mke2fs.conf decides; all are known to GRUB 2.06. */
  private static final String FEATURES =
      "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,"
          + "large_file,huge_file,dir_nlink,extra_isize,metadata_csum";

  private static final Pattern INODE_COUNT = Pattern.compile("Inode count:\\s+(\\d+)");
  private static final Pattern FREE_INODES = Pattern.compile("  Free inodes: (.*)");

  private static final Pattern RANGE = Pattern.compile("(\\d+)(?:-(\\d+))?");

  /** Inodes 1 to 10 are the file system's own. */
  private static final int FIRST_INODE = 11;

  private final Commands commands;
  private final Namespace namespace;

  public RootFileSystem(Commands commands, Namespace namespace) {
    this.commands = commands;
    this.namespace = namespace;
  }

  /**
   * Makes it.
   *
   * @param tree its content
   * @param disk the whole disk
   * @param epoch what no file is younger than, in seconds since 1970
   * @throws ProblemException invalid-argument when the content does not fit
   */
  public void make(Path tree, Path disk, DiskLayout layout, long epoch)
      throws InterruptedException {
    // Only root can make device nodes, and no guest needs them: the kernel makes its own.
    namespace.run(
        List.of("find", tree.resolve("dev").toString(), "-xdev", "-mindepth", "1", "-delete"),
        Map.of(),
        null);
    namespace.run(
        List.of(
            "find",
            tree.toString(),
            "-xdev",
            "-newermt",
            "@" + epoch, //
            "-exec",
            "touch",
            "--no-dereference",
            "--date=@" + epoch,
            "{}",
            "+"),
        Map.of("TZ", "UTC"),
        null);
    fill(tree, disk, layout, epoch);
    setTimes(disk, layout, epoch);
  }

  private void fill(Path tree, Path disk, DiskLayout layout, long epoch)
      throws InterruptedException {
    String uuid = layout.rootUuid();
    List<String> argv =
        List.of(
            "mke2fs",
            "-q",
            "-F",
            "-t",
            "ext4", //
            "-O",
            FEATURES,
            "-b",
            Integer.toString(DiskLayout.BLOCK),
            "-I",
            "256",
            "-i",
            "16384",
            "-m",
            "1",
            "-J",
            "size=64",
            "-U",
            uuid,
            "-L",
            "root",
            // A new file reads as zeros, so that no table has to be written.
            "-E",
            "offset="
                + layout.rootOffset()
                + ",hash_seed="
                + uuid
                + ",assume_storage_prezeroed=1,root_owner=0:0",
            "-d",
            tree.toString(),
            "/proc/self/fd/0",
            Long.toString(layout.rootBlocks()));
    try {
      // It takes the names in each directory in the order of the C locale.
      namespace.run(
          argv,
          Map.of("LC_ALL", "C", "TZ", "UTC", "E2FSPROGS_FAKE_TIME", Long.toString(epoch)),
          disk);
    } catch (ProblemException e) {
      String cause = String.valueOf(e.problem().cause());
      if (cause.contains("Could not allocate") || cause.contains("No space left in directory")) {
        throw Problem.of(Code.INVALID_ARGUMENT, "The packages do not fit into the image")
            .at("build.size")
            .because(cause)
            .remedy("ask for a larger image; " + layout.size() + " is too small")
            .asException(e);
      }
      throw e;
    }
  }

  /**
   * Sets the times of change and of access, which cannot be set on the host's own files and are
   * therefore taken from its clock.
   */
  private void setTimes(Path disk, DiskLayout layout, long epoch) throws InterruptedException {
    String file = disk + "?offset=" + layout.rootOffset();
    Map<String, String> environment =
        Map.of("LC_ALL", "C", "TZ", "UTC", "E2FSPROGS_FAKE_TIME", Long.toString(epoch));
    String groups = run(List.of("dumpe2fs", file), environment, "");
    var used = usedInodes(groups);
    var script = new StringBuilder();
    used.stream()
        .forEach(inode -> {
          script.append("sif <").append(inode).append("> ctime @").append(epoch).append('\n');
          script.append("sif <").append(inode).append("> atime @").append(epoch).append('\n');
        });
    run(List.of("debugfs", "-w", "-f", "-", file), environment, script.toString());
  }

  public static BitSet usedInodes(String groups) {
    var count = INODE_COUNT.matcher(groups);
    var used = new BitSet();
    if (!count.find()) {
      return used;
    }
    used.set(FIRST_INODE, Integer.parseInt(count.group(1)) + 1);
    var free = FREE_INODES.matcher(groups);
    while (free.find()) {
      var range = RANGE.matcher(free.group(1));
      while (range.find()) {
        int first = Integer.parseInt(range.group(1));
        int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
        used.clear(first, last + 1);
      }
    }
    return used;
  }

  private String run(List<String> argv, Map<String, String> environment, String input)
      throws InterruptedException {
    var result =
        commands.run(
            Command.of(argv)
                .timeout(PATIENCE)
                .environment(environment)
                .maxOutputBytes(64 << 20)
                .input(input.getBytes(StandardCharsets.UTF_8)));
    if (!result.ok()) {
      throw Problem.of(Code.HOST_FAILURE, "The image cannot be built")
          .on(argv.getFirst())
          .because(result.lastError())
          .remedy("check that e2fsprogs is of version 1.47 or newer")
          .asException();
    }
    return result.stdout();
  }
}
