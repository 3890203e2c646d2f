package dev.kelvin.it.house;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Each package of the program has a description and is null-marked. */
final class Packages {
  private Packages() {}

  static List<String> violations(List<Source> sources) {
    Map<Path, List<Source>> packages =
        sources.stream()
            .filter(source -> !source.isTest())
            .collect(
                Collectors.groupingBy(
                    source -> source.path().getParent(), TreeMap::new, Collectors.toList()));
    return packages.entrySet().stream()
        .filter(entry -> entry.getValue().stream().noneMatch(Packages::describes))
        .map(entry -> entry.getKey() + " has no package-info.java with @NullMarked")
        .toList();
  }

  private static boolean describes(Source source) {
    return source.path().endsWith("package-info.java")
        && source.unit().getPackageAnnotations().stream()
            .anyMatch(
                annotation -> annotation.getAnnotationType().toString().endsWith("NullMarked"));
  }
}
