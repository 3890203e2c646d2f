package dev.kelvin.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.program.Requirements;
import dev.kelvin.model.HostFacts.UefiFirmware;
import dev.kelvin.model.spec.Architecture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirmwareFinderTest {
  @TempDir Path root;

  @Test
  void takesTheFirstDescriptorWithoutSecureBoot() throws IOException {
    descriptor(
        "usr/share/qemu/firmware/10-secure.json", "secure", "\"secure-boot\", \"requires-smm\"");
    descriptor("usr/share/qemu/firmware/20-plain.json", "plain", "\"acpi-s3\", \"amd-sev\"");
    descriptor("usr/share/qemu/firmware/30-other.json", "other", "");
    assertThat(find()).isEqualTo(new UefiFirmware("/fw/plain-code.fd", "/fw/plain-vars.fd"));
  }

  @Test
  void theAdministratorsDescriptorsHideTheDistributions() throws IOException {
    descriptor("usr/share/qemu/firmware/20-plain.json", "plain", "");
    descriptor("usr/share/qemu/firmware/30-other.json", "other", "");
    descriptor("etc/qemu/firmware/20-plain.json", "own", "");
    assertThat(find()).isEqualTo(new UefiFirmware("/fw/own-code.fd", "/fw/own-vars.fd"));
    Files.writeString(root.resolve("etc/qemu/firmware/20-plain.json"), "");
    assertThat(find()).isEqualTo(new UefiFirmware("/fw/other-code.fd", "/fw/other-vars.fd"));
  }

  @Test
  void passesOverWhatItCannotUse() throws IOException {
    descriptor("usr/share/qemu/firmware/10-qcow2.json", "qcow2", "");
    replace("usr/share/qemu/firmware/10-qcow2.json", "\"raw\"", "\"qcow2\"");
    descriptor("usr/share/qemu/firmware/20-arm.json", "arm", "");
    replace("usr/share/qemu/firmware/20-arm.json", "x86_64", "aarch64");
    descriptor("usr/share/qemu/firmware/30-gone.json", "gone", "");
    Files.delete(root.resolve("fw/gone-code.fd"));
    Files.writeString(root.resolve("usr/share/qemu/firmware/40-broken.json"), "{\"mapping\":");
    descriptor("usr/share/qemu/firmware/50-bios.json", "bios", "");
    replace("usr/share/qemu/firmware/50-bios.json", "\"uefi\"", "\"bios\"");
    assertThat(new FirmwareFinder(root).find(FirmwareFinder.Kind.PLAIN)).isEmpty();
  }

  @Test
  void tellsSecureBootWithKeysFromThatWithout() throws IOException {
    String secure = "\"secure-boot\", \"requires-smm\"";
    descriptor("usr/share/qemu/firmware/10-ms.json", "ms", secure + ", \"enrolled-keys\"");
    descriptor("usr/share/qemu/firmware/20-secure.json", "secure", secure);
    descriptor("usr/share/qemu/firmware/30-plain.json", "plain", "");
    assertThat(find()).isEqualTo(new UefiFirmware("/fw/plain-code.fd", "/fw/plain-vars.fd"));
    assertThat(new FirmwareFinder(root).find(FirmwareFinder.Kind.ENROLLED))
        .contains(new UefiFirmware("/fw/ms-code.fd", "/fw/ms-vars.fd"));
    assertThat(new FirmwareFinder(root).find(FirmwareFinder.Kind.SECURE))
        .contains(new UefiFirmware("/fw/secure-code.fd", "/fw/secure-vars.fd"));
  }

  @Test
  void eachArchitectureHasItsOwn() throws IOException {
    descriptor("usr/share/qemu/firmware/10-x86.json", "x86", "");
    descriptor("usr/share/qemu/firmware/20-arm.json", "arm", "");
    replace("usr/share/qemu/firmware/20-arm.json", "x86_64", "aarch64");
    replace("usr/share/qemu/firmware/20-arm.json", "pc-q35-*", "virt-*");
    var finder = new FirmwareFinder(root);
    assertThat(finder.find(Architecture.X86_64).orElseThrow().code()).contains("x86");
    assertThat(finder.find(Architecture.AARCH64).orElseThrow().code()).contains("arm");
    assertThat(finder.find(Architecture.I386)).isEmpty();
  }

  @Test
  void withoutDescriptorsTheUsualPlacesCount() throws IOException {
    file("usr/share/OVMF/OVMF_CODE.fd", "code");
    assertThat(new FirmwareFinder(root).find(FirmwareFinder.Kind.PLAIN)).isEmpty();
    file("usr/share/OVMF/OVMF_VARS.fd", "vars");
    assertThat(find())
        .isEqualTo(
            new UefiFirmware("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"));
    file("usr/share/OVMF/OVMF_CODE_4M.fd", "code");
    file("usr/share/OVMF/OVMF_VARS_4M.fd", "vars");
    assertThat(find().code()).isEqualTo("/usr/share/OVMF/OVMF_CODE_4M.fd");
  }

  @Test
  void findsThisHostsFirmware() {
    assumeTrue(Requirements.find("ovmf").orElseThrow().isThere(), "no UEFI firmware is installed");
    UefiFirmware firmware =
        new FirmwareFinder(Path.of("/")).find(FirmwareFinder.Kind.PLAIN).orElseThrow();
    assertThat(Path.of(firmware.code())).isReadable();
    assertThat(Path.of(firmware.variables())).isReadable();
    assertThat(firmware.code()).doesNotContain("secboot").doesNotContain(".ms.");
  }

  private UefiFirmware find() {
    return new FirmwareFinder(root).find(FirmwareFinder.Kind.PLAIN).orElseThrow();
  }

  private void descriptor(String name, String firmware, String features) throws IOException {
    file("fw/" + firmware + "-code.fd", "code");
    file("fw/" + firmware + "-vars.fd", "vars");
    file(
        name,
        """
        {"description": "test", "interface-types": ["uefi"],
         "mapping": {"device": "flash",
           "executable": {"filename": "/fw/%1$s-code.fd", "format": "raw"},
           "nvram-template": {"filename": "/fw/%1$s-vars.fd", "format": "raw"}},
         "targets": [{"architecture": "x86_64", "machines": ["pc-i440fx-*", "pc-q35-*"]}],
         "features": [%2$s], "tags": []}
        """
            .formatted(firmware, features));
  }

  private void replace(String name, String from, String to) throws IOException {
    Path file = root.resolve(name);
    Files.writeString(file, Files.readString(file).replace(from, to));
  }

  private void file(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
