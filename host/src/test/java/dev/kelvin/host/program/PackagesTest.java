package dev.kelvin.host.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Task.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The package managers are scripts here: a test must not change the host it runs on. */
class PackagesTest {
  @TempDir Path directory;

  private final List<Progress> progress = new ArrayList<>();

  @Test
  void installsOnDebianWithProgress() throws Exception {
    script("dpkg", "echo dpkg \"$@\" >> calls");
    script(
        "apt-get",
        """
        echo apt-get "$@" >> calls
        [ "$1" = update ] && exit 0
        echo "front end: $DEBIAN_FRONTEND" >> calls
        echo 'Reading package lists...'
        echo 'dlstatus:1:80.0000:Retrieving file 1 of 2'
        printf '(Reading database ... \\rpmstatus:dpkg-exec:0.0000:Running dpkg\\n'
        echo 'pmstatus:qemu-utils:amd64:60.0000:Configuring qemu-utils (amd64)'
        """);
    packages(Distribution.DEBIAN, true).install(List.of("qemu-utils", "ovmf"), progress::add);
    assertThat(Files.readString(directory.resolve("calls")))
        .isEqualTo(
            """
            dpkg --configure -a
            apt-get update
            apt-get -o APT::Status-Fd=1 -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
            install --yes --no-install-recommends qemu-utils ovmf
            front end: noninteractive
            """);
    assertThat(progress)
        .containsExactly(
            new Progress(0, 100, "percent", "reading the package lists"),
            new Progress(40, 100, "percent", "Retrieving file 1 of 2"),
            new Progress(50, 100, "percent", "Running dpkg"),
            new Progress(80, 100, "percent", "Configuring qemu-utils (amd64)"));
  }

  @Test
  void installsOnOtherDistributions() throws Exception {
    script("dnf", "echo dnf \"$@\" >> calls");
    packages(Distribution.FEDORA, true).install(List.of("qemu-img"), progress::add);
    assertThat(Files.readString(directory.resolve("calls")))
        .isEqualTo("dnf install --assumeyes qemu-img\n");
  }

  @Test
  void failureNamesTheCauseAndTheCommand() throws IOException {
    script("dpkg", "exit 0");
    script("apt-get", "echo 'E: Unable to locate package ovmf' >&2; exit 100");
    Problem problem = problem(Distribution.DEBIAN, true, "ovmf");
    assertThat(problem.code()).isEqualTo(Code.HOST_FAILURE);
    assertThat(problem.cause()).contains("100: E: Unable to locate package ovmf");
    assertThat(problem.remedy()).contains("sudo apt-get");
  }

  @Test
  void ordinaryUsersAreToldTheCommand() {
    Problem problem = problem(Distribution.DEBIAN, false, "ovmf");
    assertThat(problem.code()).isEqualTo(Code.FORBIDDEN);
    assertThat(problem.remedy())
        .isEqualTo("run: sudo apt-get install --yes --no-install-recommends ovmf");
  }

  @Test
  void otherPackagesAreRefused() {
    assertThat(problem(Distribution.DEBIAN, true, "hello").code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(problem(Distribution.DEBIAN, true, "--purge").code())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void anUnknownDistributionIsTold() {
    var thrown =
        catchThrowableOfType(
            ProblemException.class,
            () ->
                new Packages(new Commands(), Optional.empty(), true, this::located)
                    .install(List.of("ovmf"), progress::add));
    assertThat(thrown.problem().code()).isEqualTo(Code.CAPABILITY_MISSING);
  }

  @Test
  void distributionsAreToldByOsRelease() throws IOException {
    assertThat(Distribution.at(directory)).isEmpty();
    release("ID=debian\n");
    assertThat(Distribution.at(directory)).contains(Distribution.DEBIAN);
    release("NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n");
    assertThat(Distribution.at(directory)).contains(Distribution.DEBIAN);
    release("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n");
    assertThat(Distribution.at(directory)).contains(Distribution.FEDORA);
    release("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n");
    assertThat(Distribution.at(directory)).contains(Distribution.SUSE);
    release("ID=arch\n");
    assertThat(Distribution.at(directory)).contains(Distribution.ARCH);
    release("ID=void\n");
    assertThat(Distribution.at(directory)).isEmpty();
  }

  @Test
  void everyRequirementHasADebianPackage() {
    assertThat(Requirements.all())
        .allSatisfy(r -> assertThat(r.packages()).containsKey(Distribution.DEBIAN));
    assertThat(Requirements.remedyFor("qemu-img", Optional.of(Distribution.DEBIAN)))
        .isEqualTo(
            "install the package qemu-utils: sudo apt-get install --yes --no-install-recommends"
                + " qemu-utils");
    assertThat(Requirements.remedyFor("xyz", Optional.empty())).contains("program xyz");
  }

  @Test
  void whatOnlyOrdinaryUsersNeedIsNotAskedOfRoot() {
    assertThat(Requirements.needed(true)).extracting(r -> r.name()).doesNotContain("newuidmap");
    assertThat(Requirements.needed(false)).extracting(r -> r.name()).contains("newuidmap");
  }

  private Packages packages(Distribution distribution, boolean root) {
    return new Packages(new Commands(), Optional.of(distribution), root, this::located);
  }

  private Problem problem(Distribution distribution, boolean root, String name) {
    return catchThrowableOfType(
            ProblemException.class,
            () -> packages(distribution, root).install(List.of(name), progress::add))
        .problem();
  }

  private String located(String program) {
    return directory.resolve(program).toString();
  }

  private void script(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.writeString(file, "#!/bin/sh\ncd " + directory + "\n" + text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void release(String text) throws IOException {
    Files.createDirectories(directory.resolve("etc"));
    Files.writeString(directory.resolve("etc/os-release"), text);
  }
}
