package dev.kelvin.dist;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One of the programs, as its JVM is told.
 *
 * @param name {@code cli}, {@code quick} or {@code daemon}
 * @param mainClass what is run
 * @param trainingClass what is run to make the cache
 * @param jars the class path in order; its order is part of what an AOT cache depends on
 * @param options of the JVM, the same in training and in use, as the cache depends on some of them
 */
record Program(
    String name, String mainClass, String trainingClass, List<Path> jars, List<String> options) {
  /** Where the cache is kept below the directory of the built program. */
  Path cache(Path home) {
    return home.resolve(name + ".aot");
  }

  Path argv(Path home) {
    return home.resolve(name + ".argv");
  }

  /** Jars as a class path names them. */
  static String path(List<Path> jars) {
    return jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  /** The arguments of a JVM that runs a class of this program with further options. */
  private List<String> arguments(String run, String... further) {
    var arguments = new ArrayList<>(options);
    arguments.addAll(List.of(further));
    arguments.add("-cp");
    arguments.add(path(jars));
    arguments.add(run);
    return List.copyOf(arguments);
  }

  /** The arguments in use. A cache that another JDK made is passed over without a word. */
  List<String> argumentsInUse(Path home) {
    return arguments(mainClass, "-XX:AOTCache=" + cache(home));
  }

  /**
   * The whole command of a training run, which writes the cache when the JVM ends. It compiles
   * nothing: what the JVM notes of methods that it compiles is for the second compiler, which these
   * programs do not use, and takes a start some tens of milliseconds to read.
   */
  List<String> training(Path java, Path home, List<String> userArguments) {
    return join(
        java,
        arguments(trainingClass, "-Xint", "-XX:AOTCacheOutput=" + cache(home)),
        userArguments);
  }

  /**
   * The whole command of a run that fails where the cache cannot be used, and tells where each
   * class came from.
   *
   * @param classes the file for that
   */
  List<String> proof(Path java, Path home, Path classes, List<String> userArguments) {
    return join(
        java,
        arguments(
            mainClass,
            "-XX:AOTCache=" + cache(home),
            "-XX:AOTMode=on",
            "-Xlog:class+load:file=\"" + classes + "\":none"),
        userArguments);
  }

  private static List<String> join(Path java, List<String> jvm, List<String> user) {
    return Stream.of(Stream.of(java.toString()), jvm.stream(), user.stream())
        .flatMap(part -> part)
        .toList();
  }
}
