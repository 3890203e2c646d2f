package dev.kelvin.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.Event;
import dev.kelvin.model.GuestInfo;
import dev.kelvin.model.Image;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.Problem;
import dev.kelvin.model.PublishedImage;
import dev.kelvin.model.StateReport;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmIsolation;
import dev.kelvin.model.Volume;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a daemon answers is read as {@link Documents} read it. */
class AnswersTest {
  static Stream<Class<?>> types() {
    return Stream.of(
        Vm.class,
        Image.class,
        Volume.class,
        Task.class,
        Event.class,
        NodeInfo.class,
        DoctorReport.class,
        GuestInfo.class,
        VmIsolation.class,
        PublishedImage.class,
        StateReport.class,
        Problem.class);
  }

  @ParameterizedTest
  @MethodSource("types")
  void readsAllThatDocumentsRead(Class<?> type) throws Exception {
    for (int round = 0; round < 12; round++) {
      Object value = Objects.requireNonNull(filled(type, round));
      byte[] json = Documents.json(value);
      assertThat((Object) Documents.readTrusted(json, type)).isEqualTo(value);
      assertThat((Object) Answers.read(json, type)).isEqualTo(value);
      assertThat(Answers.list(("{\"items\":[" + text(json) + "]}").getBytes(UTF_8), type).items())
          .isEqualTo(List.of(value));
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void passesOverWhatItDoesNotKnowAndDoesWithoutWhatIsNotThere(Class<?> type) throws Exception {
    JsonNode full = Documents.tree(Objects.requireNonNull(filled(type, 0)));
    var variants = new ArrayList<JsonNode>();
    variants.add(Documents.tree("{}".getBytes(UTF_8)));
    variants.add(strange(full.deepCopy()));
    for (String field : full.propertyNames()) {
      variants.add(((ObjectNode) full.deepCopy()).remove(List.of(field)));
      variants.add(((ObjectNode) full.deepCopy()).putNull(field));
    }
    for (JsonNode variant : variants) {
      byte[] json = Documents.json(variant);
      assertThat(outcome(() -> Answers.read(json, type)))
          .as(text(json))
          .isEqualTo(outcome(() -> Documents.readTrusted(json, type)));
    }
  }

  /** With fields that are not known in every object. */
  private static JsonNode strange(JsonNode node) {
    node.forEach(AnswersTest::strange);
    if (node instanceof ObjectNode object) {
      ArrayNode list = object.putArray("notKnown");
      list.addObject().put("more", 1.5).putNull("none");
      list.add("text");
    }
    return node;
  }

  /** What came of it; all refusals are alike. */
  private static Object outcome(java.util.function.Supplier<Object> read) {
    try {
      return read.get();
    } catch (JacksonException | UnreadableAnswer e) {
      return "refused";
    }
  }

  @Test
  void readsPages() {
    String page =
        """
        {"asOf": "2026-11-30T08:00:00.5Z", "more": {"x": [1]}, "revision": 17, "next": "b",
         "items": [{"reason": "shutdown", "at": "2026-11-30T08:00:00Z"}]}
        """;
    var exit = dev.kelvin.model.VmStatus.Exit.class;
    var read = Answers.list(page.getBytes(UTF_8), exit);

    assertThat(read.items()).extracting("reason").asString().contains("SHUTDOWN");
    assertThat(read.next()).isEqualTo("b");
    assertThat(read.revision()).isEqualTo(17);
    assertThat(read.asOf()).isEqualTo(Instant.parse("2026-11-30T08:00:00.5Z"));
    assertThat(Answers.list("{\"next\":null}".getBytes(UTF_8), exit))
        .isEqualTo(new Answers.Listing<>(List.of(), null, 0, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "[]",
        "{",
        "{\"items\":[",
        "{\"items\":[{\"status\":{\"phase\":\"nonsense\"}}]}",
        "{\"items\":[{\"status\":{\"since\":\"yesterday\"}}]}",
        "{\"items\":[{\"status\":{\"since\":\"2026-02-30T00:00:00Z\"}}]}",
        "{\"items\":[{\"status\":{\"pid\":12.5}}]}",
        "{\"items\":[{\"status\":{\"pid\":\"12\"}}]}",
        "{\"items\":[{\"metadata\":{\"name\":\"a\nb\"}}]}",
        "{\"items\":[{\"metadata\":{\"name\":\"\\u12\"}}]}",
        "{\"items\":[{\"metadata\":{\"name\":\"\\x\"}}]}",
        "{\"items\":[{\"metadata\":{\"name\":\"web",
        "{\"items\":[{\"metadata\":{\"name\":12}}]}",
        "{\"items\":[{\"spec\":{\"rng\":\"true\"}}]}",
        "{\"items\":[{\"spec\":{\"rng\":truth}}]}",
        "{\"items\":[{}{}]}",
        "{\"items\":[{} ]",
        "{\"items\" [{}]}",
        "{\"items\":[nul]}",
        "{\"items\":{}}",
        "{\"none\":nothing}",
        "{\"items\":[{\"spec\":{\"memory\":{\"size\":\"much\"}}}]}"
      })
  void whatCannotBeReadIsToldSo(String text) {
    assertThatThrownBy(() -> Answers.list(text.getBytes(UTF_8), Vm.class))
        .isInstanceOf(UnreadableAnswer.class);
  }

  @Test
  void whatIsPassedOverMayNotBeNestedWithoutEnd() {
    String deep = "{\"none\":" + "[".repeat(100_000);
    assertThatThrownBy(() -> Answers.list(deep.getBytes(UTF_8), Vm.class))
        .isInstanceOf(UnreadableAnswer.class)
        .hasMessageContaining("nested");
  }

  @Test
  void readsAllEscapesAndAnyOrderOfFields() {
    String json =
        """
        { "labels" : { "a\\/b" : "\\b\\f\\n\\r\\t\\"\\\\\\u20ac\\ud83d\\ude00 \u20ac" } ,
          "n\\u0061me" : "web" , "none" : [ { "x" : [ 1e5 , -0.5 , true , null , { } ] } ] , "id" : "1" }
        """;
    var read = Answers.read(json.getBytes(UTF_8), dev.kelvin.model.Metadata.class);

    assertThat(read)
        .isEqualTo(Documents.readTrusted(json.getBytes(UTF_8), dev.kelvin.model.Metadata.class));
    assertThat(read.name()).isEqualTo("web");
    assertThat(read.labels()).containsEntry("a/b", "\b\f\n\r\t\"\\\u20ac\ud83d\ude00 \u20ac");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-11-30T08:09:10Z",
        "2026-11-30T08:09:10.5Z",
        "2026-11-30T08:09:10.123456789Z",
        "1969-12-31T23:59:59.000000001Z",
        "0000-01-01T00:00:00Z",
        "2024-02-29T12:00:00Z",
        "2026-11-30T08:09:10.Z",
        "2026-11-30T08:09:60Z",
        "2026-11-30T24:00:00Z",
        "2026-11-30T25:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-30T08:09:10+01:00",
        "2026-11-30T08:09Z",
        "-2026-11-30T08:09:10Z",
        "+12026-11-30T08:09:10Z",
        "2026-11-30T08:09:10.1234567890Z",
        "2026-11-30t08:09:10z",
        "2026/11/30T08:09:10Z",
        ""
      })
  void readsTimesAsTheJdkDoes(String text) {
    assertThat(instant(() -> Instants.parse(text))).isEqualTo(instant(() -> Instant.parse(text)));
  }

  private static Object instant(java.util.function.Supplier<Instant> parsed) {
    try {
      return parsed.get();
    } catch (java.time.DateTimeException e) {
      return "refused";
    }
  }

  private static final java.nio.charset.Charset UTF_8 = StandardCharsets.UTF_8;

  private static String text(byte[] json) {
    return new String(json, UTF_8);
  }

  /** An object with a value in every field; another round has other ones. */
  private static @Nullable Object filled(Type type, int round) throws Exception {
    if (type instanceof ParameterizedType generic) {
      Type last = generic.getActualTypeArguments()[generic.getActualTypeArguments().length - 1];
      Object one = Objects.requireNonNull(filled(last, round));
      return generic.getRawType() == List.class ? List.of(one) : Map.of("key \"é\"", one);
    } else if (type == String.class) {
      return "a \"text\" \u20ac\n" + round;
    } else if (type == int.class || type == Integer.class) {
      return round + 1;
    } else if (type == long.class || type == Long.class) {
      return Integer.MAX_VALUE + 1L + round;
    } else if (type == boolean.class || type == Boolean.class) {
      return round % 2 == 0;
    } else if (type == double.class || type == Double.class) {
      return round + 0.25;
    } else if (type == Instant.class) {
      return Instant.parse("2026-11-30T08:09:10.123456789Z").plusSeconds(round);
    } else if (type == ByteSize.class) {
      return new ByteSize(1536L << round);
    }
    var known = (Class<?>) type;
    if (known.isEnum()) {
      Object[] constants = known.getEnumConstants();
      return constants[round % constants.length];
    }
    RecordComponent[] components = known.getRecordComponents();
    var values = new @Nullable Object[components.length];
    for (int i = 0; i < components.length; i++) {
      values[i] = filled(components[i].getGenericType(), round);
    }
    var constructor =
        known.getDeclaredConstructor(
            Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
    constructor.setAccessible(true);
    return constructor.newInstance(values);
  }
}
