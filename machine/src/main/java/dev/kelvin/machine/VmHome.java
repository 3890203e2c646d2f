package dev.kelvin.machine;

import dev.kelvin.host.Commands;
import dev.kelvin.host.Commands.Command;
import dev.kelvin.host.Durable;
import dev.kelvin.image.SeedIso;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.CloudInit;
import dev.kelvin.qemu.VmFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The two directories of each VM, and the files that Kelvin puts there for QEMU. */
final class VmHome {
  private final Layout layout;
  private final SeedIso seedIso;
  private final Commands commands = new Commands();

  VmHome(Layout layout, SeedIso seedIso) {
    this.layout = layout;
    this.seedIso = seedIso;
  }

  InstallerCds installerCds(ImageSource images) {
    return new InstallerCds(this, seedIso, images);
  }

  Layout layout() {
    return layout;
  }

  VmFiles files(String id) {
    return new VmFiles(layout.vmRuntime(id), layout.vmState(id));
  }

  Path serialLog(String id) {
    return files(id).serialLog();
  }

  /** Makes the VM's directories, the run-time one anew, for the VM's user only. */
  void prepare(VmRecord vm) throws InterruptedException {
    String id = vm.metadata().id();
    try {
      delete(layout.vmRuntime(id));
      for (Path directory : List.of(layout.vmRuntime(id), layout.vmState(id))) {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        if (isOfAnother(directory, vm.uid())) {
          ownAll(directory, vm.uid());
        }
        own(directory, vm.uid());
      }
      if (vm.spec().windowsSetup() == null) {
        // It has a password in it.
        Files.deleteIfExists(files(id).windowsSetup());
      }
      if (vm.spec().hasTpm()) {
        Path tpm = files(id).tpmState();
        Files.createDirectories(tpm);
        Files.setPosixFilePermissions(tpm, PosixFilePermissions.fromString("rwx------"));
        own(tpm, vm.uid());
      }
    } catch (IOException e) {
      throw failed("The directories of the VM cannot be made", vm, e);
    }
  }

  /**
   * Copies kernel and initial RAM disk to where the VM's user can read them.
   *
   * @return the same boot with the paths of the copies
   */
  Boot provideKernel(VmRecord vm) {
    Boot boot = vm.spec().boot();
    if (vm.uid() < 0 || boot.kernel() == null) {
      return boot;
    }
    return Boot.kernel(
        provide(boot.kernel(), "kernel", vm),
        boot.initrd() == null ? null : provide(boot.initrd(), "initrd", vm),
        boot.cmdline());
  }

  private String provide(String source, String name, VmRecord vm) {
    Path from = Path.of(source);
    Path to = layout.vmState(vm.metadata().id()).resolve(name);
    if (!Files.isRegularFile(from)) {
      throw Problem.of(Code.INVALID_ARGUMENT, "There is no " + name + " at " + source)
          .on(ref(vm))
          .at("spec.boot." + name)
          .because("the path names no file of this host")
          .remedy("give the absolute path of a file on the host that runs the VM")
          .asException();
    }
    try {
      boolean same =
          Files.exists(to)
              && Files.size(to) == Files.size(from)
              && Files.getLastModifiedTime(to).equals(Files.getLastModifiedTime(from));
      if (!same) {
        copy(from, to, vm);
      }
    } catch (IOException e) {
      throw failed("The " + name + " cannot be copied", vm, e);
    }
    return to.toString();
  }

  /**
   * Writes the seed for cloud-init unless the one there is still right.
   *
   * @return whether the VM has a seed
   */
  boolean provideSeed(VmRecord vm) throws InterruptedException {
    CloudInit config = vm.spec().cloudInit();
    if (config == null) {
      return false;
    }
    Path seed = files(vm.metadata().id()).seed();
    Path key = seed.resolveSibling("seed.key");
    boolean agent = vm.spec().guestAgent();
    String wanted = seedKey(vm, config, agent);
    try {
      if (!Files.exists(seed) || !Files.exists(key) || !Files.readString(key).equals(wanted)) {
        seedIso.write(seed, config, vm.metadata().name(), vm.metadata().id(), agent);
        own(seed, vm.uid());
        write(key, wanted.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw failed("The seed for cloud-init cannot be written", vm, e);
    }
    return true;
  }

  private static String seedKey(VmRecord vm, CloudInit config, boolean agent) {
    try {
      byte[] text = (vm.metadata().name() + config + agent).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Writes a file anew in a directory of a VM's user, who may have left a link there: whatever that
   * leads to is not touched.
   */
  static void write(Path file, byte[] content) throws IOException {
    Files.deleteIfExists(file);
    Files.write(file, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private void copy(Path from, Path to, VmRecord vm) {
    Path partial = to.resolveSibling(to.getFileName() + ".partial");
    try {
      Files.copy(
          from, partial, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
      Files.setPosixFilePermissions(partial, PosixFilePermissions.fromString("rw-------"));
      own(partial, vm.uid());
      Durable.publish(partial, to);
    } catch (IOException e) {
      throw failed(from + " cannot be copied for the VM", vm, e);
    }
  }

  /** Removes what a VM has only while it runs. */
  void removeRuntime(String id) {
    remove(layout.vmRuntime(id), id);
  }

  void removeAll(String id) {
    removeRuntime(id);
    remove(layout.vmState(id), id);
  }

  private static void remove(Path tree, String id) {
    try {
      delete(tree);
    } catch (IOException | UncheckedIOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The VM's files cannot be removed")
          .on("vm/" + id)
          .because(e.toString())
          .remedy("check what keeps " + tree + " (a mount, its permissions), then try again")
          .asException(e);
    }
  }

  /** The ids of VMs that have a run-time directory. */
  List<String> idsWithRuntime() {
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

  private static void delete(Path tree) throws IOException {
    if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (var paths = Files.walk(tree)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  /** The end of what QEMU wrote on its standard error; null when that is nothing. */
  static @Nullable String lastWords(Path output) {
    try {
      List<String> lines =
          new String(SerialLog.tail(output, 4096), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank())
              .toList();
      return lines.isEmpty()
          ? null
          : String.join("; ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
    } catch (IOException e) {
      return "its output cannot be read: " + e.getMessage();
    }
  }

  private static String ref(VmRecord vm) {
    return "vm/" + vm.metadata().name();
  }

  private static RuntimeException failed(String what, VmRecord vm, IOException why) {
    return Problem.of(Code.HOST_FAILURE, what)
        .on(ref(vm))
        .because(why.toString())
        .remedy("check space, permissions and mount options of Kelvin's directories")
        .asException(why);
  }
}
