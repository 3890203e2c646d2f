package dev.kelvin.it.stored;

import dev.kelvin.model.WireName;
import java.lang.invoke.MethodType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.TreeSet;

/** The fields of a stored type, each on a line with its type, and the words that enums have. */
final class Shape {
  private final TreeSet<String> lines = new TreeSet<>();

  private Shape() {}

  static java.util.Set<String> of(Class<?> type) {
    var shape = new Shape();
    shape.add("", type);
    return shape.lines;
  }

  private void add(String path, Type type) {
    if (type instanceof ParameterizedType generic) {
      Type[] of = generic.getActualTypeArguments();
      add(path + (of.length == 1 ? "[]" : "{}"), of[of.length - 1]);
      return;
    }
    if (!(type instanceof Class<?> known)) {
      throw new IllegalArgumentException(path + " has a type that documents do not have: " + type);
    }
    if (known.isRecord() && !known.getName().endsWith(".ByteSize")) {
      for (RecordComponent field : known.getRecordComponents()) {
        add(path + (path.isEmpty() ? "" : ".") + field.getName(), field.getGenericType());
      }
    } else if (known.isEnum()) {
      for (Object word : known.getEnumConstants()) {
        lines.add(path + " = " + (word instanceof WireName wire ? wire.wire() : word));
      }
    } else {
      Class<?> boxed = MethodType.methodType(known).wrap().returnType();
      lines.add(path + ": " + boxed.getSimpleName());
    }
  }
}
