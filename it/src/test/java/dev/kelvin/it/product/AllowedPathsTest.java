package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.api.ListQuery;
import dev.kelvin.model.Code;
import dev.kelvin.model.Phase;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.Netboot;
import dev.kelvin.model.spec.Nic;
import dev.kelvin.model.spec.Share;
import dev.kelvin.model.spec.ShareCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Documents name paths of the host beneath the roots that kelvin.yaml lists, and no others. */
class AllowedPathsTest {
  @TempDir private Path work;
  private Path allowed = Path.of("");
  private Path outside = Path.of("");

  @BeforeEach
  void directories() throws IOException {
    // Links in a name are resolved by the test, so that none is in what the daemon is told.
    Path top = work.toRealPath();
    Files.setPosixFilePermissions(top, PosixFilePermissions.fromString("rwxr-xr-x"));
    allowed = Files.createDirectories(top.resolve("allowed"));
    Files.createDirectory(allowed.resolve("boot"));
    outside = Files.createDirectories(top.resolve("outside"));
    Files.writeString(outside.resolve("file"), "secret");
    Files.createSymbolicLink(allowed.resolve("link"), outside);
    Files.createSymbolicLink(allowed.resolve("boots"), Path.of("boot"));
  }

  private String configuration() {
    return "hostPaths: {roots: [" + allowed + "]}\n";
  }

  private static Vm booting(String name, Path kernel, Path initrd) {
    var boot = Boot.kernel(kernel.toString(), initrd.toString(), null);
    return Guests.empty(name, spec -> Guests.stopped().apply(spec).boot(boot));
  }

  private static Vm sharing(String name, Path path) {
    var share = new Share("work", path.toString(), null, false, ShareCache.AUTO);
    return Guests.empty(name, spec -> Guests.stopped().apply(spec).shares(List.of(share)));
  }

  private static Vm netbooting(String name, Path path) {
    var nic = Nic.of("lan").withNetboot(new Netboot("boot.ipxe", path.toString()), 1);
    return Guests.empty(name, spec -> Guests.stopped().apply(spec).nics(List.of(nic)));
  }

  private static void refused(TestDaemon daemon, Vm vm, String field) {
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> daemon.create(vm))
        .satisfies(e -> {
          assertThat(e.problem().code()).isEqualTo(Code.FORBIDDEN);
          assertThat(e.problem().field()).isEqualTo(field);
          assertThat(e.problem().remedy()).contains("kelvin.yaml");
        });
  }

  @Test
  void aPathOutsideIsRefused() throws IOException {
    try (TestDaemon daemon = TestDaemon.start(configuration())) {
      Path kernel = Guests.kernelThatQemuRefuses();
      Path inside = Files.copy(kernel, allowed.resolve("vmlinuz"));
      refused(daemon, booting("a", kernel, inside), "spec.boot.kernel");
      refused(daemon, booting("a", inside, outside.resolve("none")), "spec.boot.initrd");
      refused(daemon, booting("a", inside, allowed.resolve("link/file")), "spec.boot.initrd");
      refused(daemon, sharing("a", outside), "spec.shares[0].path");
      refused(daemon, sharing("a", allowed.resolve("link")), "spec.shares[0].path");
      refused(daemon, netbooting("a", outside), "spec.nics[0].netboot.directory");
      daemon.create(booting("a", inside, inside));
      daemon.create(sharing("b", allowed.resolve("boot")));
      assertThat(daemon.client().allVms(ListQuery.all())).hasSize(2);
    }
  }

  @Test
  void whatIsAllowedReachesQemu() throws IOException {
    try (TestDaemon daemon = TestDaemon.start(configuration())) {
      daemon.create(netbooting("net", allowed.resolve("boots")));
      daemon.done(daemon.client().startVm("net"));
      daemon.awaitPhase("net", Phase.RUNNING);
      assertThat(daemon.vmProcesses())
          .anySatisfy(one ->
              assertThat(TestDaemon.arguments(one)).contains(allowed.resolve("boot").toString()));
    }
  }

  @Test
  void aVmThatWasMadeBeforeDoesNotStart() throws Exception {
    try (TestDaemon daemon = TestDaemon.start()) {
      Path kernel = Guests.kernelThatQemuRefuses();
      daemon.create(booting("kernel", kernel, kernel));
      daemon.create(sharing("share", outside));
      daemon.create(netbooting("net", allowed.resolve("link")));
      daemon.kill();
      Files.writeString(daemon.layout().config().resolve("kelvin.yaml"), configuration());
      daemon.restart();
      for (Vm vm : daemon.client().allVms(ListQuery.all())) {
        String name = vm.metadata().name();
        Task ended = daemon.ended(daemon.client().startVm(name));
        Problem problem = Objects.requireNonNull(ended.problem(), name);
        assertThat(problem.code()).as(name).isEqualTo(Code.FORBIDDEN);
        assertThat(problem.field()).as(name).startsWith("spec.");
      }
      assertThat(daemon.vmProcesses()).isEmpty();
    }
  }
}
