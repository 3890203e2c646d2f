package dev.kelvin.it.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;

/** The Debian package of the classes under test, made once for all tests that want it. */
public final class BuiltPackage {
  private static final Path DIST = Path.of("../dist/target");
  public static final String VERSION = "0.1.0-1";

  private BuiltPackage() {}

  /** The package; it stays in {@code target} until a class changes. */
  public static Path obtain() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/dpkg-deb")), "there is no dpkg-deb");
    Path place = Path.of("target", "package-" + TestClasses.key()).toAbsolutePath();
    Path deb = place.resolve("kelvin_" + VERSION + ".deb");
    TestClasses.once(place, "package-", deb, () -> make(place, deb));
    return deb;
  }

  private static void make(Path place, Path deb) throws IOException, InterruptedException {
    Path log = place.resolve("packager.log");
    Path unfinished = place.resolve("unfinished.deb");
    Path work = place.resolve("work");
    Process packager =
        new ProcessBuilder(
                TestDaemon.java(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.kelvin.dist.Packager",
                work.toString(),
                unfinished.toString(),
                VERSION,
                "../docs",
                DIST.resolve("cli.classpath").toString(),
                DIST.resolve("daemon.classpath").toString(),
                DIST.resolve("etcd.classpath").toString(),
                DIST.resolve("kelvin-dist-0.1.0.jar").toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean ended = packager.waitFor(8, TimeUnit.MINUTES);
    // One that is too late has others work for it, which would go on.
    packager.descendants().forEach(ProcessHandle::destroyForcibly);
    packager.destroyForcibly();
    assertThat(ended && packager.exitValue() == 0).as(Files.readString(log)).isTrue();
    TestClasses.deleteTree(work);
    Files.move(unfinished, deb, StandardCopyOption.ATOMIC_MOVE);
  }
}
