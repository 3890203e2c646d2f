package dev.kelvin.storage;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.host.program.Commands.Result;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task;
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
 * raw disk. Time and memory are limited. Disks that a running VM has open are left alone: the
 * option {@code -U}, which reads them while they change, is never given.
 *
 * <p>Every method throws {@link dev.kelvin.model.ProblemException}: conflict when a VM has the file
 * open, timeout, host-failure for anything else.
 */
public final class QemuImg {
  /** Of address space, most of which the stacks and heaps of its threads reserve and never use. */
  private static final ByteSize MEMORY = ByteSize.ofGiB(2);

  static final Duration QUICK = Duration.ofSeconds(30);
  private static final Duration CHECK = Duration.ofMinutes(10);
  static final Duration CONVERT = Duration.ofHours(1);

  private static final Pattern PERCENT = Pattern.compile("\\s*\\((\\d+)\\.\\d+/100%\\)\\s*");
  private static final JsonMapper JSON = new JsonMapper();

  private final Commands commands;

  public QemuImg(Commands commands) {
    this.commands = commands;
  }

  /**
   * One for files that may be hostile.
   *
   * @param largestFile what it may write at most
   */
  public ConfinedQemuImg confined(ByteSize largestFile) {
    return new ConfinedQemuImg(commands, largestFile);
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
    var result =
        require("look at", file, QUICK, List.of("info", "--output=json", "-f", format, at(file)));
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
    List<String> arguments = new ArrayList<>(List.of("create", "-q", "-f", target.format()));
    if (backing != null) {
      arguments.addAll(List.of("-b", at(backing), "-F", "qcow2"));
      if (size != null) {
        // Without a look into it: whoever knows the size has looked already.
        arguments.add("-u");
      }
    }
    options(arguments, target);
    arguments.add(at(file));
    if (size != null) {
      arguments.add(Long.toString(size.bytes()));
    }
    require("make", file, QUICK, arguments);
  }

  /** Copies the content of one file into a new one, leaving out what is zero. */
  public void convert(Path source, String format, Path target, Target as, ProgressSink progress)
      throws InterruptedException {
    var arguments = conversion(List.of("-f", format, at(source)), as, at(target));
    var result = commands.run(command(CONVERT, arguments), percents(progress));
    refuse("convert", source, result);
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
    require("check", file, CHECK, List.of("check", "-q", "-f", format, at(file)));
  }

  private static void options(List<String> arguments, Target target) {
    if (!target.options().isEmpty()) {
      arguments.addAll(List.of("-o", String.join(",", target.options())));
    }
  }

  private Result require(String verb, Path file, Duration timeout, List<String> arguments)
      throws InterruptedException {
    var result = commands.run(command(timeout, arguments));
    refuse(verb, file, result);
    return result;
  }

  private static Command command(Duration timeout, List<String> arguments) {
    List<String> argv = new ArrayList<>(List.of("qemu-img"));
    argv.addAll(arguments);
    return limited(argv, timeout);
  }

  /** With the limits that every call has. */
  static Command limited(List<String> argv, Duration timeout) {
    return Command.of(argv)
        .timeout(timeout)
        .memoryLimit(MEMORY)
        .environment(Map.of("MALLOC_ARENA_MAX", "2"));
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
