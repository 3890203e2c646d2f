package dev.kelvin.it.lab;

import dev.kelvin.it.product.BuiltPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * All that is tried in the lab, in one boot of it with one installation of the Debian package. It
 * is one class because test classes are spread over processes, each of which would boot a lab.
 */
@Tag("slow")
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LabTest {
  /** All that the package depends on and every Debian is not sure to have. */
  private static final List<String> PACKAGES =
      List.of("qemu-system-x86", "seabios", "ovmf", "qemu-utils", "genisoimage");

  private @Nullable Lab lab;

  @BeforeAll
  void boot(@TempDir Path directory) throws IOException, InterruptedException {
    Path deb = BuiltPackage.obtain();
    Path image = LabImage.obtain("hypervisor", PACKAGES);
    Path files = Files.createDirectory(directory.resolve("files"));
    Files.createLink(files.resolve("kelvin.deb"), deb);
    KvmChecks.bring(files);
    SystemdChecks.bring(files);
    lab = Lab.boot(image, files);
    // With no network: all that it depends on is there, or this fails.
    lab().run("apt-get install --yes /lab/kelvin.deb").ok();
    SystemdChecks.isUp(lab());
  }

  @AfterAll
  void end() throws IOException {
    if (lab != null) {
      lab.close();
    }
  }

  private Lab lab() {
    return Objects.requireNonNull(lab);
  }

  @Test
  @Order(1)
  void runsVmsOnKvm() {
    KvmChecks.runsVms(lab());
  }

  /** The last one, as it removes the package. CI has no time for it: it boots the lab again. */
  @Test
  @Order(2)
  @Tag("systemd")
  void isAServiceThatVmsOutlive() {
    SystemdChecks.isAServiceThatVmsOutlive(lab());
  }
}
