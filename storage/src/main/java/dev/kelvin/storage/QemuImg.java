package dev.kelvin.storage;

import dev.kelvin.host.Commands;
import dev.kelvin.host.Commands.Command;
import dev.kelvin.host.Commands.Result;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  private static final Duration QUICK = Duration.ofSeconds(30);
  private static final Duration CHECK = Duration.ofMinutes(10);
  private static final Duration CONVERT = Duration.ofHours(1);

  private static final Pattern PERCENT = Pattern.compile("\\s*\\((\\d+)\\.\\d+/100%\\)\\s*");
  private static final JsonMapper JSON = new JsonMapper();

  private final Commands commands;
  private final @Nullable Integer uid;
  private final @Nullable ByteSize largestFile;

  public QemuImg(Commands commands) {
    this(commands, null, null);
  }

  private QemuImg(Commands commands, @Nullable Integer uid, @Nullable ByteSize largestFile) {
    this.commands = commands;
    this.uid = uid;
    this.largestFile = largestFile;
  }

  /**
   * One for files that may be hostile: it can write no file beyond a size, and runs as a user that
   * owns nothing else.
   *
   * @param userId null to stay the daemon's own user, as one who is not root must
   */
  public QemuImg confined(@Nullable Integer userId, ByteSize maxFileSize) {
    return new QemuImg(commands, userId, maxFileSize);
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
    try {
      JsonNode json = JSON.readTree(result.stdout());
      JsonNode data = json.path("format-specific").path("data");
      return new DiskInfo(
          json.path("format").asString(),
          new ByteSize(json.path("virtual-size").asLong()),
          new ByteSize(json.path("actual-size").asLong()),
          text(json.path("full-backing-filename"), json.path("backing-filename")),
          text(data.path("data-file")),
          json.path("encrypted").asBoolean(false) || data.has("encrypt"));
    } catch (JacksonException e) {
      throw Problem.of(Code.HOST_FAILURE, "The answer of qemu-img cannot be read")
          .on(file.toString())
          .because(e.getOriginalMessage())
          .remedy("check that qemu-img is QEMU's, of version 7.2 or newer")
          .asException(e);
    }
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
    List<String> arguments = new ArrayList<>(List.of("convert", "-p", "-f", format));
    arguments.addAll(List.of("-O", as.format()));
    if (as.compressed()) {
      arguments.add("-c");
    }
    options(arguments, as);
    arguments.addAll(List.of(at(source), at(target)));
    var result =
        commands.run(
            command(CONVERT, arguments),
            line -> {
              var percent = PERCENT.matcher(line);
              if (percent.matches()) {
                progress.report(
                    new Task.Progress(
                        Long.parseLong(percent.group(1)), 100, "percent", "converting the disk"));
              }
            });
    refuse("convert", source, result);
  }

  public void resize(Path file, String format, ByteSize size) throws InterruptedException {
    require(
        "resize",
        file,
        QUICK,
        List.of("resize", "-q", "-f", format, at(file), Long.toString(size.bytes())));
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

  private Command command(Duration timeout, List<String> arguments) {
    List<String> argv = new ArrayList<>();
    if (uid != null) {
      argv.addAll(
          List.of(
              "setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups", "--no-new-privs"));
    }
    if (largestFile != null) {
      argv.addAll(List.of("prlimit", "--fsize=" + largestFile.bytes(), "--core=0"));
    }
    argv.add("qemu-img");
    argv.addAll(arguments);
    return Command.of(argv)
        .timeout(timeout)
        .memoryLimit(MEMORY)
        .environment(Map.of("MALLOC_ARENA_MAX", "2"));
  }

  private static void refuse(String verb, Path file, Result result) {
    if (result.ok()) {
      return;
    }
    String error = result.lastError();
    String all = result.stderr() + result.stdout();
    var problem =
        Problem.of(Code.HOST_FAILURE, "qemu-img cannot " + verb + " the disk")
            .on(file.toString())
            .because(error.isEmpty() ? "it ended with exit code " + result.exitCode() : error);
    if (all.contains("lock")) {
      throw new Problem(
              Code.CONFLICT,
              problem.detail(),
              problem.object(),
              null,
              "a running VM, or another program, has it open",
              "stop the VM first",
              List.of())
          .asException();
    }
    throw problem
        .remedy(
            all.contains("No space left")
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
