package dev.kelvin.server.http.request;

import dev.kelvin.model.Image;
import dev.kelvin.model.Names;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.model.Volume;
import dev.kelvin.server.action.Action.Resource;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Dotted paths to fields of documents, such as {@code status.phase}. A path goes through a list to
 * the fields of its items.
 */
public final class FieldPaths {
  private FieldPaths() {}

  /**
   * Makes sure that objects of a kind have a field.
   *
   * @param parameter the query parameter that names it
   */
  public static void check(Resource resource, String path, String parameter) {
    Type type = document(resource);
    var walked = new StringBuilder();
    for (String name : path.split("\\.", -1)) {
      type = itemOf(type);
      if (type instanceof ParameterizedType map && map.getRawType() == Map.class) {
        return;
      }
      RecordComponent[] fields =
          type instanceof Class<?> record && record.isRecord()
              ? Objects.requireNonNull(record.getRecordComponents())
              : new RecordComponent[0];
      RecordComponent field = find(fields, name);
      if (field == null) {
        throw QueryParameters.invalid(
                parameter,
                walked.isEmpty()
                    ? "there is no field \"" + name + "\""
                    : walked + " has no field \"" + name + "\"",
                remedy(name, fields, walked.toString()))
            .asException();
      }
      type = field.getGenericType();
      walked.append(walked.isEmpty() ? "" : ".").append(name);
    }
  }

  private static Class<?> document(Resource resource) {
    return switch (resource) {
      case VMS -> Vm.class;
      case IMAGES -> Image.class;
      case VOLUMES -> Volume.class;
      case TASKS -> Task.class;
    };
  }

  private static Type itemOf(Type type) {
    return type instanceof ParameterizedType list && list.getRawType() == List.class
        ? list.getActualTypeArguments()[0]
        : type;
  }

  private static @Nullable RecordComponent find(RecordComponent[] fields, String name) {
    return Arrays.stream(fields)
        .filter(field -> field.getName().equals(name))
        .findFirst()
        .orElse(null);
  }

  private static String remedy(String name, RecordComponent[] fields, String walked) {
    if (fields.length == 0) {
      return "write " + walked;
    }
    List<String> names = Arrays.stream(fields).map(RecordComponent::getName).toList();
    return Names.nearest(name, names)
        .map(near -> "did you mean \"" + near + "\"?")
        .orElse("the fields there are: " + String.join(", ", names));
  }
}
