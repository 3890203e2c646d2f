package dev.kelvin.machine.launch.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.file.HostPaths;
import dev.kelvin.host.process.Users;
import dev.kelvin.host.program.Commands;
import dev.kelvin.image.seed.SeedIso;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.spec.Boot;
import dev.kelvin.model.spec.VmSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The copies of kernels that the users of VMs can read. */
class VmHomeTest {
  private static final int UID = 2_140_000_500;

  @TempDir private Path directory;

  private VmHome home;
  private VmRecord vm;
  private Path source;
  private Path key;

  @BeforeEach
  void prepare() throws Exception {
    assumeTrue(Users.isRoot(), "only root can give files away");
    source = Files.writeString(directory.resolve("vmlinuz"), "kernel");
    var layout =
        new Layout(
            directory,
            directory.resolve("etc"),
            directory.resolve("var"),
            directory.resolve("run"));
    home = new VmHome(layout, new SeedIso(new Commands()));
    var spec =
        VmSpec.defaults().toBuilder().boot(Boot.kernel(source.toString(), null, "quiet")).build();
    vm = new VmRecord(new Metadata("web", "aa", Map.of(), 0, Instant.EPOCH), spec, UID);
    key = layout.vmKept("aa").resolve("kernel.key");
    home.prepare(vm);
  }

  private VmHome limited(Path... roots) {
    return new VmHome(
        home.layout(), new SeedIso(new Commands()), HostPaths.beneath(List.of(roots)));
  }

  private VmRecord booting(Path kernel, Path initrd, int uid) {
    var boot = Boot.kernel(kernel.toString(), initrd.toString(), "quiet");
    return new VmRecord(vm.metadata(), VmSpec.defaults().toBuilder().boot(boot).build(), uid);
  }

  @Test
  void onlyAllowedFilesAreCopied() throws Exception {
    Path root = Files.createDirectories(directory.resolve("allowed"));
    Path initrd = Files.writeString(root.resolve("initrd"), "initrd");
    Path link = Files.createSymbolicLink(root.resolve("link"), source);
    Path kernel = Files.copy(source, root.resolve("kernel"));
    VmHome strict = limited(root);

    Boot boot = strict.provideKernel(booting(kernel, initrd, UID));
    assertThat(Path.of(boot.kernel())).hasContent("kernel");
    assertThat(Path.of(boot.initrd())).hasContent("initrd");
    for (Path outside : List.of(source, link, directory.resolve("none"))) {
      for (VmRecord one : List.of(booting(outside, initrd, UID), booting(kernel, outside, UID))) {
        assertThatThrownBy(() -> strict.provideKernel(one))
            .isInstanceOfSatisfying(
                ProblemException.class,
                e -> assertThat(e.problem().code()).isEqualTo(Code.FORBIDDEN));
      }
    }
    assertThatThrownBy(() -> strict.provideKernel(booting(root.resolve("none"), initrd, UID)))
        .hasMessageContaining("There is no kernel at");
  }

  @Test
  void anOrdinaryUsersQemuOpensACopyTooWherePathsAreLimited() throws Exception {
    Path root = Files.createDirectories(directory.resolve("allowed"));
    Path kernel = Files.copy(source, root.resolve("kernel"));
    VmRecord one = booting(kernel, kernel, -1);
    home.prepare(one);
    assertThat(home.provideKernel(one)).isEqualTo(one.spec().boot());
    assertThat(Path.of(limited(root).provideKernel(one).kernel()))
        .hasContent("kernel")
        .isEqualTo(home.files("aa").state().resolve("kernel"));
  }

  private Path copy() {
    return Path.of(home.provideKernel(vm).kernel());
  }

  @Test
  void theCopyIsTheVmsUsersAlone() throws Exception {
    assertThat(copy()).hasContent("kernel").isNotEqualTo(source);
    assertThat(Files.getAttribute(copy(), "unix:uid")).isEqualTo(UID);
    assertThat((Integer) Files.getAttribute(copy(), "unix:mode") & 0777).isEqualTo(0600);
  }

  @Test
  void aCopyIsMadeOnceInABootOfTheHost() throws Exception {
    Files.writeString(copy(), "lenrek");
    assertThat(copy()).hasContent("lenrek");

    // The host may have lost its power before the copy was on the medium.
    String made = Files.readString(key);
    Files.writeString(key, made.replaceFirst("^\\S+", "another-boot"));
    assertThat(copy()).hasContent("kernel");
    assertThat(key).hasContent(made);
  }

  @Test
  void anotherSourceIsCopiedAndSoIsWhatIsNotWhole() throws Exception {
    Files.writeString(copy(), "");
    assertThat(copy()).hasContent("kernel");
    Files.writeString(source, "newer!");
    Files.setLastModifiedTime(source, FileTime.from(Instant.EPOCH.plusSeconds(1)));
    assertThat(copy()).hasContent("newer!");
  }

  @Test
  void aLinkInTheCopysPlaceIsReplaced() throws Exception {
    Path other = Files.writeString(directory.resolve("secret"), "secret");
    Files.delete(copy());
    Files.createSymbolicLink(home.files("aa").state().resolve("kernel"), other);
    assertThat(copy()).hasContent("kernel").isRegularFile();
    assertThat(Files.isSymbolicLink(copy())).isFalse();
    assertThat(other).hasContent("secret");
  }
}
