package dev.kelvin.machine.guest;

import dev.kelvin.machine.guest.GuestTools.Attributes;
import dev.kelvin.machine.guest.GuestTools.Place;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.QmpException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The files of a guest. One that is written is written beside its place and renamed when it is
 * whole, so that a fault leaves what was there. The agent alone cannot do that, and gives what it
 * makes to everybody to write to; so programs of the guest are used where it is a Unix and has
 * them. In Windows, whose directories say who may do what, the agent writes to the place itself.
 */
public final class GuestFiles {
  private final String vm;
  private final AgentSource source;

  public GuestFiles(String vm, AgentSource source) {
    this.vm = vm;
    this.source = source;
  }

  /**
   * Reads a file. Nothing is written when it cannot be opened.
   *
   * @throws IOException when {@code out} takes no more
   */
  public void read(String path, OutputStream out) throws IOException, InterruptedException {
    try {
      source.agent().copyFile(path, out);
    } catch (QmpException e) {
      throw refused(vm, e);
    }
  }

  /**
   * Writes a file, in place of one that is there, which keeps its mode and owner.
   *
   * @param mode permissions of a file that was not there
   * @throws ProblemException malformed when {@code content} breaks off
   */
  public void write(String path, int mode, InputStream content) throws InterruptedException {
    AgentClient agent = source.agent();
    try {
      if (AgentEnvironment.isWindows(agent)) {
        agent.writeFile(path, "w", content);
        return;
      }
      var tools = new GuestTools(vm, agent);
      Place place;
      String part;
      try {
        place = tools.look(path);
        if (isWrittenInPlace(place)) {
          agent.writeFile(path, "w", content);
          return;
        }
        part = tools.must("mktemp", "--", place.aside());
      } catch (GuestTools.Absent e) {
        withoutTools(agent, path, content, e);
        return;
      }
      aside(agent, place, part, mode, content);
    } catch (QmpException e) {
      throw refused(vm, e);
    } catch (IOException e) {
      throw brokenOff(vm, e);
    }
  }

  /** A device or a pipe is written to, and not replaced. */
  private boolean isWrittenInPlace(Place place) {
    Attributes there = place.attributes();
    if (there != null && there.isDirectory()) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The path is a directory")
          .on(Vm.ref(vm))
          .at("path")
          .because(place.path() + " is one in the guest, and a file is to be written")
          .remedy("name the file in it; \"kelvin cp FILE VM:/DIRECTORY/\" does so")
          .asException();
    }
    return there != null && !there.isRegular();
  }

  private void aside(AgentClient agent, Place place, String part, int mode, InputStream content)
      throws QmpException, IOException, InterruptedException {
    var tools = new GuestTools(vm, agent);
    boolean done = false;
    try {
      agent.writeFile(part, "r+", content);
      Attributes there = place.attributes();
      if (there != null && !there.isOfRoot()) {
        tools.must("chown", "--", there.user() + ":" + there.group(), part);
      }
      String permissions = there == null ? Integer.toOctalString(mode) : there.permissions();
      tools.must("chmod", "--", permissions, part);
      tools.must("mv", "-f", "--", part, place.path());
      done = true;
    } catch (GuestTools.Absent e) {
      throw withoutProgram(vm, e);
    } finally {
      if (!done) {
        GuestTools.remove(vm, source, part);
      }
    }
  }

  /**
   * A file that is there is written to, as it keeps its mode. One that is not would be everybody's
   * to write to.
   */
  private void withoutTools(
      AgentClient agent, String path, InputStream content, GuestTools.Absent why)
      throws QmpException, IOException, InterruptedException {
    try {
      agent.writeFile(path, "r+", InputStream.nullInputStream());
    } catch (QmpException.CommandFailed notThere) {
      throw withoutProgram(vm, why);
    }
    agent.writeFile(path, "w", content);
  }

  static ProblemException withoutProgram(String vm, GuestTools.Absent why) {
    return Problem.of(Code.GUEST_AGENT, "The guest lacks what is needed to make the file safely")
        .on(Vm.ref(vm))
        .because(
            why.getMessage()
                + "; the agent alone makes files that everybody in the guest can write")
        .remedy(
            "let the agent run programs (guest-exec), and install coreutils or busybox in the guest;"
                + " or make an empty file there first, which is then written to as it is")
        .asException(why);
  }

  static ProblemException refused(String vm, QmpException e) {
    return e instanceof QmpException.CommandFailed refused
        ? Problem.of(Code.GUEST_AGENT, "The guest agent does not do it")
            .on(Vm.ref(vm))
            .because(refused.description())
            .remedy("check the path, and that the guest's disk has room and can be written")
            .asException(e)
        : AgentProblems.of(vm, e);
  }

  static ProblemException brokenOff(String vm, IOException e) {
    return Problem.of(Code.MALFORMED, "The upload ended before all of it had come")
        .on(Vm.ref(vm))
        .because(
            e
                + "; what was in the guest is as it was, but what is written in place (a device, a file of"
                + " Windows) has a part of it")
        .remedy("send it again")
        .asException(e);
  }
}
