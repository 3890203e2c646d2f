package dev.kelvin.machine.launch.home;

import dev.kelvin.image.seed.SeedIso;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.spec.Cdrom;
import dev.kelvin.model.spec.CdromBus;
import dev.kelvin.model.spec.WindowsSetup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** The CDs that Windows' installer finds beside its own: its answers, and virtio-win's drivers. */
public record InstallerCds(VmHome home, SeedIso seedIso, ImageSource images) {

  /**
   * The VM's drives with those of the installer.
   *
   * @param media files in the drives, to which those of the installer are added
   */
  public List<Cdrom> provide(VmRecord vm, Map<String, Path> media) throws InterruptedException {
    WindowsSetup setup = vm.spec().windowsSetup();
    if (setup == null) {
      return vm.spec().cdroms();
    }
    var drives = new ArrayList<>(vm.spec().cdroms());
    drives.add(new Cdrom(WindowsSetup.ANSWERS, null, CdromBus.SATA, null));
    media.put(WindowsSetup.ANSWERS, answers(vm, setup));
    if (setup.drivers() != null) {
      drives.add(new Cdrom(WindowsSetup.DRIVERS, setup.drivers(), CdromBus.SATA, null));
      media.put(WindowsSetup.DRIVERS, images.file(setup.drivers(), Format.ISO));
    }
    return drives;
  }

  private Path answers(VmRecord vm, WindowsSetup setup) throws InterruptedException {
    String text = SeedIso.answers(setup, vm.spec().firmware().type());
    var files = home.files(vm.metadata().id());
    Path iso = files.windowsSetup();
    Path key = files.kept().resolve("windows-setup.key");
    try {
      String wanted = digest(text);
      if (!VmHome.isMadeFrom(iso, key, wanted)) {
        Path made = files.kept().resolve("windows-setup.iso");
        seedIso.writeAnswers(made, text);
        home.hand(made, iso, vm, key, wanted);
      }
      return iso;
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "The answers for Windows' installer cannot be written")
          .on(vm.ref())
          .because(e.toString())
          .remedy("check space, permissions and mount options of Kelvin's directories")
          .asException(e);
    }
  }

  private static String digest(String text) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
