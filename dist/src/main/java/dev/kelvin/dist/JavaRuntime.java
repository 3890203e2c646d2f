package dev.kelvin.dist;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.spi.ToolProvider;

/** Makes a Java runtime of only the modules that some jars need, by jdeps(1) and jlink(1). */
final class JavaRuntime {
  /**
   * What libraries can use and Kelvin has no use for: Jackson and Jetty know JavaBeans, which would
   * bring all of Java's desktop along.
   */
  private static final Set<String> UNUSED = Set.of("java.desktop");

  private JavaRuntime() {}

  /**
   * @param target a directory that does not exist
   * @throws IllegalStateException when one of the tools fails, with what it said
   */
  static void make(List<Path> jars, Path target) {
    run(
        "jlink",
        List.of(
            "--add-modules",
            String.join(",", modules(jars)),
            "--strip-java-debug-attributes",
            "--no-header-files",
            "--no-man-pages",
            "--output",
            target.toString()));
  }

  /** The modules that these jars were compiled against. */
  static Set<String> modules(List<Path> jars) {
    var arguments =
        new ArrayList<>(
            List.of(
                "--ignore-missing-deps",
                "--multi-release",
                String.valueOf(Runtime.version().feature()),
                "--print-module-deps",
                "--class-path",
                Program.path(jars)));
    jars.forEach(jar -> arguments.add(jar.toString()));
    // Warnings about packages that several jars share come before the one line of the result.
    String last = run("jdeps", arguments).strip().lines().toList().getLast();
    var modules = new TreeSet<>(List.of(last.split(",", -1)));
    modules.removeAll(UNUSED);
    return modules;
  }

  private static String run(String name, List<String> arguments) {
    ToolProvider tool =
        ToolProvider.findFirst(name)
            .orElseThrow(() -> new IllegalStateException("This JDK has no " + name));
    var out = new StringWriter();
    int code =
        tool.run(
            new PrintWriter(out, true),
            new PrintWriter(out, true),
            arguments.toArray(String[]::new));
    if (code != 0) {
      throw new IllegalStateException(name + " ended with " + code + ":\n" + out);
    }
    return out.toString();
  }
}
