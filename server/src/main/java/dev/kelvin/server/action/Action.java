package dev.kelvin.server.action;

import dev.kelvin.model.Compression;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Vm;
import dev.kelvin.model.cpu.HostCpu;
import dev.kelvin.model.spec.Architecture;
import dev.kelvin.model.spec.Disk;
import dev.kelvin.model.spec.Nic;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One thing that a user can ask for. */
public sealed interface Action {
  /** Changes nothing. */
  sealed interface Read extends Action {}

  /** Has effects. */
  sealed interface Write extends Action {}

  /**
   * Which objects of a list, and how many.
   *
   * @param labels each must be there with this value
   * @param fields all must hold
   * @param after the name (or id) after which the page begins; null for the first page
   * @param limit 1 to 500
   */
  record Query(
      Map<String, String> labels, List<Condition> fields, @Nullable String after, int limit) {
    public static Query all() {
      return new Query(Map.of(), List.of(), null, 500);
    }
  }

  /**
   * What a field of an object must be.
   *
   * @param path dotted, such as {@code status.phase}
   * @param equal whether it must have the value; otherwise it must not
   * @param value as documents write it
   */
  record Condition(String path, boolean equal, String value) {}

  /** Kinds of objects that can be listed and watched. */
  enum Resource {
    VMS,
    IMAGES,
    VOLUMES,
    TASKS
  }

  enum ConsoleKind {
    SERIAL,
    VNC
  }

  record GetInfo() implements Read {}

  record GetDoctor() implements Read {}

  /**
   * Which guests a question about CPUs is for.
   *
   * @param architecture of the guests
   * @param accelerator {@code kvm} or {@code tcg}; null for the one that they get here
   */
  record Guests(Architecture architecture, @Nullable String accelerator) {}

  /** The CPU models that guests can have here. */
  record GetCpuModels(Guests guests) implements Read {}

  /** The CPU that this host can give, to carry to another host. */
  record GetHostCpu(Guests guests) implements Read {}

  /** The largest CPU that runs on all of these hosts. */
  record ComputeBaseline(List<HostCpu> hosts) implements Read {}

  record ListObjects(Resource resource, Query query) implements Read {}

  /**
   * The changes of a kind of object from now on, or from a revision.
   *
   * @param fromRevision changes after this revision; 0 to begin with all objects there are
   */
  record Watch(Resource resource, Query query, long fromRevision) implements Read {}

  /** What happens from now on, or after an event that the client has seen. */
  record Events(@Nullable Long afterSequence, @Nullable String object) implements Read {}

  record GetVm(String vm) implements Read {}

  record GetImage(String image) implements Read {}

  record GetVolume(String volume) implements Read {}

  /** The images that publishers offer. */
  record ListPublished() implements Read {}

  record GetTask(String id) implements Read {}

  record Screenshot(String vm, int screen) implements Read {}

  /** The last {@code tailBytes} of what the VM wrote to its serial port. */
  record GetSerialLog(String vm, long tailBytes) implements Read {}

  /** What confines the VM's processes now. */
  record GetIsolation(String vm) implements Read {}

  record GetGuest(String vm) implements Read {}

  record ReadGuestFile(String vm, String path) implements Read {}

  /** An archive (tar) of a directory of the guest. */
  record ReadGuestTree(String vm, String path) implements Read {}

  record GetMetrics() implements Read {}

  /** All that the store holds; secrets included, so it is for administrators. */
  record BackUpState() implements Read {}

  record CheckState() implements Read {}

  /** Proves the host's capabilities anew. */
  record RunDoctor() implements Write {}

  /** Installs distribution packages that the doctor misses. */
  record InstallPackages(List<String> packages) implements Write {}

  /** Creates a VM; with {@code dryRun} only says what would be created. */
  record CreateVm(Vm vm, boolean generateName, boolean dryRun) implements Write {}

  /**
   * Replaces the spec and the labels of a VM.
   *
   * @param ifRevision the revision that the caller has seen; null to overwrite whatever is there
   */
  record UpdateVm(String name, Vm vm, @Nullable Long ifRevision, boolean dryRun) implements Write {}

  /** Deletes a VM; with {@code force} stops it first, with {@code keepDisks} leaves its volumes. */
  record DeleteVm(String vm, boolean force, boolean keepDisks) implements Write {}

  record StartVm(String vm) implements Write {}

  /**
   * Asks the guest to shut down: by its agent, then by ACPI.
   *
   * @param timeout null for the spec's
   * @param force whether it is stopped at the deadline; otherwise the task fails there
   */
  record ShutdownVm(String vm, @Nullable Duration timeout, boolean force) implements Write {}

  record StopVm(String vm) implements Write {}

  record ResetVm(String vm) implements Write {}

  record PauseVm(String vm) implements Write {}

  record ResumeVm(String vm) implements Write {}

  record RenameVm(String vm, String newName) implements Write {}

  /** Presses keys together, by QEMU's key names (QKeyCode), such as {@code ctrl, alt, delete}. */
  record SendKeys(String vm, List<String> keys) implements Write {}

  record AttachDisk(String vm, Disk disk) implements Write {}

  record DetachDisk(String vm, String disk) implements Write {}

  record AttachNic(String vm, Nic nic) implements Write {}

  record DetachNic(String vm, String nic) implements Write {}

  /** Puts an image into a CD drive, or with null takes it out. */
  record SetMedia(String vm, String cdrom, @Nullable String image) implements Write {}

  /** A ticket with which one console connection can be opened, once and soon. */
  record OpenConsole(String vm, ConsoleKind kind) implements Write {}

  /**
   * Runs a program in the guest and waits for it.
   *
   * @param id by which {@link EndGuestProgram} names it; null when nobody will
   * @param environment what it gets beside the agent's own
   * @param input for its standard input
   */
  @SuppressWarnings("ArrayRecordComponent") // bytes pass through; actions are not compared
  record GuestExec(
      String vm,
      @Nullable String id,
      List<String> command,
      List<String> environment,
      byte[] input,
      Duration timeout)
      implements Write {}

  /** Ends a program in the guest that somebody waits for. */
  record EndGuestProgram(String vm, String id) implements Write {}

  /**
   * Writes a file of the guest.
   *
   * @param mode permissions of one that was not there
   */
  record WriteGuestFile(String vm, String path, int mode, InputStream content) implements Write {}

  /**
   * Unpacks an archive (tar) in the guest.
   *
   * @param name of the directory to make in {@code path} when that is one already; null to put all
   *     into it
   * @param mode permissions of the directory when it is made
   */
  record WriteGuestTree(
      String vm, String path, @Nullable String name, int mode, InputStream archive)
      implements Write {}

  record BuildImage(String name, BuildRecipe recipe, Map<String, String> labels) implements Write {}

  /**
   * Makes an image of a file that is published.
   *
   * @param name of the image; null for the one that goes with the file
   * @param from a name of the catalogue, or a URL
   * @param arch of the guests; null for the host's
   * @param format of the disk at a URL; null for what its ending says
   * @param mirror instead of the publisher's server
   * @param checksum such as {@code sha256:…}; null for the publisher's sums
   * @param insecure whether to take a file that nothing vouches for
   * @param reachSeconds within which the publisher must answer for the pull to begin; null for the
   *     usual patience, with which the task itself tries
   */
  record PullImage(
      @Nullable String name,
      String from,
      @Nullable String arch,
      @Nullable Format format,
      @Nullable String mirror,
      @Nullable String checksum,
      boolean insecure,
      @Nullable Integer reachSeconds,
      Map<String, String> labels)
      implements Write {}

  /**
   * Makes an image of what the client sends.
   *
   * @param compression what the file is packed with
   * @param length in bytes as announced; -1 when it was not
   */
  record ImportImage(
      String name,
      Format format,
      Compression compression,
      Map<String, String> labels,
      InputStream content,
      long length)
      implements Write {}

  record DeleteImage(String image, boolean force) implements Write {}

  record DeleteVolume(String volume, boolean force) implements Write {}

  /**
   * Makes a VM of a guest that runs and that the store does not know.
   *
   * @param guest its name or id
   * @param newName to take it over under; null for its own
   */
  record AdoptGuest(String guest, @Nullable String newName) implements Write {}

  /** Ends a guest that the store does not know. */
  record EndGuest(String guest) implements Write {}

  record CancelTask(String id) implements Write {}

  /** Gives a task up that can neither be finished nor undone. */
  record AbandonTask(String id) implements Write {}

  /** Ends the daemon; with {@code stopVms} shuts the VMs down first, otherwise they go on. */
  record StopDaemon(boolean stopVms) implements Write {}
}
