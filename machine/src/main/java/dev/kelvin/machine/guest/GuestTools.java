package dev.kelvin.machine.guest;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.AgentClient.ExecResult;
import dev.kelvin.qmp.QmpException;
import dev.kelvin.qmp.Texts;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Small programs of a Unix guest (coreutils, busybox) for what the agent has no command for: which
 * attributes a file has, and to rename one.
 */
final class GuestTools {
  private static final Logger LOG = System.getLogger(GuestTools.class.getName());
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int MAX_WORDS = 300;
  private static final Pattern LINES = Pattern.compile("[\\s\\u2028\\u2029]");

  /** Of the names of files, so that there is room for more in the 255 bytes that one may have. */
  private static final int MAX_NAME = 60;

  private final String vm;
  private final AgentClient agent;

  GuestTools(String vm, AgentClient agent) {
    this.vm = vm;
    this.agent = agent;
  }

  /** The guest has no such program, or its agent runs none. */
  static final class Absent extends Exception {
    Absent(QmpException.CommandFailed why) {
      super(why.description(), why);
    }
  }

  /**
   * What a file is (inode(7)).
   *
   * @param mode with the bits of its type
   */
  record Attributes(int mode, long user, long group) {
    private static final int TYPE = 0170000;

    boolean isDirectory() {
      return (mode & TYPE) == 0040000;
    }

    boolean isRegular() {
      return (mode & TYPE) == 0100000;
    }

    boolean isLink() {
      return (mode & TYPE) == 0120000;
    }

    /** What chmod(1) takes. */
    String permissions() {
      return Integer.toOctalString(mode & 07777);
    }

    boolean isOfRoot() {
      return user == 0 && group == 0;
    }
  }

  /**
   * A path without links at its end, and what is there.
   *
   * @param attributes null when nothing is there
   */
  record Place(String path, @Nullable Attributes attributes) {
    String directory() {
      int end = path.lastIndexOf('/');
      return end <= 0 ? "/" : path.substring(0, end);
    }

    String name() {
      return path.substring(path.lastIndexOf('/') + 1);
    }

    /** A template of mktemp(1) for a hidden name beside it. */
    String aside() {
      String name = name();
      String known = name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME);
      String parent = directory();
      return (parent.equals("/") ? "" : parent) + "/." + known + ".kelvin-XXXXXX";
    }
  }

  ExecResult run(String... command) throws QmpException, Absent, InterruptedException {
    try {
      return agent.exec(List.of(command), SOON);
    } catch (QmpException.CommandFailed e) {
      // A guest that has no room for one more process has the program all the same.
      if (e.command().equals("guest-exec") && !e.description().contains("fork")) {
        throw new Absent(e);
      }
      throw e;
    }
  }

  /**
   * Runs a program that must succeed.
   *
   * @return what it wrote, without the end of the line
   * @throws ProblemException guest-agent, with its words, when it does not
   */
  String must(String... command) throws QmpException, Absent, InterruptedException {
    ExecResult result = run(command);
    if (result.exitCode() != 0) {
      throw failed(vm, command[0], result);
    }
    String said = new String(result.out(), StandardCharsets.UTF_8);
    return said.endsWith("\n") ? said.substring(0, said.length() - 1) : said;
  }

  static ProblemException failed(String vm, String program, ExecResult result) {
    return Problem.of(Code.GUEST_AGENT, "The guest does not do it")
        .on(Vm.ref(vm))
        .because(program + " in the guest: " + words(result))
        .remedy("check the path, and that the guest's disk has room and can be written")
        .asException();
  }

  /** What a program complained of, fit to be shown. */
  private static String words(ExecResult result) {
    String said = new String(result.err(), StandardCharsets.UTF_8).strip();
    String clean = Texts.shown(LINES.matcher(said).replaceAll(" "), MAX_WORDS);
    return clean.isEmpty() ? "it ended with " + result.exitCode() : clean;
  }

  /** What is at a path, links at its end followed. */
  Place look(String path) throws QmpException, Absent, InterruptedException {
    Attributes found = attributes(path);
    if (found == null || !found.isLink()) {
      return new Place(path, found);
    }
    String leadsTo = must("readlink", "-f", "--", path);
    return new Place(leadsTo, attributes(leadsTo));
  }

  private @Nullable Attributes attributes(String path)
      throws QmpException, Absent, InterruptedException {
    ExecResult result = run("stat", "-c", "%f %u %g", "--", path);
    String[] fields = new String(result.out(), StandardCharsets.US_ASCII).strip().split(" ", -1);
    if (result.exitCode() != 0 || fields.length != 3) {
      // That of BSD has other options, and a path may be there without being told of.
      if (run("sh", "-c", "[ -e \"$1\" ] || [ -h \"$1\" ]", "sh", path).exitCode() == 0) {
        throw untold(null);
      }
      return null;
    }
    try {
      return new Attributes(
          Integer.parseInt(fields[0], 16), Long.parseLong(fields[1]), Long.parseLong(fields[2]));
    } catch (NumberFormatException e) {
      throw untold(e);
    }
  }

  private ProblemException untold(@Nullable Exception e) {
    Problem problem =
        Problem.of(Code.GUEST_AGENT, "The guest does not tell what is at the path")
            .on(Vm.ref(vm))
            .because("its stat does not answer as that of coreutils or busybox does")
            .remedy("copy the file by other means, such as scp");
    return e == null ? problem.asException() : problem.asException(e);
  }

  /** Removes what work has left, also when that was broken off: by whichever connection is now. */
  static void remove(String vm, AgentSource source, String path) throws InterruptedException {
    try {
      new GuestTools(vm, source.agent()).must("rm", "-rf", "--", path);
    } catch (QmpException | Absent | ProblemException e) {
      LOG.log(Level.WARNING, () -> path + " is left over in " + vm + ": " + e.getMessage());
    }
  }
}
