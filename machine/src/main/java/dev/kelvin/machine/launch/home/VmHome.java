package dev.kelvin.machine.launch.home;

import dev.kelvin.host.file.GuestDirectory;
import dev.kelvin.host.file.HostPaths;
import dev.kelvin.host.file.Pinned;
import dev.kelvin.host.process.BootId;
import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.image.seed.SeedIso;
import dev.kelvin.machine.guest.SerialLog;
import dev.kelvin.machine.launch.port.KeptPorts;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.OwnerOnly;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.CloudInit;
import dev.kelvin.qemu.VmFiles;
import dev.kelvin.qmp.Texts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The directories of each VM, and the files that Kelvin puts there for QEMU. Two of the directories
 * are the VM's user's, in which everything is hostile (see {@link GuestDirectory}); what only
 * Kelvin reads lies in a third, which is Kelvin's alone.
 */
public final class VmHome {
  private static final Logger LOG = System.getLogger(VmHome.class.getName());

  private final Layout layout;
  private final SeedIso seedIso;
  private final HostPaths hostPaths;
  private final Commands commands = new Commands();

  /** One where documents may name every path of the host. */
  public VmHome(Layout layout, SeedIso seedIso) {
    this(layout, seedIso, HostPaths.any());
  }

  /**
   * Those of a host.
   *
   * @param hostPaths that documents may name
   */
  public VmHome(Layout layout, SeedIso seedIso, HostPaths hostPaths) {
    this.layout = layout;
    this.seedIso = seedIso;
    this.hostPaths = hostPaths;
  }

  /** The paths of the host that documents may name. */
  public HostPaths hostPaths() {
    return hostPaths;
  }

  public InstallerCds installerCds(ImageSource images) {
    return new InstallerCds(this, seedIso, images);
  }

  public Layout layout() {
    return layout;
  }

  public VmFiles files(String id) {
    return new VmFiles(layout.vmRuntime(id), layout.vmState(id), layout.vmKept(id));
  }

  /** Where a VM's sockets are while it runs. */
  public Path runtime(String id) {
    return layout.vmRuntime(id);
  }

  /** The host ports that were chosen for a VM's forwards. */
  public KeptPorts ports(String id) {
    return KeptPorts.of(layout.vmKept(id));
  }

  /** What the VM's user can write to, and keeps. */
  GuestDirectory state(String id) throws IOException {
    return GuestDirectory.open(layout.vmState(id));
  }

  /** Makes the VM's directories, the run-time one anew, for the VM's user only. */
  public void prepare(VmRecord vm) throws InterruptedException {
    String id = vm.metadata().id();
    try {
      makeKept(id);
      GuestDirectory.deleteAll(layout.vmRuntime(id));
      GuestDirectory.make(layout.vmRuntime(id), vm.uid()).close();
      if (Files.isDirectory(layout.vmState(id), LinkOption.NOFOLLOW_LINKS)
          && isOfAnother(layout.vmState(id), vm.uid())) {
        ownAll(layout.vmState(id), vm.uid());
      }
      try (var state = GuestDirectory.make(layout.vmState(id), vm.uid())) {
        if (vm.spec().windowsSetup() == null) {
          // It has a password in it.
          state.delete(name(files(id).windowsSetup()));
        }
        if (vm.spec().hasTpm()) {
          state.makeDirectory(name(files(id).tpmState()), vm.uid()).close();
        }
        OldHome.move(state, files(id), vm.spec().serial().logSize().bytes());
      }
    } catch (IOException e) {
      throw failed("The directories of the VM cannot be made", vm, e);
    }
  }

  /** The same for a process of a daemon that put all into the directory of the VM's user. */
  public void prepareToAdopt(VmRecord vm) {
    String id = vm.metadata().id();
    try {
      makeKept(id);
      try (var state = state(id)) {
        OldHome.move(state, files(id), vm.spec().serial().logSize().bytes());
      }
    } catch (NoSuchFileException e) {
      LOG.log(Level.DEBUG, () -> vm.metadata().name() + " has no directory: " + e.getMessage());
    } catch (IOException e) {
      throw failed("The directories of the VM cannot be made", vm, e);
    }
  }

  private void makeKept(String id) throws IOException {
    Path kept = layout.vmKept(id);
    Files.createDirectories(kept);
    for (Path directory : List.of(kept.getParent(), kept)) {
      OwnerOnly.setMode(directory, "rwx------");
    }
  }

  /** Gives a finished file, made in the directory that is Kelvin's alone, to the VM's user. */
  void hand(Path finished, Path target, VmRecord vm) throws IOException {
    makePrivate(finished, vm);
    try (var state = state(vm.metadata().id())) {
      state.take(finished, name(target));
    }
  }

  /**
   * As {@link #hand(Path, Path, VmRecord)}, and notes what the file was made from. No note is ever
   * beside another file than its own.
   *
   * @param key where that is noted; see {@link #isMadeFrom}
   */
  void hand(Path finished, Path target, VmRecord vm, Path key, String madeFrom) throws IOException {
    Files.deleteIfExists(key);
    hand(finished, target, vm);
    write(key, madeFrom.getBytes(StandardCharsets.UTF_8));
  }

  private static void makePrivate(Path file, VmRecord vm) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    own(file, vm.uid());
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  /**
   * Copies kernel and initial RAM disk to where the VM's user can read them. Where only some paths
   * are allowed, that is done without such a user, too: QEMU itself would follow whatever the path
   * leads to by then.
   *
   * @return the same boot with the paths of the copies
   */
  public Boot provideKernel(VmRecord vm) {
    Boot boot = vm.spec().boot();
    if (boot.kernel() == null || (vm.uid() < 0 && !hostPaths.areLimited())) {
      return boot;
    }
    return Boot.kernel(
        provide(boot.kernel(), "kernel", vm),
        boot.initrd() == null ? null : provide(boot.initrd(), "initrd", vm),
        boot.cmdline());
  }

  private String provide(String source, String name, VmRecord vm) {
    Path to = layout.vmState(vm.metadata().id()).resolve(name);
    try (Pinned from = hold(source, name, vm)) {
      Path kept = layout.vmKept(vm.metadata().id());
      Path key = kept.resolve(name + ".key");
      String wanted = copyKey(from);
      if (!isMadeFrom(to, key, wanted) || Files.size(to) != from.attributes().size()) {
        Path copy = kept.resolve(name + ".partial");
        from.copyTo(copy);
        Files.deleteIfExists(key);
        makePrivate(copy, vm);
        try (var state = state(vm.metadata().id())) {
          // To flush it would take longer than all else that a start does.
          state.takeForNow(copy, name);
        }
        write(key, wanted.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw failed("The " + name + " cannot be copied", vm, e);
    }
    return to.toString();
  }

  private Pinned hold(String source, String name, VmRecord vm) {
    Problem none =
        Problem.of(Code.INVALID_ARGUMENT, "There is no " + name + " at " + source)
            .on(vm.ref())
            .at("spec.boot." + name)
            .because("the path names no file of this host")
            .remedy("give the absolute path of a file on the host that runs the VM");
    try {
      Pinned file = hostPaths.hold(source, "spec.boot." + name);
      if (file.kind() == Pinned.Kind.REGULAR) {
        return file;
      }
      file.close();
    } catch (IOException e) {
      throw none.asException(e);
    }
    throw none.asException();
  }

  /** Another one for each content of a file, and for each boot: an earlier copy may be damaged. */
  private static String copyKey(Pinned from) throws IOException {
    var source = from.attributes();
    return String.join(
        " ",
        BootId.current(),
        String.valueOf(source.fileKey()),
        Long.toString(source.size()),
        source.lastModifiedTime().toString());
  }

  /**
   * Writes the seed for cloud-init unless the one there is still right.
   *
   * @return whether the VM has a seed
   */
  public boolean provideSeed(VmRecord vm) throws InterruptedException {
    CloudInit config = vm.spec().cloudInit();
    if (config == null) {
      return false;
    }
    Path seed = files(vm.metadata().id()).seed();
    Path kept = layout.vmKept(vm.metadata().id());
    Path key = kept.resolve("seed.key");
    boolean agent = vm.spec().guestAgent();
    String wanted = seedKey(vm, config, agent);
    try {
      if (!isMadeFrom(seed, key, wanted)) {
        Path made = kept.resolve("seed.iso");
        seedIso.write(made, config, vm.metadata().name(), vm.metadata().id(), agent);
        hand(made, seed, vm, key, wanted);
      }
    } catch (IOException e) {
      throw failed("The seed for cloud-init cannot be written", vm, e);
    }
    return true;
  }

  /**
   * Whether a file is there and was made from what is wanted.
   *
   * @param key where that was noted; Kelvin's alone
   */
  static boolean isMadeFrom(Path file, Path key, String wanted) throws IOException {
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
        && Files.exists(key)
        && Files.readString(key).equals(wanted);
  }

  private static String seedKey(VmRecord vm, CloudInit config, boolean agent) {
    try {
      byte[] text = (vm.metadata().name() + config + agent).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Writes a file anew. */
  public static void write(Path file, byte[] content) throws IOException {
    Files.deleteIfExists(file);
    Files.write(file, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  /** Removes what a VM has only while it runs. */
  public void removeRuntime(String id) {
    remove(layout.vmRuntime(id), id);
  }

  /**
   * Removes what nobody misses of a VM that no store knows: its directories, unless there is
   * something of the guest's in them (its firmware's variables, its TPM), which a backup that knows
   * the VM needs.
   */
  public void removeUnlessUsed(String id) {
    try {
      Files.deleteIfExists(layout.vmState(id));
      remove(layout.vmKept(id), id);
    } catch (DirectoryNotEmptyException e) {
      LOG.log(Level.DEBUG, () -> "it stays, for a backup that knows it: " + e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("removing " + layout.vmState(id), e);
    }
  }

  public void removeAll(String id) {
    removeRuntime(id);
    remove(layout.vmState(id), id);
    remove(layout.vmKept(id), id);
  }

  private static void remove(Path tree, String id) {
    try {
      GuestDirectory.deleteAll(tree);
    } catch (IOException | UncheckedIOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The VM's files cannot be removed")
          .on(Vm.ref(id))
          .because(e.toString())
          .remedy("check what keeps " + tree + " (a mount, its permissions), then try again")
          .asException(e);
    }
  }

  /** The ids of VMs that have a run-time directory. */
  public List<String> idsWithRuntime() {
    Path all = layout.runtime().resolve("vms");
    if (!Files.isDirectory(all)) {
      return List.of();
    }
    try (var directories = Files.list(all)) {
      return directories.map(path -> path.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("listing " + all, e);
    }
  }

  /** Gives a file to the VM's user, where it has one. */
  static void own(Path path, int uid) throws IOException {
    if (uid >= 0) {
      Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(path, "unix:gid", uid, LinkOption.NOFOLLOW_LINKS);
    }
  }

  /** Whether a directory is of another VM's user than the one that it shall be of. */
  private static boolean isOfAnother(Path directory, int uid) throws IOException {
    int owner = (Integer) Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    return uid >= 0 && owner != uid && owner != 0;
  }

  /**
   * Gives a directory and all in it to a VM that has got another user; chown(1) follows no link.
   */
  private void ownAll(Path directory, int uid) throws IOException, InterruptedException {
    var result =
        commands.run(Command.of("chown", "-hR", "--", uid + ":" + uid, directory.toString()));
    if (!result.ok()) {
      throw new IOException(result.lastError());
    }
  }

  /** The end of what QEMU wrote on its standard error; null when that is nothing. */
  public static @Nullable String lastWords(Path output) {
    try {
      List<String> lines =
          new String(SerialLog.tail(output, 4096), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank())
              .map(Texts::shown)
              .toList();
      return lines.isEmpty()
          ? null
          : String.join("; ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
    } catch (IOException e) {
      return "its output cannot be read: " + e.getMessage();
    }
  }

  private static RuntimeException failed(String what, VmRecord vm, IOException why) {
    return Problem.of(Code.HOST_FAILURE, what)
        .on(vm.ref())
        .because(why.toString())
        .remedy("check space, permissions and mount options of Kelvin's directories")
        .asException(why);
  }
}
