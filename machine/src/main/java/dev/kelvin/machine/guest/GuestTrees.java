package dev.kelvin.machine.guest;

import dev.kelvin.machine.guest.GuestTools.Attributes;
import dev.kelvin.machine.guest.GuestTools.Place;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.AgentClient.ExecResult;
import dev.kelvin.qmp.QmpException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Directories of a guest with all that is in them, as archives of tar(1), which the guest must
 * have. An archive lies in the guest while it is copied: on the way in beside the directory, on the
 * way out in {@code /var/tmp}. So the guest needs room for it, and nothing is unpacked before all
 * of it is there.
 */
public final class GuestTrees {
  /** How long tar may work, in which the client hears nothing. */
  private static final Duration PACKING = Duration.ofMinutes(9);

  private static final String CHANGED = "file changed as we read it";
  private static final String REMOVED = "File removed before we read it";

  private final String vm;
  private final AgentSource source;
  private final GuestPrograms programs;

  public GuestTrees(String vm, AgentSource source) {
    this.vm = vm;
    this.source = source;
    this.programs = new GuestPrograms(vm, source);
  }

  /** Something to do with the agent and the tools of a guest. */
  private interface Work {
    void with(AgentClient agent, GuestTools tools)
        throws QmpException, GuestTools.Absent, IOException, InterruptedException;
  }

  private void inGuest(Work work) throws IOException, InterruptedException {
    AgentClient agent = source.agent();
    try {
      work.with(agent, new GuestTools(vm, agent));
    } catch (QmpException e) {
      throw GuestFiles.refused(vm, e);
    } catch (GuestTools.Absent e) {
      throw Problem.of(Code.GUEST_AGENT, "The guest lacks what is needed to copy directories")
          .on(Vm.ref(vm))
          .because(String.valueOf(e.getMessage()))
          .remedy(
              "copy file by file; or let the agent run programs (guest-exec), and install tar and"
                  + " coreutils, or busybox, in the guest")
          .asException(e);
    }
  }

  /**
   * Writes an archive of a directory, whose names begin with {@code ./}, or of a single file.
   *
   * @throws IOException when {@code out} takes no more
   */
  public void read(String path, OutputStream out) throws IOException, InterruptedException {
    inGuest((agent, tools) -> {
      Place place = tools.look(path);
      Attributes there = place.attributes();
      if (there == null || !(there.isDirectory() || there.isRegular())) {
        throw Problem.of(Code.INVALID_ARGUMENT, "There is nothing to copy")
            .on(Vm.ref(vm))
            .at("path")
            .because(path + " is neither a directory nor a file of the guest")
            .remedy("check the path")
            .asException();
      }
      List<String> what =
          there.isDirectory()
              ? List.of("-C", place.path(), ".")
              : List.of("-C", place.directory(), "./" + place.name());
      String archive = temporary(tools);
      try {
        var command = new ArrayList<>(List.of("tar", "-c", "-f", archive));
        command.addAll(what);
        tar(command);
        agent.copyFile(archive, out);
      } finally {
        GuestTools.remove(vm, source, archive);
      }
    });
  }

  private static String temporary(GuestTools tools)
      throws QmpException, GuestTools.Absent, InterruptedException {
    try {
      return tools.must("mktemp", "--", "/var/tmp/kelvin-XXXXXX");
    } catch (ProblemException absent) {
      return tools.must("mktemp", "--", "/tmp/kelvin-XXXXXX");
    }
  }

  private void tar(List<String> command) throws InterruptedException {
    ExecResult result = run(command);
    if (result.exitCode() != 0 && !hasOnlyChanged(result)) {
      throw GuestTools.failed(vm, "tar", result);
    }
  }

  /**
   * GNU tar ends with 1 when a file grew or went while it was read, as logs do; all else is there.
   */
  private static boolean hasOnlyChanged(ExecResult result) {
    String words = new String(result.err(), StandardCharsets.UTF_8);
    return result.exitCode() == 1
        && words.contains(CHANGED)
        && words.lines().allMatch(line -> line.contains(CHANGED) || line.contains(REMOVED));
  }

  private ExecResult run(List<String> command) throws InterruptedException {
    return programs.run(
        new GuestProgram(command, List.of(), new byte[0], PACKING), new CountDownLatch(1));
  }

  /**
   * Unpacks an archive.
   *
   * @param path the directory that is made of it; one that is there gets what is in the archive
   * @param name what to make in {@code path} when that is a directory already; null to put all into
   *     {@code path} itself
   * @param mode permissions of the directory when it is made
   * @throws ProblemException malformed when {@code archive} breaks off; nothing is unpacked then
   */
  public void write(String path, @Nullable String name, int mode, InputStream archive)
      throws InterruptedException {
    try {
      inGuest((agent, tools) -> {
        Place place = tools.look(path);
        if (isDirectory(place) && name != null) {
          place = tools.look((place.path().equals("/") ? "" : place.path()) + "/" + name);
        }
        if (place.attributes() != null && !isDirectory(place)) {
          throw Problem.of(Code.INVALID_ARGUMENT, "A file is in the way")
              .on(Vm.ref(vm))
              .at("path")
              .because(place.path() + " is there, and is no directory")
              .remedy("name another place, or remove it")
              .asException();
        }
        unpack(agent, place, mode, archive);
      });
    } catch (IOException e) {
      throw GuestFiles.brokenOff(vm, e);
    }
  }

  private static boolean isDirectory(Place place) {
    Attributes there = place.attributes();
    return there != null && there.isDirectory();
  }

  private void unpack(AgentClient agent, Place place, int mode, InputStream archive)
      throws QmpException, GuestTools.Absent, IOException, InterruptedException {
    var tools = new GuestTools(vm, agent);
    String file = tools.must("mktemp", "--", place.aside());
    String directory = null;
    try {
      agent.writeFile(file, "r+", archive);
      // Also where it goes into one that is there: by then it is known that there is room.
      directory = tools.must("mktemp", "-d", "--", place.aside());
      extract(file, directory);
      if (isDirectory(place)) {
        GuestTools.remove(vm, source, directory);
        extract(file, place.path());
      } else {
        tools.must("chmod", "--", Integer.toOctalString(mode), directory);
        tools.must("mv", "--", directory, place.path());
        directory = null;
      }
    } finally {
      GuestTools.remove(vm, source, file);
      if (directory != null) {
        GuestTools.remove(vm, source, directory);
      }
    }
  }

  /** Directories that are there keep their modes, where tar is GNU's. */
  private void extract(String archive, String directory) throws InterruptedException {
    List<String> rest = List.of("-x", "-p", "-o", "-f", archive, "-C", directory);
    var kept = new ArrayList<>(List.of("tar", "--no-overwrite-dir"));
    kept.addAll(rest);
    ExecResult result = run(kept);
    boolean unknown = new String(result.err(), StandardCharsets.UTF_8).contains("no-overwrite-dir");
    if (result.exitCode() != 0 && unknown) {
      var usual = new ArrayList<>(List.of("tar"));
      usual.addAll(rest);
      result = run(usual);
    }
    if (result.exitCode() != 0) {
      throw GuestTools.failed(vm, "tar", result);
    }
  }
}
