package dev.kelvin.it.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each rule of the house finds what breaks it, and lets pass what does not. */
class HouseRulesOnSamplesTest {
  private static final String MAIN = "model/src/main/java/dev/kelvin/model/";

  @TempDir Path directory;
  private Sample sample;

  @BeforeEach
  void begin() {
    sample = new Sample(directory);
  }

  @Test
  void layersDenyUpwardUseForeignLibrariesAndUnknownParts() throws IOException {
    sample
        .with("a/Up.java", "package dev.kelvin.model; class Up { dev.kelvin.host.file.Low low; }")
        .with("a/Low.java", "package dev.kelvin.host.file; public class Low {}")
        .with("a/Sql.java", "package dev.kelvin.model; class Sql { java.sql.Date[] dates; }")
        .with("a/Log.java", "package dev.kelvin.qmp; class Log { java.util.logging.Logger log; }")
        .with("a/New.java", "package dev.kelvin.novel; class New {}")
        .with("a/Alike.java", "package dev.kelvin.hostess; class Alike {}")
        .with("a/Fine.java", "package dev.kelvin.host.file; class Fine { dev.kelvin.model.Ok ok; }")
        .with("a/Ok.java", "package dev.kelvin.model; public class Ok { java.util.List<int[]> l; }")
        .with(
            "a/Web.java",
            "package dev.kelvin.server.http; class Web { dev.kelvin.host.file.Low l; }")
        .with(
            "a/Wire.java",
            "package dev.kelvin.server; class Wire { dev.kelvin.host.file.Low low; }");

    assertThat(Layers.violations(sample.classes()))
        .satisfiesExactlyInAnyOrder(
            found -> assertThat(found).startsWith("model may not use dev.kelvin.host.file.Low"),
            found -> assertThat(found).startsWith("model may not use java.sql.Date"),
            found -> assertThat(found).startsWith("qmp may not use java.util.logging.Logger"),
            found -> assertThat(found).startsWith("dev.kelvin.novel.New is in no part"),
            found -> assertThat(found).startsWith("dev.kelvin.hostess.Alike is in no part"),
            found ->
                assertThat(found).startsWith("server.http may not use dev.kelvin.host.file.Low"));
  }

  @Test
  void foreignCallsOutsideTheModuleHostAreFound() throws IOException {
    sample
        .with("a/Calls.java", "package dev.kelvin.host.kernel; public class Calls {}")
        .with(
            "a/In.java",
            "package dev.kelvin.host.file; class In { dev.kelvin.host.kernel.Calls c; }")
        .with(
            "a/Vms.java",
            "package dev.kelvin.machine; class Vms { dev.kelvin.host.kernel.Calls c; }")
        .with(
            "a/All.java",
            "package dev.kelvin.server; class All { dev.kelvin.host.kernel.Calls c; }")
        .with("a/Old.java", "package dev.kelvin.host; class Old {}");

    assertThat(Layers.violations(sample.classes()))
        .satisfiesExactlyInAnyOrder(
            found -> assertThat(found).startsWith("machine may not use dev.kelvin.host.kernel.C"),
            found -> assertThat(found).startsWith("server may not use dev.kelvin.host.kernel.C"),
            found -> assertThat(found).startsWith("dev.kelvin.host.Old is in no part"));
  }

  @Test
  void aSupervisorThatKnowsQemuIsFound() throws IOException {
    sample
        .with(
            "a/Care.java",
            """
            package dev.kelvin.machine.supervise;
            class Care {
              dev.kelvin.machine.engine.Any fine;
              String a() { return dev.kelvin.machine.qemu.Own.name(); }
              Object b() { return new dev.kelvin.qemu.control.Vm(); }
              boolean c(Object o) { return o instanceof dev.kelvin.qmp.Line; }
            }
            """)
        .with("a/Any.java", "package dev.kelvin.machine.engine; public class Any {}")
        .with(
            "a/Own.java",
            """
            package dev.kelvin.machine.qemu;
            public class Own extends dev.kelvin.machine.engine.Any {
              dev.kelvin.qemu.control.Vm vm;
              public static String name() { return ""; }
            }
            """)
        .with(
            "a/Vm.java",
            "package dev.kelvin.qemu.control; public class Vm { dev.kelvin.qmp.Line l; }")
        .with("a/Line.java", "package dev.kelvin.qmp; public class Line {}");

    assertThat(Layers.violations(sample.classes()))
        .satisfiesExactlyInAnyOrder(
            found -> assertThat(found).startsWith("machine.supervise may not use dev.kelvin.mach"),
            found -> assertThat(found).startsWith("machine.supervise may not use dev.kelvin.qemu."),
            found -> assertThat(found).startsWith("machine.supervise may not use dev.kelvin.qmp."));
  }

  @Test
  void budgetsFindWhatIsTooBig() throws IOException {
    String lines = "int x;\n".repeat(61);
    String parameters = parameters(8);
    sample
        .with(MAIN + "Long.java", "class Long {}\n" + "// line\n".repeat(500))
        .with(MAIN + "M.java", "class M { void m() {\n" + "\n".repeat(59) + "} void n() {} }")
        .with(MAIN + "P.java", "class P { void p(" + parameters + ") {} }")
        .with(MAIN + "C.java", "class C { C(" + parameters(9) + ") {} }")
        .with(MAIN + "R.java", "record R(" + parameters(12) + ") { R {} }")
        .with(
            MAIN + "D.java",
            "class D { D(" + parameters + ") {} class E { /** " + lines + " */ int i; } }");

    assertThat(new Budgets(sample.sources()).violations())
        .containsExactlyInAnyOrder(
            MAIN + "Long.java: file lines has 501, the limit is 500",
            MAIN + "M.java:1 M.m: method lines has 61, the limit is 60",
            MAIN + "P.java:1 P.p: parameters has 8, the limit is 7",
            MAIN + "C.java:1 C.<init>: constructor parameters has 9, the limit is 8",
            "only 5 of 6 files have at most 300 lines");
    assertThat(new Budgets(sample.sources()).table()).contains("file lines", "83 %");
  }

  @Test
  void monitorsSleepsAndOutputAreFound() throws IOException {
    sample
        .with(
            MAIN + "A.java",
            """
            class A {
              synchronized void a() {}
              void b() { synchronized (this) { } }
              void c() throws Exception { java.lang.Thread.sleep(1); }
              void d() throws Exception { TimeUnit.SECONDS.sleep(1); }
              void e() { System.out.println(); Runnable r = Thread::sleep; }
              void f() { LockSupport.parkNanos(1); while (true) { LockSupport.parkNanos(1); } }
            }
            """)
        .with(
            "model/src/test/java/T.java", "class T { { System.out.println(); Thread.sleep(1); } }")
        .with("cli/src/main/java/Cli.java", "class Cli { { System.err.println(); } }")
        .with("host/src/main/java/Calm.java", "class Calm { { Thread.sleep(5); } }");
    var rules = new SourceRules(Map.of("host/src/main/java/Calm.java", "a sample"));

    assertThat(rules.violations(sample.sources()))
        .extracting(found -> firstWord(found.substring(found.lastIndexOf('/') + 1)))
        .containsExactlyInAnyOrder(
            "A.java:2",
            "A.java:3",
            "A.java:4",
            "A.java:5",
            "A.java:6",
            "A.java:6",
            "A.java:7",
            "T.java:1");
  }

  @Test
  void problemsWithoutARemedyAreFound() throws IOException {
    sample
        .with(
            MAIN + "A.java",
            """
            class A {
              void a() { throw Problem.of(CODE, "What").on("vm/x").asException(); }
              void b() { throw Problem.of(CODE, "What").remedy("do this").asException(); }
              Problem c() { return Problem.of(CODE, text(Problem.of(CODE, "In"))).remedy("do"); }
            }
            """)
        .with("model/src/test/java/T.java", "class T { { Problem.of(CODE, \"What\"); } }");

    assertThat(new SourceRules(Map.of()).violations(sample.sources()))
        .extracting(found -> firstWord(found.substring(found.lastIndexOf('/') + 1)))
        .containsExactlyInAnyOrder("A.java:2", "A.java:4");
  }

  @Test
  void staticStateIsFound() throws IOException {
    sample.with(
        "a/S.java",
        """
        package dev.kelvin.model;
        import java.util.*;
        import java.util.concurrent.atomic.AtomicLong;
        class S {
          static int counter;
          static final AtomicLong NEXT = new AtomicLong();
          static final List<String> CACHE = new ArrayList<>();
          static final Map<String, String> TABLE = new HashMap<>();
          static final HashMap<String, String> OTHER = new HashMap<>();
          static final int[] OPEN = {1};
          private static final int[] WRITTEN = {1};
          static final StringBuilder TEXT = new StringBuilder();
          static final Holder HOLDER = new Holder();
          void store() { WRITTEN[0] = 2; }
          static class Holder { int value; }

          static final int LIMIT = 3;
          static final String NAME = "x";
          static final List<String> FIXED = List.of("a");
          static final Map<String, String> COPY = Map.copyOf(FIXED.isEmpty() ? Map.of() : Map.of());
          static final Set<String> NAMES = Set.of();
          private static final byte[] MAGIC = {1, 2};
          static final Point ORIGIN = new Point(0);
          static final Fixed VALUE = new Fixed();
          record Point(int x) {}
          static class Fixed { private final int value = 3; }
          enum Kind { A, B; }
          int ordinal(Kind kind) { return switch (kind) { case A -> 1; case B -> 2; }; }
        }
        """);

    assertThat(new StaticState(sample.sources()).violations(sample.classes()))
        .extracting(found -> firstWord(found.substring("dev.kelvin.model.S.".length())))
        .containsExactlyInAnyOrder(
            "counter", "NEXT", "CACHE", "TABLE", "OTHER", "OPEN", "WRITTEN", "TEXT", "HOLDER");
  }

  @Test
  void reflectionAndTallInheritanceAreFound() throws IOException {
    sample
        .with(
            "a/R.java",
            """
            package dev.kelvin.host;
            class R {
              Object a() throws Exception { return Class.forName("x"); }
              Object b() throws Exception { return R.class.getDeclaredMethods().length; }
              java.lang.reflect.Method c;
              String fine() { return R.class.getSimpleName(); }
            }
            class A {} class B extends A {} class C extends B {} class D extends C {}
            """)
        .with("a/K.java", "package dev.kelvin.codec; class K { java.lang.reflect.Field f; }");

    List<String> found = ClassRules.violations(sample.classes());
    assertThat(found.stream().filter(text -> text.contains("above it")))
        .containsExactly("dev.kelvin.host.D has 3 classes of the house above it, the limit is 2");
    assertThat(found.stream().filter(text -> text.startsWith("reflection")))
        .anyMatch(text -> text.contains("forName"))
        .anyMatch(text -> text.contains("getDeclaredMethods"))
        .anyMatch(text -> text.contains("R.c"))
        .noneMatch(text -> text.contains("codec") || text.contains("fine"));
  }

  @Test
  void packagesWithoutDescriptionAreFound() throws IOException {
    sample
        .with("m/src/main/java/one/A.java", "package one; class A {}")
        .with("m/src/main/java/two/B.java", "package two; class B {}")
        .with("m/src/main/java/two/package-info.java", "/** Two. */ package two;")
        .with("m/src/main/java/three/C.java", "package three; class C {}")
        .with("m/src/main/java/three/package-info.java", "@NullMarked package three;")
        .with("m/src/test/java/four/D.java", "package four; class D {}");

    assertThat(Packages.violations(sample.sources()))
        .extracting(HouseRulesOnSamplesTest::firstWord)
        .containsExactly("m/src/main/java/one", "m/src/main/java/two");
  }

  @Test
  void deadLinksAndPlacesAreFound() throws IOException {
    sample
        .with(
            "README.md",
            """
            # A title, with *marks*
            [up](../outside.md) [gone](docs/gone.md) [there](docs/there.md#second-part)
            [no anchor](docs/there.md#third) [here](#a-title-with-marks) [web](https://example.org/)
            `[code](nowhere)` ![picture](docs/picture.svg)
            ```
            [fenced](nowhere.md)
            ```
            """)
        .with("docs/there.md", "## Second part\n[back](../README.md)\n")
        .with("docs/picture.svg", "<svg/>")
        .with("script", "cd /somewhere/else\n");
    Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    var documentation = new Documentation(new Repository(directory));

    assertThat(documentation.deadLinks())
        .containsExactlyInAnyOrder(
            "README.md: ../outside.md",
            "README.md: docs/gone.md",
            "README.md: docs/there.md#third");
    assertThat(documentation.placesNamed(List.of("/somewhere/", "/nowhere/")))
        .containsExactly("script names /somewhere/");
  }

  private static String firstWord(String text) {
    return text.substring(0, text.indexOf(' '));
  }

  private static String parameters(int count) {
    return IntStream.range(0, count).mapToObj(i -> "int p" + i).collect(Collectors.joining(", "));
  }
}
