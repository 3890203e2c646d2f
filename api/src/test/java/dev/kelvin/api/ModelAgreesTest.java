package dev.kelvin.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.DoctorReport;
import dev.kelvin.model.Event;
import dev.kelvin.model.Image;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.VmIsolation;
import dev.kelvin.model.Volume;
import dev.kelvin.model.WireName;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Holds the records of the model against the schemas of the OpenAPI document. */
class ModelAgreesTest {
  private static final Spec SPEC = Spec.load();

  /** Types whose name in the document says more than their name in the model. */
  private static final Map<String, String> NAMES =
      Map.of("Origin", "ImageOrigin", "Format", "ImageFormat");

  /** The model reads 0 for a missing guest port, so that the refusal can name the field. */
  private static final Set<String> REQUIRED_IN_SPITE_OF_A_DEFAULT = Set.of("PortForward.guestPort");

  /** What is left out there is chosen by the spec around it; see {@code Presets}. */
  private static final Set<String> CHOSEN_BY_THE_SPEC =
      Set.of(
          "Cpu.hyperv",
          "Firmware.type",
          "Disk.bus",
          "Disk.ioThread",
          "Cdrom.bus",
          "Nic.model",
          "Graphics.model",
          "Graphics.tablet",
          "Graphics.keyboard",
          "Clock.base",
          "Clock.hpet",
          "Clock.catchUp");

  static Stream<Class<?>> types() {
    var found = new LinkedHashSet<Class<?>>();
    for (Class<?> root :
        List.of(
            Vm.class,
            Image.class,
            Volume.class,
            Task.class,
            Event.class,
            NodeInfo.class,
            DoctorReport.class,
            VmIsolation.class,
            Problem.class)) {
      collect(root, found);
    }
    return found.stream();
  }

  private static void collect(Class<?> type, Set<Class<?>> found) {
    if (type == ByteSize.class || (!type.isRecord() && !type.isEnum()) || !found.add(type)) {
      return;
    }
    if (type.isRecord()) {
      for (RecordComponent component : type.getRecordComponents()) {
        collect(component.getType(), found);
        if (component.getGenericType() instanceof ParameterizedType list) {
          for (Type argument : list.getActualTypeArguments()) {
            collect((Class<?>) argument, found);
          }
        }
      }
    }
  }

  private static Set<Class<?>> inputs() {
    var found = new LinkedHashSet<Class<?>>();
    collect(Vm.class, found);
    collect(Image.BuildRecipe.class, found);
    return found;
  }

  private static String schemaName(Class<?> type) {
    return NAMES.getOrDefault(type.getSimpleName(), type.getSimpleName());
  }

  @ParameterizedTest
  @MethodSource("types")
  void theDocumentHasTheSameWords(Class<?> type) throws Exception {
    JsonNode schema = SPEC.schema(schemaName(type));
    assertThat(schema.isObject()).as("schema %s", schemaName(type)).isTrue();
    if (type.isEnum()) {
      List<String> names = new ArrayList<>();
      for (Object constant : type.getEnumConstants()) {
        names.add(((WireName) constant).wire());
      }
      // A version may be written as a text and as a number, which read the same.
      assertThat(Spec.texts(schema.path("enum")).stream().distinct().toList()).isEqualTo(names);
      return;
    }
    List<RecordComponent> components = List.of(type.getRecordComponents());
    assertThat(schema.path("properties").propertyNames())
        .as("fields of %s", type.getSimpleName())
        .containsExactlyElementsOf(components.stream().map(RecordComponent::getName).toList());
    Object empty = empty(type);
    var required = new ArrayList<String>();
    for (RecordComponent component : components) {
      String where = schemaName(type) + "." + component.getName();
      JsonNode property = schema.path("properties").path(component.getName());
      boolean nullable = isNullable(component);
      assertThat(Spec.nullable(property)).as("nullable %s", where).isEqualTo(nullable);
      checkType(where, component.getGenericType(), property);
      boolean defaulted = checkDefault(where, component, property, empty);
      if (!nullable && !(defaulted && inputs().contains(type))) {
        required.add(component.getName());
      }
    }
    assertThat(Spec.texts(schema.path("required")))
        .as("required of %s", type.getSimpleName())
        .containsExactlyInAnyOrderElementsOf(required);
  }

  private static boolean isNullable(RecordComponent component) {
    return component.getAnnotatedType().isAnnotationPresent(Nullable.class);
  }

  /** Returns whether the field has a default, which must be that of the model. */
  private static boolean checkDefault(
      String where, RecordComponent component, JsonNode property, Object empty) throws Exception {
    if (REQUIRED_IN_SPITE_OF_A_DEFAULT.contains(where)) {
      assertThat(property.has("default")).as(where).isFalse();
      return false;
    }
    if (property.path("readOnly").asBoolean(false)) {
      // What a client sends there is passed over, so that there is nothing to leave out.
      assertThat(property.has("default")).as(where).isFalse();
      return true;
    }
    Object actual = component.getAccessor().invoke(empty);
    if (CHOSEN_BY_THE_SPEC.contains(where)) {
      assertThat(actual).as("%s by itself", where).isNull();
      assertThat(property.has("default")).as(where).isFalse();
      return true;
    }
    boolean optionalOne = component.getType().isPrimitive();
    if (!property.has("default")) {
      assertThat(optionalOne || actual == null).as("%s has the default %s", where, actual).isTrue();
      return false;
    }
    assertThat(actual).as("default of %s", where).isNotNull();
    JsonNode wanted = property.path("default");
    Object read = Documents.readTrusted(wanted, component.getType());
    assertThat(read).as("default of %s", where).isEqualTo(actual);
    return true;
  }

  /** The record that is made of nothing; its fields are the defaults. */
  private static Object empty(Class<?> type) throws Exception {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    @Nullable Object[] values =
        Arrays.stream(types)
            .map(one -> one == boolean.class ? (Object) false : zero(one))
            .toArray(Object[]::new);
    return type.getDeclaredConstructor(types).newInstance(values);
  }

  private static @Nullable Object zero(Class<?> type) {
    if (type == int.class) {
      return 0;
    }
    return type == long.class ? (Object) 0L : null;
  }

  private static void checkType(String where, Type type, JsonNode property) {
    JsonNode schema = Spec.choices(property).getFirst();
    JsonNode target = SPEC.follow(schema);
    if (type instanceof ParameterizedType generic) {
      Type last = generic.getActualTypeArguments()[generic.getActualTypeArguments().length - 1];
      boolean list = generic.getRawType() == List.class;
      assertThat(target.path("type").asString()).as(where).isEqualTo(list ? "array" : "object");
      checkType(where, last, target.path(list ? "items" : "additionalProperties"));
    } else if (type == ByteSize.class) {
      assertThat(Spec.refName(property)).as(where).isEqualTo("ByteSize");
    } else if (type instanceof Class<?> known && (known.isEnum() || known.isRecord())) {
      assertThat(Spec.refName(property)).as(where).isEqualTo(schemaName(known));
    } else {
      assertThat(firstType(target)).as(where).isEqualTo(simpleType(type));
      assertThat(target.path("format").asString("")).as(where).isEqualTo(format(type));
    }
  }

  private static String firstType(JsonNode schema) {
    JsonNode type = schema.path("type");
    return type.isArray() ? type.path(0).asString() : type.asString();
  }

  private static String simpleType(Type type) {
    if (type == String.class || type == Instant.class) {
      return "string";
    } else if (type == Boolean.class || type == boolean.class) {
      return "boolean";
    }
    assertThat(Objects.requireNonNull(type)).isIn(Integer.class, int.class, Long.class, long.class);
    return "integer";
  }

  private static String format(Type type) {
    if (type == Instant.class) {
      return "date-time";
    } else if (type == Integer.class || type == int.class) {
      return "int32";
    }
    return type == Long.class || type == long.class ? "int64" : "";
  }
}
