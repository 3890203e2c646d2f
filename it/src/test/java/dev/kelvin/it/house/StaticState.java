package dev.kelvin.it.house;

import com.sun.source.tree.ArrayAccessTree;
import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreeScanner;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds static state that can change, so that two nodes can live in one JVM. A static field must be
 * final and of a type that is known not to change; any other type is denied.
 */
final class StaticState {
  /** Packages and types of the JDK and of libraries whose objects do not change once made. */
  private static final List<String> FIXED =
      List.of(
          "java.lang.String",
          "java.lang.Boolean",
          "java.lang.Integer",
          "java.lang.Long",
          "java.lang.Double",
          "java.lang.Class",
          "java.lang.ClassValue",
          "java.lang.System$Logger",
          "java.lang.ScopedValue",
          "java.lang.ProcessBuilder$Redirect",
          "java.lang.foreign.",
          "java.lang.invoke.",
          "java.math.",
          "java.net.URI",
          "java.nio.charset.Charset",
          "java.nio.file.Path",
          "java.time.",
          "java.util.Base64",
          "java.util.Comparator",
          "java.util.HexFormat",
          "java.util.Locale",
          "java.util.Optional",
          "java.util.UUID",
          "java.util.function.",
          "java.util.regex.Pattern",
          "com.google.protobuf.ByteString",
          "com.tngtech.archunit.",
          "io.grpc.Metadata$Key",
          "tools.jackson.core.StreamReadConstraints",
          "tools.jackson.databind.");

  /** It has a state, of which nothing can be seen but that it is random. */
  private static final String RANDOM = "java.security.SecureRandom";

  private static final Pattern FIXED_COLLECTION =
      Pattern.compile(
          "(?s).*((List|Set|Map)\\.(of|copyOf|ofEntries)\\(.*"
              + "|Collections\\.(unmodifiable\\w+|empty\\w+)\\(.*"
              + "|\\.toList\\(\\)"
              + "|Collectors\\.toUnmodifiable\\w+\\(.*)");

  private final Map<String, String> initializers = new HashMap<>();
  private final Set<String> storedInto = new HashSet<>();

  StaticState(List<Source> sources) {
    sources.forEach(this::read);
  }

  List<String> violations(JavaClasses classes) {
    var found = new ArrayList<String>();
    for (JavaClass type : classes) {
      for (JavaField field : type.getFields()) {
        boolean made = field.getModifiers().contains(JavaModifier.SYNTHETIC);
        if (field.getModifiers().contains(JavaModifier.STATIC) && !made) {
          String fault = fault(field);
          if (fault != null) {
            found.add(field.getFullName() + " is static and " + fault);
          }
        }
      }
    }
    return found;
  }

  private @Nullable String fault(JavaField field) {
    JavaClass type = field.getRawType();
    if (!field.getModifiers().contains(JavaModifier.FINAL)) {
      return "not final";
    } else if (type.isArray()) {
      boolean hidden = field.getModifiers().contains(JavaModifier.PRIVATE);
      return hidden && !storedInto.contains(key(field))
          ? null
          : "an array that can be stored into; make it private and only read it, or a list";
    } else if (type.isAssignableTo(Collection.class) || type.isAssignableTo(Map.class)) {
      String initializer = initializers.getOrDefault(key(field), "");
      return FIXED_COLLECTION.matcher(initializer).matches()
          ? null
          : "a collection that is not made by List.of, Map.copyOf or the like";
    }
    return fixed(type, new HashSet<>())
        ? null
        : "of type " + type.getName() + ", which is not known to be immutable";
  }

  /**
   * Whether objects of a type cannot change: known ones, and those of the house with such fields.
   */
  private static boolean fixed(JavaClass type, Set<String> seen) {
    String name = type.getName();
    if (type.isPrimitive() || type.isEnum() || name.equals(RANDOM) || !seen.add(name)) {
      return true;
    }
    if (FIXED.stream().anyMatch(known -> known.equals(name) || within(name, known))) {
      return true;
    }
    if (!name.startsWith("dev.kelvin.")) {
      return false;
    }
    return type.isRecord()
        || type.getAllFields().stream()
            .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
            .allMatch(field ->
                field.getModifiers().contains(JavaModifier.FINAL)
                    && fixed(field.getRawType(), seen));
  }

  private static boolean within(String name, String known) {
    return name.startsWith(known.endsWith(".") ? known : known + "$");
  }

  private static String key(JavaField field) {
    String owner = field.getOwner().getName();
    int last = Math.max(owner.lastIndexOf('$'), owner.lastIndexOf('.'));
    return owner.substring(last + 1) + "." + field.getName();
  }

  /** Notes how fields are initialised and which arrays are stored into, by simple class name. */
  private void read(Source source) {
    new TreeScanner<@Nullable Void, String>() {
      @Override
      public @Nullable Void visitClass(ClassTree type, String outer) {
        String name = type.getSimpleName().toString();
        type.getMembers().stream()
            .filter(VariableTree.class::isInstance)
            .map(VariableTree.class::cast)
            .filter(variable -> variable.getInitializer() != null)
            .forEach(variable ->
                initializers.put(
                    name + "." + variable.getName(), variable.getInitializer().toString()));
        return super.visitClass(type, name);
      }

      @Override
      public @Nullable Void visitAssignment(AssignmentTree assignment, String owner) {
        if (assignment.getVariable() instanceof ArrayAccessTree access) {
          storedInto.add(owner + "." + access.getExpression());
        }
        return super.visitAssignment(assignment, owner);
      }
    }.scan(source.unit(), "");
  }
}
