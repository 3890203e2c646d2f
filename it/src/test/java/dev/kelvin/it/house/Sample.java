package dev.kelvin.it.house;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.ToolProvider;

/** Sources that break a rule, in a small tree of their own. */
record Sample(Path root) {
  /** Adds a file. */
  Sample with(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    return this;
  }

  List<Source> sources() {
    return new Repository(root).sources();
  }

  /** Compiles all of it. */
  JavaClasses classes() {
    Path out = root.resolve("target");
    var arguments = new ArrayList<>(List.of("-proc:none", "-nowarn", "-d", out.toString()));
    new Repository(root)
        .files().stream()
            .filter(file -> file.toString().endsWith(".java"))
            .forEach(file -> arguments.add(file.toString()));
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(String[]::new));
    if (result != 0) {
      throw new IllegalArgumentException("the sample does not compile");
    }
    return new ClassFileImporter().importPath(out);
  }
}
