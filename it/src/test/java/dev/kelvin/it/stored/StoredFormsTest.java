package dev.kelvin.it.stored;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.backup.StateScan;
import dev.kelvin.state.engine.MemoryStore;
import dev.kelvin.state.store.Collection;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Reads what every version of every collection has stored. For each version there is a document
 * ({@code vN.json}) and the fields of its type ({@code vN.shape}); {@code -Dkelvin.fixtures=write}
 * makes those of a new version, and never changes those that are there. Fields that a version got
 * later are added to its shape by hand, and have a document beside ({@code vN-WHAT.json}).
 *
 * <p>A type may get fields that old documents can be without. Anything else (a field that goes, is
 * renamed or has another type, a word of an enum that goes) needs a new version and what makes it
 * of the old one.
 */
class StoredFormsTest {
  private static final Path FIXTURES = Path.of("src/test/resources/dev/kelvin/it/stored");

  @BeforeAll
  static void writeWhatIsNewIfAsked() throws IOException {
    if ("write".equals(System.getProperty("kelvin.fixtures"))) {
      for (Collection.Form<?> form : Samples.forms()) {
        write(form);
      }
    }
  }

  static Stream<Collection.Form<?>> forms() {
    return Samples.forms().stream();
  }

  private static Path fixture(Collection.Form<?> form, int version, String kind) {
    return fixtures(form).resolve("v" + version + "." + kind);
  }

  private static Path fixtures(Collection.Form<?> form) {
    return FIXTURES.resolve(form.prefix().replace("/", ""));
  }

  @ParameterizedTest
  @MethodSource("forms")
  void everyVersionIsKeptAndCanBeRead(Collection.Form<?> form) throws IOException {
    for (int version = 1; version <= form.version(); version++) {
      Path file = fixture(form, version, "json");
      assertThat(file)
          .as("version %d of %s has no document: see this class", version, form.prefix())
          .exists();
      for (Path one : documents(form, version)) {
        byte[] stored = Files.readAllBytes(one);
        assertThat(Documents.tree(stored).get("v").asInt()).as(one.toString()).isEqualTo(version);
        JsonNode again = Documents.tree(Documents.json(read(form, stored)));
        if (version == form.version()) {
          assertContains(one.toString(), again, Documents.tree(stored).get("doc"));
        }
      }
    }
  }

  private static List<Path> documents(Collection.Form<?> form, int version) throws IOException {
    Path directory = fixtures(form);
    try (var all = Files.newDirectoryStream(directory, "v" + version + "{,-*}.json")) {
      var found = new ArrayList<Path>();
      all.forEach(found::add);
      return found;
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void aTypeThatChangesHasANewVersion(Collection.Form<?> form) throws IOException {
    java.util.Set<String> now = form.type().isRecord() ? Shape.of(form.type()) : java.util.Set.of();
    Path file = fixture(form, form.version(), "shape");
    List<String> then = Files.readAllLines(file);
    assertThat(now)
        .as(
            "%s has lost or changed what its version %d has: raise the version of its form, add the"
                + " upgrade, and have its fixtures written (see this class)",
            form.type().getSimpleName(), form.version())
        .containsAll(then);
  }

  @ParameterizedTest
  @MethodSource("forms")
  void aNewerVersionIsRefused(Collection.Form<?> form) {
    byte[] newer =
        ("{\"v\":" + (form.version() + 1) + ",\"doc\":{}}").getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> read(form, newer))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("newer Kelvin")
        .hasMessageContaining(form.prefix());
  }

  /**
   * A form is made by a method that does nothing else; each of these has a document here, and is
   * read by the check of the state.
   */
  @Test
  void everyFormIsKeptHereAndChecked() {
    JavaClasses classes = new ClassFileImporter().importPackages("dev.kelvin");
    var made = new TreeSet<String>();
    var checked = new TreeSet<String>();
    for (JavaClass type : classes) {
      if (type.isEquivalentTo(Collection.class) || type.isEquivalentTo(Collection.Form.class)) {
        continue;
      }
      boolean checks = calls(type).anyMatch(call -> call.getName().equals("documents"));
      for (JavaMethodCall call : type.getMethodCallsFromSelf()) {
        boolean form = call.getTarget().getRawReturnType().isEquivalentTo(Collection.Form.class);
        boolean first = call.getTargetOwner().isEquivalentTo(Collection.Form.class);
        if (form && first && inProduct(type)) {
          made.add(call.getOrigin().getFullName());
        } else if (form && checks) {
          checked.add(call.getTarget().getFullName());
        }
      }
    }
    assertThat(made).as("has its documents kept (see Samples)").hasSize(Samples.forms().size());
    assertThat(checked).as("is read by the check of the state").containsAll(made);
  }

  private static Stream<JavaMethodCall> calls(JavaClass type) {
    return type.getMethodCallsFromSelf().stream()
        .filter(call -> call.getTargetOwner().isEquivalentTo(StateScan.class));
  }

  private static boolean inProduct(JavaClass type) {
    String place = type.getSource().orElseThrow().getUri().toString();
    return !place.contains("/test-classes/") && !place.contains("-tests.jar!");
  }

  /** The checks find what they are there to find. */
  @Test
  void aChangedTypeIsFound() {
    record Old(String name, int size, List<String> tags) {}
    record Renamed(String title, int size, List<String> tags) {}
    record Retyped(String name, String size, List<String> tags) {}
    record Grown(String name, int size, List<String> tags, Map<String, Integer> more) {}
    java.util.Set<String> old = Shape.of(Old.class);
    assertThat(Shape.of(Grown.class)).containsAll(old);
    assertThat(Shape.of(Renamed.class).containsAll(old)).isFalse();
    assertThat(Shape.of(Retyped.class).containsAll(old)).isFalse();
    JsonNode doc = Documents.tree(new Old("a", 1, List.of("b")));
    assertContains("", Documents.tree(new Grown("a", 1, List.of("b"), Map.of())), doc);
    assertThatThrownBy(
            () -> assertContains("", Documents.tree(new Renamed("a", 1, List.of("b"))), doc))
        .isInstanceOf(AssertionError.class);
  }

  private static Object read(Collection.Form<?> form, byte[] stored) {
    try (Store store = new MemoryStore()) {
      var entry = new Entry(form.prefix() + "x", stored, 2, 2, 1, null);
      return new Collection<>(store, form).read(entry).value();
    }
  }

  /** Every field of a document is still there, with what it had. */
  private static void assertContains(String path, JsonNode now, JsonNode then) {
    if (then.isObject()) {
      then.properties()
          .forEach(field -> {
            assertThat(now.get(field.getKey())).as(path + "." + field.getKey()).isNotNull();
            assertContains(path + "." + field.getKey(), now.get(field.getKey()), field.getValue());
          });
    } else if (then.isArray()) {
      assertThat(now.size()).as(path).isEqualTo(then.size());
      for (int i = 0; i < then.size(); i++) {
        assertContains(path + "[" + i + "]", now.get(i), then.get(i));
      }
    } else {
      assertThat(now).as(path).isEqualTo(then);
    }
  }

  private static void write(Collection.Form<?> form) throws IOException {
    Path document = fixture(form, form.version(), "json");
    if (!Files.exists(document)) {
      Files.createDirectories(document.getParent());
      Files.write(document, java.util.Objects.requireNonNull(Samples.stored().get(form.prefix())));
      java.util.Set<String> shape =
          form.type().isRecord() ? Shape.of(form.type()) : java.util.Set.of();
      Files.write(fixture(form, form.version(), "shape"), shape);
    }
  }
}
