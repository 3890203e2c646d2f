package dev.kelvin.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.host.launch.CellConfiner;
import dev.kelvin.host.program.Commands;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every storage driver must do. A driver's test inherits all of it. */
abstract class StorageDriverConformance {
  static final ByteSize SMALL = ByteSize.ofMiB(8);
  static final ByteSize LARGE = ByteSize.ofMiB(64);

  @TempDir Path images;
  StorageDriver driver;
  Path image;

  /** A driver on a medium that is empty; called again in the same test, one on the same medium. */
  abstract StorageDriver open() throws Exception;

  /** What the medium has besides volumes: must be nothing whenever a method has ended. */
  abstract List<String> leftovers() throws Exception;

  @BeforeEach
  void prepare() throws Exception {
    driver = open();
    // Where images are kept, every VM's user may read them.
    Files.setPosixFilePermissions(images, PosixFilePermissions.fromString("rwx--x--x"));
    image = images.resolve("base.qcow2");
    new QemuImg(new Commands(), CellConfiner.ofHost())
        .create(image, QemuImg.Target.of("qcow2"), SMALL, null);
  }

  static void assertProblem(Code code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo(code);
              assertThat(e.problem().object()).isNotBlank();
              assertThat(e.problem().cause()).isNotBlank();
              assertThat(e.problem().remedy()).isNotBlank();
            });
  }

  @Test
  void isProvenByUse() throws Exception {
    driver.check();
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void makesAVolumeThatCanBeFound() throws Exception {
    StoredVolume made = driver.create("vm1-root", SMALL);

    assertThat(made.id()).isEqualTo("vm1-root");
    assertThat(made.size()).isEqualTo(SMALL);
    assertThat(made.backing()).isNull();
    assertThat(made.path()).isAbsolute();
    assertThat(driver.find("vm1-root")).contains(made);
    assertThat(driver.list()).containsExactly(made);
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void findsNothingWhereNothingIs() {
    assertThat(driver.find("vm1-root")).isEmpty();
    assertThat(driver.list()).isEmpty();
  }

  @Test
  void thinVolumesTakeLessThanTheirSize() {
    if (driver.capabilities().contains(Capability.THIN)) {
      StoredVolume made = driver.create("vm1-root", ByteSize.ofGiB(64));
      assertThat(made.allocated()).isLessThan(ByteSize.ofMiB(2));
    }
  }

  @Test
  void makingAgainGivesTheSameVolume() {
    StoredVolume first = driver.create("vm1-root", SMALL);
    assertThat(driver.create("vm1-root", SMALL)).isEqualTo(first);
    assertThat(driver.list()).hasSize(1);
  }

  @Test
  void makingAnotherOfTheSameNameIsRefused() {
    StoredVolume first = driver.create("vm1-root", SMALL);
    assertProblem(Code.ALREADY_EXISTS, () -> driver.create("vm1-root", LARGE));
    assertProblem(Code.ALREADY_EXISTS, () -> driver.cloneImage("vm1-root", image, null));
    assertThat(driver.list()).containsExactly(first);
  }

  @Test
  void twoWhoMakeTheSameVolumeGetOne() throws Exception {
    List<Callable<StoredVolume>> both =
        List.of(() -> driver.create("vm1-root", SMALL), () -> driver.create("vm1-root", SMALL));
    List<StoredVolume> made = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<StoredVolume> future : threads.invokeAll(both)) {
        made.add(future.get());
      }
    }
    assertThat(made.get(0)).isEqualTo(made.get(1));
    assertThat(driver.list()).hasSize(1);
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void cloneHasTheImagesSizeUnlessTold() {
    assertThat(driver.cloneImage("vm1-root", image, null).size()).isEqualTo(SMALL);
    assertThat(driver.cloneImage("vm2-root", image, LARGE).size()).isEqualTo(LARGE);
    assertThat(driver.cloneImage("vm2-root", image, LARGE).backing()).isEqualTo(image);
    assertThat(driver.list()).extracting(StoredVolume::id).containsExactly("vm1-root", "vm2-root");
  }

  @Test
  void cloneDoesNotChangeItsImage() throws Exception {
    byte[] before = Files.readAllBytes(image);
    driver.cloneImage("vm1-root", image, LARGE);
    driver.resize("vm1-root", ByteSize.ofMiB(128));
    driver.delete("vm1-root");
    assertThat(Files.readAllBytes(image)).isEqualTo(before);
  }

  @Test
  void cloneSmallerThanItsImageIsRefused() throws Exception {
    assertProblem(
        Code.INVALID_ARGUMENT, () -> driver.cloneImage("vm1-root", image, ByteSize.ofMiB(4)));
    assertThat(driver.list()).isEmpty();
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void cloneOfWhatIsNoImageIsRefused() throws Exception {
    Path text = Files.writeString(images.resolve("notes.txt"), "no disk");
    assertProblem(Code.INVALID_ARGUMENT, () -> driver.cloneImage("vm1-root", text, null));
    assertProblem(
        Code.HOST_FAILURE, () -> driver.cloneImage("vm1-root", images.resolve("absent"), null));
    Path chained = images.resolve("chained.qcow2");
    new QemuImg(new Commands(), CellConfiner.ofHost())
        .create(chained, QemuImg.Target.of("qcow2"), null, image);
    assertProblem(Code.INVALID_ARGUMENT, () -> driver.cloneImage("vm1-root", chained, null));
    assertThat(driver.list()).isEmpty();
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void grows() {
    driver.create("vm1-root", SMALL);
    assertThat(driver.resize("vm1-root", LARGE).size()).isEqualTo(LARGE);
    assertThat(driver.resize("vm1-root", LARGE).size()).isEqualTo(LARGE);
  }

  @Test
  void doesNotShrink() {
    driver.create("vm1-root", LARGE);
    assertProblem(Code.INVALID_ARGUMENT, () -> driver.resize("vm1-root", SMALL));
    assertThat(driver.find("vm1-root").orElseThrow().size()).isEqualTo(LARGE);
  }

  @Test
  void resizingNothingIsRefused() {
    assertProblem(Code.NOT_FOUND, () -> driver.resize("vm1-root", SMALL));
    assertProblem(Code.NOT_FOUND, () -> driver.grant("vm1-root", null));
  }

  @Test
  void deletesAndDeletesAgain() throws Exception {
    driver.create("vm1-root", SMALL);
    driver.delete("vm1-root");
    driver.delete("vm1-root");
    assertThat(driver.find("vm1-root")).isEmpty();
    assertThat(driver.list()).isEmpty();
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void volumesSurviveAReopening() throws Exception {
    StoredVolume made = driver.create("vm1-root", SMALL);
    assertThat(open().list()).containsExactly(made);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "../vm1", "vm1/root", ".", "..", ".new-x", "Vm1", "vm 1", "-x", "vm1\n", "ä"})
  void impossibleNamesAreRefused(String id) throws Exception {
    assertProblem(Code.INVALID_ARGUMENT, () -> driver.create(id, SMALL));
    assertProblem(Code.INVALID_ARGUMENT, () -> driver.cloneImage(id, image, null));
    assertProblem(Code.INVALID_ARGUMENT, () -> driver.find(id));
    assertProblem(Code.INVALID_ARGUMENT, () -> driver.delete(id));
    assertThat(driver.list()).isEmpty();
    assertThat(leftovers()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 511, 513, Long.MAX_VALUE, Long.MAX_VALUE - 511, 1L << 60})
  void impossibleSizesAreRefused(long bytes) throws Exception {
    assertProblem(Code.INVALID_ARGUMENT, () -> driver.create("vm1-root", new ByteSize(bytes)));
    assertThat(driver.list()).isEmpty();
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void anInterruptedCallLeavesNothingAndKeepsTheInterruption() throws Exception {
    Thread.currentThread().interrupt();
    try {
      assertProblem(Code.CANCELLED, () -> driver.create("vm1-root", SMALL));
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      Thread.interrupted();
    }
    assertThat(driver.list()).isEmpty();
    assertThat(leftovers()).isEmpty();
  }
}
