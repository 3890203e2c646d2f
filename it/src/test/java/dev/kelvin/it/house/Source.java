package dev.kelvin.it.house;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * One Java file, parsed but not attributed.
 *
 * @param path below the root of the tree
 * @param lines how many the file has
 */
record Source(Path path, int lines, CompilationUnitTree unit, SourcePositions positions) {
  static List<Source> parse(Path root, List<Path> files) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      var task =
          (JavacTask)
              compiler.getTask(
                  null,
                  manager,
                  null,
                  List.of("-proc:none"),
                  null,
                  manager.getJavaFileObjectsFromPaths(files));
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      var sources = new ArrayList<Source>();
      for (CompilationUnitTree unit : task.parse()) {
        Path path = root.relativize(Path.of(unit.getSourceFile().toUri()));
        int lines = (int) unit.getSourceFile().getCharContent(true).toString().lines().count();
        sources.add(new Source(path, lines, unit, positions));
      }
      return List.copyOf(sources);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The module that the file belongs to. */
  String module() {
    return path.getName(0).toString();
  }

  boolean isTest() {
    return path.toString().contains("src/test/");
  }

  /** Where a tree begins, as editors understand it. */
  String at(Tree tree) {
    return path + ":" + line(positions.getStartPosition(unit, tree));
  }

  /** How many lines a tree takes, its documentation not counted. */
  long length(Tree tree) {
    return line(positions.getEndPosition(unit, tree))
        - line(positions.getStartPosition(unit, tree))
        + 1;
  }

  private long line(long position) {
    return unit.getLineMap().getLineNumber(position);
  }
}
