package dev.kelvin.it.house;

import com.sun.source.tree.DoWhileLoopTree;
import com.sun.source.tree.ForLoopTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.SynchronizedTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.WhileLoopTree;
import com.sun.source.util.TreeScanner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.lang.model.element.Modifier;
import org.jspecify.annotations.Nullable;

/** Rules that can be read off the text of a file. */
final class SourceRules {
  /** Modules whose programs talk to a person at a terminal. */
  private static final Set<String> PRINTERS = Set.of("cli", "dist", "bench");

  private static final Set<String> SLEEPS =
      Set.of(
          "Thread.sleep",
          "TimeUnit.NANOSECONDS.sleep",
          "TimeUnit.MICROSECONDS.sleep",
          "TimeUnit.MILLISECONDS.sleep",
          "TimeUnit.SECONDS.sleep",
          "TimeUnit.MINUTES.sleep");

  private final Map<String, String> sleepers;

  /**
   * @param sleepers files that may sleep, each with the reason why
   */
  SourceRules(Map<String, String> sleepers) {
    this.sleepers = Map.copyOf(sleepers);
  }

  List<String> violations(List<Source> sources) {
    return sources.stream().flatMap(source -> violations(source).stream()).toList();
  }

  private List<String> violations(Source source) {
    var scanner = new Scanner(source);
    scanner.scan(source.unit(), null);
    return scanner.found;
  }

  /** {@code java.lang.Thread.sleep} as {@code Thread.sleep}. */
  private static String lastNames(String select) {
    return select.replaceFirst("^java\\.(lang|util\\.concurrent|util\\.concurrent\\.locks)\\.", "");
  }

  private final class Scanner extends TreeScanner<@Nullable Void, @Nullable Void> {
    private final Source source;
    private final List<String> found = new ArrayList<>();
    private final Set<Tree> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private int loops;

    Scanner(Source source) {
      this.source = source;
    }

    @Override
    public @Nullable Void scan(@Nullable Tree tree, @Nullable Void unused) {
      boolean loop =
          tree instanceof WhileLoopTree
              || tree instanceof DoWhileLoopTree
              || tree instanceof ForLoopTree;
      loops += loop ? 1 : 0;
      super.scan(tree, null);
      loops -= loop ? 1 : 0;
      return null;
    }

    @Override
    public @Nullable Void visitSynchronized(SynchronizedTree tree, @Nullable Void unused) {
      report(tree, "a synchronized block pins the carrier of a virtual thread: use a lock");
      return super.visitSynchronized(tree, null);
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void unused) {
      if (method.getModifiers().getFlags().contains(Modifier.SYNCHRONIZED)) {
        report(method, "a synchronized method: use a lock");
      }
      return super.visitMethod(method, null);
    }

    @Override
    public @Nullable Void visitMethodInvocation(MethodInvocationTree call, @Nullable Void unused) {
      String name = lastNames(call.getMethodSelect().toString());
      if (SLEEPS.contains(name) && !sleepers.containsKey(source.path().toString())) {
        report(call, name + ": await a condition with a deadline");
      } else if (name.equals("LockSupport.parkNanos") && loops == 0) {
        report(call, name + " outside a loop is a sleep: await a condition with a deadline");
      }
      if (!source.isTest() && seen.add(call)) {
        requireRemedy(call);
      }
      return super.visitMethodInvocation(call, null);
    }

    /** The calls that begin with {@code Problem.of} end with what to do about the problem. */
    private void requireRemedy(MethodInvocationTree last) {
      boolean remedy = false;
      Tree at = last;
      while (at instanceof MethodInvocationTree call
          && call.getMethodSelect() instanceof MemberSelectTree select) {
        seen.add(call);
        remedy |= select.getIdentifier().contentEquals("remedy");
        if (!remedy && select.toString().equals("Problem.of")) {
          report(last, "a problem without a remedy: say what to do about it");
        }
        at = select.getExpression();
      }
    }

    @Override
    public @Nullable Void visitMemberReference(
        MemberReferenceTree reference, @Nullable Void unused) {
      if (reference.toString().endsWith("Thread::sleep")) {
        report(reference, "Thread::sleep: await a condition with a deadline");
      }
      return super.visitMemberReference(reference, null);
    }

    @Override
    public @Nullable Void visitMemberSelect(MemberSelectTree select, @Nullable Void unused) {
      String name = select.toString();
      boolean prints = name.equals("System.out") || name.equals("System.err");
      if (prints && !source.isTest() && !PRINTERS.contains(source.module())) {
        report(select, name + ": log, or leave the talking to the command line");
      }
      return super.visitMemberSelect(select, null);
    }

    private void report(Tree tree, String what) {
      found.add(source.at(tree) + " " + what);
    }
  }
}
