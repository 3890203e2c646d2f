package dev.kelvin.codec;

import dev.kelvin.model.ByteSize;
import dev.kelvin.model.WireName;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a type of the model stands in JSON. Records know their components by reflection; those are
 * looked into when the first value comes, as most records of a document are not there.
 */
abstract class Shape {
  /** What it finds is always the same for a class. */
  private static final ClassValue<Shape> KNOWN =
      new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
          return make(type);
        }
      };

  static Shape of(Class<?> type) {
    return KNOWN.get(type);
  }

  /** Reads a value that is not null. */
  abstract Object read(JsonText in);

  /** Reads a value; null where it is null. */
  final @Nullable Object readAny(JsonText in) {
    return in.takeNull() ? null : read(in);
  }

  /**
   * Gets ready for the first value.
   *
   * @param levels of records within records
   */
  void prepare(int levels) {}

  private static Shape make(Class<?> type) {
    if (type.isRecord() && type != ByteSize.class) {
      return new OfRecord(type);
    } else if (type.isEnum()) {
      return new OfEnum(type);
    } else if (type == boolean.class || type == Boolean.class) {
      return new OfTruth();
    } else if (type == String.class || type == Instant.class || type == ByteSize.class) {
      return new OfText(type);
    } else if (type == byte[].class) {
      return new OfBytes();
    }
    return new OfNumber(type);
  }

  static Shape ofGeneric(Type type) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      Type last = arguments[arguments.length - 1];
      return arguments.length == 1 ? new OfList(last) : new OfMap(last);
    }
    return of((Class<?>) type);
  }

  private static final class OfTruth extends Shape {
    @Override
    Object read(JsonText in) {
      return in.truth();
    }
  }

  /** Texts, and what is a text in documents and something else in the model. */
  private static final class OfText extends Shape {
    private final Class<?> type;

    OfText(Class<?> type) {
      this.type = type;
    }

    @Override
    Object read(JsonText in) {
      // A size may be a number of bytes, too.
      String text = type == ByteSize.class && in.next() != '"' ? in.number() : in.string();
      if (type == String.class) {
        return text;
      }
      try {
        return type == Instant.class ? Instants.parse(text) : ByteSize.parse(text);
      } catch (RuntimeException e) {
        throw in.wrong("\"" + text + "\" is no " + type.getSimpleName(), e);
      }
    }
  }

  private static final class OfBytes extends Shape {
    @Override
    Object read(JsonText in) {
      try {
        return Base64.getDecoder().decode(in.string());
      } catch (IllegalArgumentException e) {
        throw in.wrong("it is no Base64", e);
      }
    }
  }

  private static final class OfNumber extends Shape {
    private final Class<?> type;

    OfNumber(Class<?> type) {
      this.type = type;
    }

    @Override
    Object read(JsonText in) {
      String text = in.number();
      try {
        if (type == double.class || type == Double.class) {
          return Double.valueOf(text);
        } else if (type == int.class || type == Integer.class) {
          return Integer.valueOf(text);
        } else if (type == long.class || type == Long.class) {
          return Long.valueOf(text);
        }
      } catch (NumberFormatException e) {
        throw in.wrong(text + " is no " + type.getSimpleName(), e);
      }
      throw new IllegalStateException("documents have no " + type);
    }
  }

  private static final class OfEnum extends Shape {
    private final Object[] constants;
    private final byte[][] words;

    OfEnum(Class<?> type) {
      constants = type.getEnumConstants();
      words = new byte[constants.length][];
      for (int i = 0; i < words.length; i++) {
        Object constant = constants[i];
        words[i] =
            quoted(constant instanceof WireName wire ? wire.wire() : ((Enum<?>) constant).name());
      }
    }

    @Override
    Object read(JsonText in) {
      for (int i = 0; i < words.length; i++) {
        if (in.take(words[i])) {
          return constants[i];
        }
      }
      throw in.wrong("it has no such value: " + in.string());
    }
  }

  private static final class OfList extends Shape {
    private final Shape each;

    OfList(Type each) {
      this.each = ofGeneric(each);
    }

    @Override
    Object read(JsonText in) {
      var items = new ArrayList<@Nullable Object>();
      in.want('[');
      boolean more = !in.take(']');
      while (more) {
        items.add(each.readAny(in));
        more = in.goesOn(']');
      }
      return items;
    }
  }

  private static final class OfMap extends Shape {
    private final Shape each;

    OfMap(Type each) {
      this.each = ofGeneric(each);
    }

    @Override
    Object read(JsonText in) {
      var items = new LinkedHashMap<String, @Nullable Object>();
      in.want('{');
      boolean more = !in.take('}');
      while (more) {
        String key = in.string();
        in.want(':');
        items.put(key, each.readAny(in));
        more = in.goesOn('}');
      }
      return items;
    }
  }

  private static final class OfRecord extends Shape {
    private final Class<?> type;
    private volatile @Nullable Parts parts;

    OfRecord(Class<?> type) {
      this.type = type;
    }

    private Parts parts() {
      Parts known = parts;
      if (known == null) {
        // Two threads may do it at once, and come to the same.
        known = Parts.of(type);
        parts = known;
      }
      return known;
    }

    @Override
    void prepare(int levels) {
      if (levels > 0) {
        for (Shape shape : parts().shapes) {
          shape.prepare(levels - 1);
        }
      }
    }

    @Override
    Object read(JsonText in) {
      Parts all = parts();
      @Nullable Object[] values = all.absent.clone();
      in.want('{');
      boolean more = !in.take('}');
      int expected = 0;
      while (more) {
        int index = all.find(in, expected);
        in.want(':');
        if (index < 0) {
          in.skip();
        } else {
          if (!in.takeNull()) {
            values[index] = all.shapes[index].read(in);
          }
          expected = index + 1;
        }
        more = in.goesOn('}');
      }
      try {
        return all.constructor.newInstance(values);
      } catch (InvocationTargetException e) {
        throw in.wrong("it is no " + type.getSimpleName() + ": " + e.getCause(), e);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(type + " cannot be made", e);
      }
    }
  }

  /** The components of a record. */
  private static final class Parts {
    private final Constructor<?> constructor;

    /** In quotes, as they stand in documents. */
    private final byte[][] names;

    private final Shape[] shapes;

    /** What a component is that is not in the document. */
    private final @Nullable Object[] absent;

    private Parts(
        Constructor<?> constructor, byte[][] names, Shape[] shapes, @Nullable Object[] absent) {
      this.constructor = constructor;
      this.names = names;
      this.shapes = shapes;
      this.absent = absent;
    }

    static Parts of(Class<?> type) {
      RecordComponent[] components = type.getRecordComponents();
      var names = new byte[components.length][];
      var shapes = new Shape[components.length];
      var types = new Class<?>[components.length];
      var absent = new @Nullable Object[components.length];
      for (int i = 0; i < components.length; i++) {
        Class<?> raw = components[i].getType();
        types[i] = raw;
        names[i] = quoted(components[i].getName());
        boolean generic = raw == List.class || raw == Map.class;
        shapes[i] = generic ? ofGeneric(components[i].getGenericType()) : Shape.of(raw);
        absent[i] = absent(raw);
      }
      try {
        Constructor<?> constructor = type.getDeclaredConstructor(types);
        constructor.setAccessible(true);
        return new Parts(constructor, names, shapes, absent);
      } catch (NoSuchMethodException e) {
        throw new IllegalStateException(type + " has no constructor of its components", e);
      }
    }

    private static @Nullable Object absent(Class<?> type) {
      if (type == boolean.class) {
        return false;
      } else if (type == int.class) {
        return 0;
      } else if (type == long.class) {
        return 0L;
      }
      return type == double.class ? 0.0 : null;
    }

    /** Takes a field's name. What writes documents has the fields in the components' order. */
    int find(JsonText in, int expected) {
      for (int i = expected; i < names.length; i++) {
        if (in.take(names[i])) {
          return i;
        }
      }
      for (int i = 0; i < expected; i++) {
        if (in.take(names[i])) {
          return i;
        }
      }
      // It is not known, or written with escapes.
      byte[] name = quoted(in.string());
      for (int i = 0; i < names.length; i++) {
        if (Arrays.equals(names[i], name)) {
          return i;
        }
      }
      return -1;
    }
  }

  private static byte[] quoted(String word) {
    return ('"' + word + '"').getBytes(StandardCharsets.UTF_8);
  }
}
