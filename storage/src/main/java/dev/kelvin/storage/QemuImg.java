package dev.kelvin.storage;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.host.program.Confiner;
import dev.kelvin.host.program.Distrusted;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task;
import dev.kelvin.model.spec.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Calls qemu-img(1). Formats are always named and never probed: a guest can write any header into a
 * raw disk. It gets the files that it works on and no others, runs without root's rights, and has
 * limits ({@link Distrusted}). Disks that a running VM has open are left alone: the option {@code
 * -U}, which reads them while they change, is never given.
 *
 * <p>Every method throws {@link dev.kelvin.model.ProblemException}: conflict when a VM has the file
 * open, timeout, host-failure for anything else.
 */
public final class QemuImg {
  /** Of address space, most of which the stacks and heaps of its threads reserve and never use. */
  private static final ByteSize MEMORY = ByteSize.ofGiB(2);

  /** Of the files that it works on it has some more than one each. */
  private static final int DESCRIPTORS = 256;

  /** What the tables of a new disk take at most. */
  private static final ByteSize TABLES = ByteSize.ofGiB(1);

  static final Duration QUICK = Duration.ofSeconds(30);
  private static final Duration CHECK = Duration.ofMinutes(10);
  private static final Duration CONVERT = Duration.ofHours(1);

  private static final Pattern PERCENT = Pattern.compile("\\s*\\((\\d+)\\.\\d+/100%\\)\\s*");
  private static final JsonMapper JSON = new JsonMapper();

  private final Commands commands;
  private final Confiner confiner;

  /**
   * @param confiner that starts it
   */
  public QemuImg(Commands commands, Confiner confiner) {
    this.commands = commands;
    this.confiner = confiner;
  }

  /**
   * One for files that may be hostile.
   *
   * @param largestFile what it may write at most
   */
  public ConfinedQemuImg confined(ByteSize largestFile) {
    return new ConfinedQemuImg(commands, confiner, largestFile);
  }

  /**
   * What qemu-img knows of a file.
   *
   * @param backing the name of the file below it as it is written there
   * @param dataFile the file that has its content instead
   * @param actualSize what it takes on the host
   */
  public record DiskInfo(
      String format,
      ByteSize virtualSize,
      ByteSize actualSize,
      @Nullable String backing,
      @Nullable String dataFile,
      boolean encrypted) {}

  /**
   * How a new file is written.
   *
   * @param options of its format as {@code -o} takes them, such as {@code extended_l2=on}
   * @param compressed whether its clusters are
   */
  public record Target(String format, List<String> options, boolean compressed) {
    public static Target of(String format) {
      return new Target(format, List.of(), false);
    }
  }

  /** Reads what the file says of itself; does not open its backing file. */
  public DiskInfo info(Path file, String format) throws InterruptedException {
    var result = look(file, QUICK, List.of("info", "--output=json", "-f", format, at(file)));
    refuse("look at", file, result);
    return parse(file, result);
  }

  static DiskInfo parse(Path file, Result result) {
    JsonNode json = json(file, result);
    JsonNode data = json.path("format-specific").path("data");
    return new DiskInfo(
        json.path("format").asString(),
        new ByteSize(json.path("virtual-size").asLong()),
        new ByteSize(json.path("actual-size").asLong()),
        text(json.path("full-backing-filename"), json.path("backing-filename")),
        text(data.path("data-file")),
        json.path("encrypted").asBoolean(false) || data.has("encrypt"));
  }

  /** Where the last thing in the file ends, of an answer of {@code check}. */
  static long imageEnd(Path file, Result result) {
    return json(file, result).path("image-end-offset").asLong(0);
  }

  private static JsonNode json(Path file, Result result) {
    try {
      return JSON.readTree(result.stdout());
    } catch (JacksonException e) {
      throw Problem.of(Code.HOST_FAILURE, "The answer of qemu-img cannot be read")
          .on(file.toString())
          .because(e.getOriginalMessage())
          .remedy("check that qemu-img is QEMU's, of version 7.2 or newer")
          .asException(e);
    }
  }

  /**
   * A volume as a name that qemu-img opens (json:, qemu(1)). What is below it is opened without a
   * lock: everybody whose volume is made from the same image could hold that.
   */
  static String nodes(StoredVolume volume, String opened) {
    var nodes = new LinkedHashMap<String, Object>();
    nodes.put("driver", volume.format());
    nodes.put("file", Map.of("driver", "file", "filename", opened));
    Path backing = volume.backing();
    if (backing != null) {
      var file = Map.of("driver", "file", "filename", at(backing), "locking", "off");
      nodes.put("backing", Map.of("driver", "qcow2", "read-only", true, "file", file));
    }
    return "json:" + JSON.writeValueAsString(nodes);
  }

  /**
   * Makes an empty file.
   *
   * @param size null for that of the backing file
   * @param backing a qcow2 file, which is not written to
   */
  public void create(Path file, Target target, @Nullable ByteSize size, @Nullable Path backing)
      throws InterruptedException {
    List<Path> reads = List.of();
    List<String> arguments = new ArrayList<>(List.of("create", "-q", "-f", target.format()));
    if (backing != null) {
      arguments.addAll(List.of("-b", at(backing), "-F", "qcow2"));
      if (size != null) {
        // Without a look into it: whoever knows the size has looked already.
        arguments.add("-u");
      } else {
        reads = List.of(backing);
      }
    }
    options(arguments, target);
    arguments.add(at(file));
    if (size != null) {
      arguments.add(Long.toString(size.bytes()));
    }
    empty("make", file);
    refuse("make", file, run(new Access(reads, List.of(file)), TABLES, QUICK, arguments, null));
  }

  /** Makes a file that is to be written: in a cell no name can be made. */
  private static void empty(String verb, Path file) {
    try {
      Files.createFile(file);
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "qemu-img cannot " + verb + " the disk")
          .on(file.toString())
          .because(e.toString())
          .remedy("check the room and the permissions there")
          .asException(e);
    }
  }

  /** Copies the content of one file into a new one, leaving out what is zero. */
  public void convert(Path source, String format, Path target, Target as, ProgressSink progress)
      throws InterruptedException {
    empty("convert", target);
    var arguments = conversion(List.of("-f", format, at(source)), as, at(target));
    var access = new Access(List.of(source), List.of(target));
    refuse("convert", source, run(access, Disk.MAX_SIZE, CONVERT, arguments, percents(progress)));
  }

  /**
   * The arguments of a conversion.
   *
   * @param source what names the file, and its format
   */
  static List<String> conversion(List<String> source, Target as, String target) {
    List<String> arguments = new ArrayList<>(List.of("convert", "-p", "-O", as.format()));
    if (as.compressed()) {
      arguments.add("-c");
    }
    options(arguments, as);
    arguments.addAll(source);
    arguments.add(target);
    return arguments;
  }

  /** Reads the progress that {@code -p} makes qemu-img write. */
  static Consumer<String> percents(ProgressSink progress) {
    return line -> {
      var percent = PERCENT.matcher(line);
      if (percent.matches()) {
        progress.report(
            new Task.Progress(
                Long.parseLong(percent.group(1)), 100, "percent", "converting the disk"));
      }
    };
  }

  /** Reads all metadata; throws host-failure when they are damaged. */
  public void check(Path file, String format) throws InterruptedException {
    refuse("check", file, look(file, CHECK, List.of("check", "-q", "-f", format, at(file))));
  }

  private static void options(List<String> arguments, Target target) {
    if (!target.options().isEmpty()) {
      arguments.addAll(List.of("-o", String.join(",", target.options())));
    }
  }

  /** The files that it opens by their names. */
  private record Access(List<Path> reads, List<Path> writes) {}

  private Result look(Path file, Duration timeout, List<String> arguments)
      throws InterruptedException {
    var access = new Access(List.of(file), List.of());
    return run(access, new ByteSize(0), timeout, arguments, null);
  }

  private Result run(
      Access access,
      ByteSize largest,
      Duration timeout,
      List<String> arguments,
      @Nullable Consumer<String> line)
      throws InterruptedException {
    var files =
        new Distrusted.Files(null, null, null, absolute(access.reads()), absolute(access.writes()));
    // Somebody waits for it, and the files are root's.
    var program = program(arguments, files, largest, null, false);
    return commands.run(program, confiner, timeout, line);
  }

  private static List<Path> absolute(List<Path> files) {
    return files.stream().map(QemuImg::at).map(Path::of).toList();
  }

  /** One call of it; see {@link Distrusted}. */
  static Distrusted program(
      List<String> arguments,
      Distrusted.Files files,
      ByteSize largest,
      @Nullable Integer user,
      boolean background) {
    List<String> argv = new ArrayList<>(List.of("qemu-img"));
    argv.addAll(arguments);
    return new Distrusted(
        "qemu-img",
        argv,
        Map.of("MALLOC_ARENA_MAX", "2"),
        files,
        new Distrusted.Limits(MEMORY, largest, DESCRIPTORS),
        user,
        false,
        background);
  }

  static void refuse(String verb, Path file, Result result) {
    if (result.ok()) {
      return;
    }
    String error = result.lastError().replaceAll("'json:.*}'", "the disk");
    String all = result.stderr() + result.stdout();
    boolean locked = all.contains("\" lock") || all.contains("Failed to lock");
    String why = error.isEmpty() ? "it ended with exit code " + result.exitCode() : error;
    throw Problem.of(
            locked ? Code.CONFLICT : Code.HOST_FAILURE, "qemu-img cannot " + verb + " the disk")
        .on(file.toString())
        .because(locked ? "a running VM, or another program, has it open" : why)
        .remedy(
            locked
                ? "end what has it open; a VM with \"kelvin stop\""
                : all.contains("No space left")
                    ? "free room on the file system, then try again"
                    : "check that the file is whole and of the format that was named")
        .asException();
  }

  /** An absolute path can be taken neither for an option nor for a protocol of QEMU. */
  private static String at(Path file) {
    return file.toAbsolutePath().normalize().toString();
  }

  private static @Nullable String text(JsonNode... candidates) {
    for (JsonNode candidate : candidates) {
      if (candidate.isString()) {
        return candidate.asString();
      }
    }
    return null;
  }
}
