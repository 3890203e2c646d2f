package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.api.VmDocument;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Cpu;
import dev.kelvin.model.spec.WindowsSetup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The password for Windows' installer reaches the installer and nobody else. */
@Tag("slow")
class WindowsSetupTest {
  private static final String PASSWORD = "correct-horse-battery";

  @Test
  void thePasswordIsOnTheCdAndInNoAnswer() throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/genisoimage")), "genisoimage is not installed");
    try (TestDaemon daemon = TestDaemon.start()) {
      var setup = new WindowsSetup("WEB-1", PASSWORD, null, null, "en-US", "UTC", null);
      daemon.create(Guests.empty("win", spec -> Guests.stopped().apply(spec.windowsSetup(setup))));
      Vm shown = daemon.client().vm("win");
      assertThat(Objects.requireNonNull(shown.spec().windowsSetup()).administratorPassword())
          .isNull();

      // Written back as it was read, with another change: the password stays.
      var changed = shown.withSpec(shown.spec().toBuilder().cpu(Cpu.of(2)).build());
      daemon.done(daemon.client().updateVm("win", VmDocument.of(changed), null));
      daemon.done(daemon.client().startVm("win"));
      Path home = daemon.layout().vmState(shown.metadata().id());
      assertThat(answers(home)).contains(hidden());

      String told =
          new String(Documents.json(daemon.client().vm("win")), StandardCharsets.UTF_8)
              + daemon.log()
              + daemon.kelvin("get", "vm", "win", "-o", "yaml").output()
              + daemon.kelvin("show", "win").output()
              + Files.readString(daemon.layout().vmKept(shown.metadata().id()).resolve("qemu.log"));
      assertThat(told).contains("WEB-1").doesNotContain(PASSWORD).doesNotContain(hidden());

      // What was read is what there is: no difference, nothing to do, and no password told.
      Path file = daemon.home().resolve("win.yaml");
      Files.writeString(file, daemon.kelvin("get", "vm", "win", "-o", "yaml").output());
      var diff = daemon.kelvin("diff", "-f", file.toString());
      assertThat(diff.output()).isEmpty();
      assertThat(diff.exitCode()).isZero();
      assertThat(daemon.kelvin("apply", "-f", file.toString()).output()).contains("unchanged");

      // Without the form in the spec, the next start deletes the CD.
      Vm before = daemon.client().vm("win");
      var done = before.withSpec(before.spec().toBuilder().windowsSetup(null).build());
      daemon.done(daemon.client().updateVm("win", VmDocument.of(done), null));
      daemon.done(daemon.client().stopVm("win"));
      daemon.done(daemon.client().startVm("win"));
      assertThat(home.resolve("windows-setup.iso")).doesNotExist();
    }
  }

  @Test
  void windowsGetsSecureBootAndATpmAndKeepsThem() throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/swtpm"))
            && Files.exists(Path.of("/usr/share/OVMF/OVMF_VARS_4M.ms.fd")),
        "swtpm, or OVMF with Microsoft's keys, is not installed");
    try (TestDaemon daemon = TestDaemon.start()) {
      Path file =
          Files.writeString(
              Files.createTempFile("win", ".yaml"),
              """
              metadata: {name: win}
              spec: {os: windows, memory: {size: 256MiB}, guestAgent: false}
              """);
      try {
        assertThat(daemon.kelvin("apply", "-f", file.toString()).exitCode()).isZero();
        Vm made = daemon.client().vm("win");
        assertThat(made.status().phase()).isEqualTo(Phase.RUNNING);
        assertThat(made.spec().firmware().isSecure()).isTrue();
        assertThat(made.spec().hasTpm()).isTrue();
        assertThat(daemon.layout().vmState(made.metadata().id()).resolve("tpm"))
            .isNotEmptyDirectory();

        // The same document again leaves open what was chosen, and takes nothing away.
        assertThat(daemon.kelvin("apply", "-f", file.toString()).exitCode()).isZero();
        assertThat(daemon.client().vm("win").spec()).isEqualTo(made.spec());
        Files.writeString(
            file,
            """
            metadata: {name: win}
            spec: {os: windows, memory: {size: 256MiB}, guestAgent: false, tpm: {version: none}}
            """);
        assertThat(daemon.kelvin("apply", "-f", file.toString()).exitCode()).isZero();
        Vm without = daemon.client().vm("win");
        assertThat(without.spec().hasTpm()).isFalse();
        assertThat(without.spec().firmware().isSecure()).isTrue();
        assertThat(without.status().restartRequired()).containsExactly("spec.tpm");
      } finally {
        Files.delete(file);
      }
    }
  }

  /** The answers are a plain file within the ISO, not packed. */
  private static String answers(Path home) throws IOException {
    return Files.readString(home.resolve("windows-setup.iso"), StandardCharsets.ISO_8859_1);
  }

  private static String hidden() {
    byte[] text = (PASSWORD + "AdministratorPassword").getBytes(StandardCharsets.UTF_16LE);
    return Base64.getEncoder().encodeToString(text);
  }
}
