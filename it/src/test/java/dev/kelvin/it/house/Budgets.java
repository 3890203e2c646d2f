package dev.kelvin.it.house;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.TreeScanner;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Measures sources against the budgets of the design, section 3. */
final class Budgets {
  static final int FILE_LINES = 500;
  static final int USUAL_FILE_LINES = 300;
  static final double USUAL_SHARE = 0.9;
  static final int METHOD_LINES = 60;
  static final int PARAMETERS = 7;
  static final int CONSTRUCTOR_PARAMETERS = 8;

  /**
   * One thing that was measured.
   *
   * @param where file, line and name
   */
  record Measure(String budget, String where, long value, long limit) {
    boolean exceeded() {
      return value > limit;
    }

    @Override
    public String toString() {
      return "%s: %s has %d, the limit is %d".formatted(where, budget, value, limit);
    }
  }

  private final List<Measure> measures = new ArrayList<>();
  private int files;
  private int usualFiles;

  Budgets(List<Source> sources) {
    sources.forEach(this::measure);
  }

  private void measure(Source source) {
    files++;
    usualFiles += source.lines() <= USUAL_FILE_LINES ? 1 : 0;
    add("file lines", source.path().toString(), source.lines(), FILE_LINES);
    new TreeScanner<@Nullable Void, @Nullable ClassTree>() {
      @Override
      public @Nullable Void visitClass(ClassTree type, @Nullable ClassTree outer) {
        return super.visitClass(type, type);
      }

      @Override
      public @Nullable Void visitMethod(MethodTree method, @Nullable ClassTree owner) {
        boolean constructor = method.getReturnType() == null;
        boolean ofRecord = owner != null && owner.getKind() == Tree.Kind.RECORD;
        String where =
            source.at(method)
                + " "
                + (owner == null ? "" : owner.getSimpleName() + ".")
                + method.getName();
        add("method lines", where, source.length(method), METHOD_LINES);
        int parameters = method.getParameters().size();
        if (!constructor) {
          add("parameters", where, parameters, PARAMETERS);
        } else if (!ofRecord) {
          add("constructor parameters", where, parameters, CONSTRUCTOR_PARAMETERS);
        }
        return super.visitMethod(method, owner);
      }
    }.scan(source.unit(), null);
  }

  private void add(String budget, String where, long value, long limit) {
    measures.add(new Measure(budget, where, value, limit));
  }

  /** Everything over its limit, worst first; empty when the house is in order. */
  List<String> violations() {
    var found =
        new ArrayList<>(
            measures.stream()
                .filter(Measure::exceeded)
                .sorted(Comparator.comparingDouble(m -> -(double) m.value() / m.limit()))
                .map(Measure::toString)
                .toList());
    if (usualFiles < USUAL_SHARE * files) {
      found.add(
          "only %d of %d files have at most %d lines"
              .formatted(usualFiles, files, USUAL_FILE_LINES));
    }
    return found;
  }

  /** The budgets, how much of each is used, and where most. */
  String table() {
    var table =
        new StringBuilder("budget                   limit   count  median     max  where\n");
    for (String budget :
        List.of("file lines", "method lines", "parameters", "constructor parameters")) {
      List<Measure> of =
          measures.stream()
              .filter(measure -> measure.budget().equals(budget))
              .sorted(Comparator.comparingLong(Measure::value))
              .toList();
      if (!of.isEmpty()) {
        Measure most = of.getLast();
        long median = of.get(of.size() / 2).value();
        table.append(
            "%-24s %5d  %6d  %6d  %6d  %s%n"
                .formatted(budget, most.limit(), of.size(), median, most.value(), most.where()));
      }
    }
    table.append(
        String.format(
            Locale.ROOT,
            "files of at most %d lines: %.0f %%, at least %.0f %%%n",
            USUAL_FILE_LINES,
            files == 0 ? 100.0 : 100.0 * usualFiles / files,
            100 * USUAL_SHARE));
    return table.toString();
  }
}
