package dev.kelvin.image.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.kelvin.image.ImageStore;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.ImagePhase;
import dev.kelvin.model.Image.ImageSpec;
import dev.kelvin.model.Image.Origin;
import dev.kelvin.model.Metadata;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Op;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Txn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageCatalogueTest {
  private static final ImageSpec ISO = new ImageSpec(Origin.IMPORT, null, Format.ISO);

  @TempDir private Path directory;
  private final Map<String, List<String>> users = new HashMap<>();
  private final Map<Path, List<String>> volumes = new HashMap<>();
  private Store store;
  private ImageStore files;
  private ImageCatalogue catalogue;

  @BeforeEach
  void open() {
    store = SqliteStore.open(directory.resolve("store.db"));
    files = new ImageStore(directory.resolve("images"));
    catalogue =
        new ImageCatalogue(
            store,
            files,
            () -> users,
            file -> volumes.getOrDefault(file, List.of()),
            Clock.systemUTC());
  }

  @AfterEach
  void close() {
    store.close();
  }

  private Metadata begin(String name) {
    var metadata = new Metadata(name, "id-" + name, Map.of(), 0, Instant.EPOCH);
    catalogue.begin(metadata, ISO);
    return metadata;
  }

  private void make(String name, String content) throws IOException {
    begin(name);
    Path file = Files.createDirectories(files.workDir("t-" + name)).resolve("received");
    Files.writeString(file, content);
    catalogue.finish(name, file, Format.ISO, seal(file), null, List.of());
  }

  private String seal(Path file) {
    try {
      return files.seal(file, ProgressSink.none());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void refused(Code code, ThrowingCallable call) {
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(call)
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(code));
  }

  @Test
  void anImageIsUsedOnlyWhenItIsReady() throws IOException {
    begin("tools");
    refused(Code.WRONG_STATE, () -> catalogue.file("tools", Format.ISO));
    refused(Code.WRONG_STATE, () -> catalogue.unchanged("tools"));
    refused(Code.WRONG_STATE, () -> catalogue.markDeleting("tools"));
    make("other", "content");
    assertThat(catalogue.file("other", Format.ISO)).hasContent("content");
    refused(Code.INVALID_ARGUMENT, () -> catalogue.file("other", Format.QCOW2));
    refused(Code.NOT_FOUND, () -> catalogue.file("nothing", Format.ISO));
  }

  @Test
  void aNameBelongsToOneImage() {
    Metadata mine = begin("tools");
    catalogue.begin(mine, ISO);
    var other = new Metadata("tools", "id-2", Map.of(), 0, Instant.EPOCH);
    refused(Code.ALREADY_EXISTS, () -> catalogue.begin(other, ISO));
    refused(Code.ALREADY_EXISTS, () -> catalogue.requireFree("tools"));
  }

  @Test
  void anImageInUseIsNotDeletedAndStaysReady() throws IOException {
    make("tools", "content");
    users.put("tools", List.of("web1"));
    refused(Code.CONFLICT, () -> catalogue.markDeleting("tools"));
    assertThat(catalogue.get("tools").status().phase()).isEqualTo(ImagePhase.READY);
    assertThat(catalogue.get("tools").status().usedBy()).containsExactly("web1");
  }

  @Test
  void anImageThatIsDamagedIsDeletedAndAFileWithVolumesOnItStays() throws IOException {
    make("tools", "content");
    make("whole", "other content");
    Path used = files.path(digestOf("tools"), Format.QCOW2);
    Path iso = files.path(digestOf("tools"), Format.ISO);
    for (String name : List.of("tools", "second")) {
      store.commit(Txn.of(Op.put("/images/" + name, new byte[] {'{'})));
    }
    refused(Code.HOST_FAILURE, () -> catalogue.get("tools"));
    refused(Code.HOST_FAILURE, () -> catalogue.requireFree("tools"));
    assertThat(catalogue.damaged())
        .extracting(Problem::object)
        .containsExactly("image/second", "image/tools");
    assertThat(catalogue.list()).hasSize(1);

    users.put("tools", List.of("web1"));
    refused(Code.CONFLICT, () -> catalogue.requireUnusedBy("tools"));
    users.clear();
    catalogue.requireUnusedBy("tools");
    assertThat(catalogue.removeDamaged("tools")).contains("stays until no image is damaged");
    assertThat(iso).exists();
    volumes.put(used, List.of("vm-root"));
    assertThat(catalogue.removeDamaged("second")).contains("volumes lie on them", used.toString());
    assertThat(iso).exists();
    catalogue.requireFree("tools");
    volumes.clear();
    files.cleanWork(Set.of());
    catalogue.clearUnfinished();
    assertThat(iso).exists();
    assertThat(catalogue.unknown())
        .extracting(Problem::remedy)
        .anySatisfy(remedy -> assertThat(remedy).contains(iso.toString()));
    assertThat(catalogue.file("whole", Format.ISO)).exists();
  }

  @Test
  void aFileThatWasTakenInBeforeADaemonDiedIsTakenInByTheNext() throws IOException {
    begin("tools");
    Path file = Files.createDirectories(files.workDir("t")).resolve("received");
    Files.writeString(file, "content");
    files.adopt(file, Format.ISO, seal(file));
    // The image is not ready, so what was taken in is nobody's.
    catalogue.clearUnfinished();
    catalogue.finish("tools", file, Format.ISO, seal(file), null, List.of());
    assertThat(catalogue.file("tools", Format.ISO)).hasContent("content");
  }

  private String digestOf(String image) {
    return Objects.requireNonNull(catalogue.get(image).status().digest());
  }

  @Test
  void anImageThatVolumesLieOnIsNotDeletedUnlessAnotherHasItsFile() throws IOException {
    make("tools", "content");
    volumes.put(catalogue.file("tools", Format.ISO), List.of("0a-data"));
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> catalogue.markDeleting("tools"))
        .satisfies(e -> assertThat(e.problem().code()).isEqualTo(Code.CONFLICT))
        .satisfies(e -> assertThat(e.problem().cause()).contains("0a-data"));
    assertThat(catalogue.get("tools").status().phase()).isEqualTo(ImagePhase.READY);
    make("same", "content");
    catalogue.markDeleting("tools");
    assertThat(catalogue.get("tools").status().phase()).isEqualTo(ImagePhase.DELETING);
  }

  @Test
  void whoCountsOnAnImageFailsOnceItIsBeingDeleted() throws IOException {
    make("tools", "content");
    var unchanged = catalogue.unchanged("tools");
    var check = new Txn(List.of(unchanged), List.of(), List.of());
    assertThat(store.commit(check).succeeded()).isTrue();
    catalogue.markDeleting("tools");
    assertThat(store.commit(check).succeeded()).isFalse();
  }

  @Test
  void imagesWithTheSameContentShareAFileUntilTheLastIsGone() throws IOException {
    make("one", "same");
    make("two", "same");
    Path file = catalogue.file("one", Format.ISO);
    assertThat(catalogue.file("two", Format.ISO)).isEqualTo(file);
    catalogue.remove("one", "id-one");
    assertThat(file).exists();
    catalogue.remove("two", "id-two");
    assertThat(file).doesNotExist();
    catalogue.remove("two", "id-two");
  }

  @Test
  void filesThatNoImageHadYetAreCleared() throws IOException {
    make("kept", "kept");
    Path orphan = Files.createDirectories(files.workDir("t")).resolve("orphan");
    Files.writeString(orphan, "orphan");
    files.adopt(orphan, Format.ISO, seal(orphan));
    assertThat(files.digests()).hasSize(2);
    assertThat(catalogue.unknown()).isEmpty();
    catalogue.clearUnfinished();
    assertThat(files.digests()).hasSize(1);
    assertThat(catalogue.file("kept", Format.ISO)).exists();
  }

  @Test
  void theFilesOfALostStoreStayAndAreNamed() throws IOException {
    make("tools", "content");
    Path file = catalogue.file("tools", Format.ISO);
    files.cleanWork(Set.of());
    try (var empty = SqliteStore.open(directory.resolve("empty.db"))) {
      var after =
          new ImageCatalogue(empty, files, () -> users, one -> List.of(), Clock.systemUTC());
      after.clearUnfinished();
      assertThat(file).exists();
      assertThat(after.unknown())
          .singleElement()
          .satisfies(problem -> {
            assertThat(problem.cause()).contains(file.toString());
            assertThat(problem.remedy()).contains("kelvin image import " + file + " --name NAME");
          });
      // What it says.
      Path sent = Files.createDirectories(files.workDir("again")).resolve("received");
      Files.copy(file, sent);
      after.begin(new Metadata("again", "id-again", Map.of(), 0, Instant.EPOCH), ISO);
      after.finish("again", sent, Format.ISO, seal(sent), null, List.of());
      assertThat(after.unknown()).isEmpty();
      assertThat(after.file("again", Format.ISO)).isEqualTo(file);
    }
  }

  @Test
  void aFileThatWasToBeDeletedWhenADaemonDiedIsDeletedByTheNextUnlessItsImageIsThere()
      throws IOException {
    make("tools", "content");
    Path file = catalogue.file("tools", Format.ISO);
    String digest = digestOf("tools");
    files.setAside(digest, Format.ISO);
    catalogue.clearUnfinished();
    assertThat(file).hasContent("content");
    files.setAside(digest, Format.ISO);
    store.commit(Txn.of(List.of(Op.delete("/images/tools"))));
    catalogue.clearUnfinished();
    assertThat(file).doesNotExist();
    assertThat(files.aside()).isEmpty();
  }
}
