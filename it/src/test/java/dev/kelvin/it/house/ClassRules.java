package dev.kelvin.it.house;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Rules that need types: no reflection, no tall inheritance. */
final class ClassRules {
  static final int INHERITANCE_DEPTH = 2;

  /** Parts whose task is to look at types. */
  private static final Set<String> REFLECTING = Set.of("dev.kelvin.codec");

  /** Reads off the records which fields a document has, so that a mistyped path is refused. */
  private static final String PATHS = "dev.kelvin.server.http.request.FieldPaths";

  private static final Set<String> LOOKUPS =
      Set.of(
          "forName",
          "getMethod",
          "getMethods",
          "getDeclaredMethod",
          "getDeclaredMethods",
          "getField",
          "getFields",
          "getDeclaredField",
          "getDeclaredFields",
          "getConstructor",
          "getConstructors",
          "getDeclaredConstructor",
          "getDeclaredConstructors",
          "getRecordComponents");

  private ClassRules() {}

  static List<String> violations(JavaClasses classes) {
    var found = new ArrayList<String>();
    for (JavaClass type : classes) {
      int depth = depth(type);
      if (depth > INHERITANCE_DEPTH) {
        found.add(
            "%s has %d classes of the house above it, the limit is %d"
                .formatted(type.getName(), depth, INHERITANCE_DEPTH));
      }
      if (!REFLECTING.contains(type.getPackageName()) && !type.getName().equals(PATHS)) {
        reflection(type, found);
      }
    }
    return found;
  }

  private static void reflection(JavaClass type, List<String> found) {
    type.getDirectDependenciesFromSelf().stream()
        .filter(use -> use.getTargetClass().getPackageName().equals("java.lang.reflect"))
        .map(use -> "reflection: " + use.getDescription())
        .distinct()
        .forEach(found::add);
    type.getAccessesFromSelf().stream()
        .filter(ClassRules::looksUp)
        .map(use -> "reflection: " + use.getDescription())
        .forEach(found::add);
  }

  private static boolean looksUp(JavaAccess<?> use) {
    return use.getTargetOwner().isEquivalentTo(Class.class) && LOOKUPS.contains(use.getName());
  }

  /** How many classes of the house a class extends, one through the other. */
  private static int depth(JavaClass type) {
    return (int)
        type.getAllRawSuperclasses().stream()
            .filter(above -> above.getPackageName().startsWith("dev.kelvin"))
            .count();
  }
}
