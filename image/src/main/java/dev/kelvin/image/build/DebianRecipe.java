package dev.kelvin.image.build;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.BuildRecipe;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Problem.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A recipe for Debian that was found to be possible.
 *
 * @param size of the disk; whole MiB
 * @param packages all that are to be installed, the basic ones included; sorted, each once
 * @param mirror of the packages; null for the host's own
 */
record DebianRecipe(String suite, ByteSize size, List<String> packages, @Nullable String mirror) {
  private static final List<String> SUITES = List.of("bookworm", "trixie");
  private static final ByteSize LEAST = ByteSize.ofGiB(1);
  private static final ByteSize MOST = ByteSize.ofGiB(2048);

  /** Debian policy, 5.6.7. */
  private static final Pattern PACKAGE = Pattern.compile("[a-z0-9][a-z0-9+.-]{1,80}");

  private static final Pattern MIRROR =
      Pattern.compile("(https?|file)://[A-Za-z0-9._~:/%@+-]{1,500}");

  /**
   * The small kernel without drivers for real hardware; another one that is asked for replaces it.
   */
  private static final String KERNEL = "linux-image-cloud-amd64";

  private static final List<String> BASE =
      List.of(
          // A system that boots.
          "systemd-sysv",
          "dbus",
          "udev",
          "initramfs-tools",
          "zstd",
          "e2fsprogs",
          // Its network and clock.
          "systemd-resolved",
          "systemd-timesyncd",
          "libnss-myhostname",
          "iproute2",
          "iputils-ping",
          "ca-certificates",
          // What sets it up, grows it, and answers the host.
          "cloud-init",
          "cloud-guest-utils",
          "fdisk",
          "qemu-guest-agent",
          // What its users expect.
          "openssh-server",
          "sudo",
          "less",
          "nano");

  /**
   * Checks a recipe.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument, with every fault
   */
  static DebianRecipe of(BuildRecipe recipe) {
    List<Violation> faults = new ArrayList<>();
    if (!recipe.distribution().equals("debian")) {
      faults.add(
          new Violation(
              "build.distribution",
              "images of \"" + recipe.distribution() + "\" cannot be built",
              "write debian, or import the image that the distribution publishes"));
    }
    if (!SUITES.contains(recipe.suite())) {
      faults.add(
          new Violation(
              "build.suite",
              "\"" + recipe.suite() + "\" cannot be built",
              "write one of: " + String.join(", ", SUITES)));
    }
    if (recipe.size().compareTo(LEAST) < 0 || recipe.size().compareTo(MOST) > 0) {
      faults.add(
          new Violation(
              "build.size",
              recipe.size() + " is not possible",
              "write a size from " + LEAST + " to " + MOST + "; a VM's disk can be larger"));
    }
    checkPackages(recipe.packages(), faults);
    String mirror = recipe.mirror();
    if (mirror != null && !MIRROR.matcher(mirror).matches()) {
      faults.add(
          new Violation(
              "build.mirror",
              "\"" + mirror + "\" is no address of a mirror",
              "write one such as http://deb.debian.org/debian"));
    }
    if (!faults.isEmpty()) {
      Violation first = faults.getFirst();
      throw Problem.of(Code.INVALID_ARGUMENT, "The image cannot be built as asked")
          .at(first.field())
          .because(first.cause())
          .remedy(first.remedy())
          .violations(faults)
          .asException();
    }
    ByteSize whole = ByteSize.ofMiB((recipe.size().bytes() + (1 << 20) - 1) >> 20);
    return new DebianRecipe(recipe.suite(), whole, all(recipe.packages()), mirror);
  }

  private static void checkPackages(List<String> packages, List<Violation> faults) {
    for (int i = 0; i < packages.size(); i++) {
      if (!PACKAGE.matcher(packages.get(i)).matches()) {
        faults.add(
            new Violation(
                "build.packages[" + i + "]",
                "\"" + packages.get(i) + "\" is no name of a package",
                "write names such as nginx; versions cannot be chosen"));
      }
    }
  }

  private static List<String> all(List<String> extra) {
    boolean otherKernel = extra.stream().anyMatch(name -> name.startsWith("linux-image-"));
    Stream<String> kernel = otherKernel ? Stream.of() : Stream.of(KERNEL);
    return Stream.of(BASE.stream(), kernel, extra.stream())
        .flatMap(names -> names)
        .distinct()
        .sorted()
        .toList();
  }

  /** What the image's ids depend on besides its packages. */
  String key() {
    return "debian " + suite + " " + size;
  }
}
