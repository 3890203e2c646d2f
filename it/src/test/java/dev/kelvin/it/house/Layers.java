package dev.kelvin.it.house;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which part of the house may use which: what the table does not allow is denied, a package that
 * the table does not know as well.
 */
final class Layers {
  private static final String HOUSE = "dev.kelvin.";

  /**
   * What one part may use.
   *
   * @param parts of the house, without those that its own row allows in turn
   * @param libraries package prefixes outside the house
   */
  record Row(Set<String> parts, Set<String> libraries) {}

  /** What every part may use: the language, its everyday library, and the marks for nullness. */
  private static final Set<String> JDK =
      Set.of(
          "java.io.",
          "java.lang.",
          "java.math.",
          "java.net.",
          "java.nio.",
          "java.security.",
          "java.text.",
          "java.time.",
          "java.util.",
          "javax.crypto.",
          "javax.net.",
          "javax.security.auth.",
          "org.jspecify.annotations.");

  private static final String JSON = "tools.jackson.";

  /**
   * The design's table (section 3), the module codec, and image's use of state: images have
   * documents and tasks as VMs do. And the libraries that each module was chosen for.
   */
  private static final Map<String, Row> HOUSE_PLAN =
      Map.ofEntries(
          row("model", parts()),
          row("codec", parts("model"), JSON, "com.fasterxml.jackson.annotation."),
          row("host.kernel", parts()),
          row("host.process", parts("model", "host.kernel")),
          row("host.file", parts("model", "host.kernel", "host.process")),
          row("host.program", parts("model", "host.process")),
          row("host.cell", parts("model", "host.kernel", "host.process")),
          row(
              "host.launch",
              parts(
                  "model",
                  "host.kernel",
                  "host.process",
                  "host.file",
                  "host.program",
                  "host.cell")),
          row("host.net", parts("model", "host.kernel", "host.program")),
          row("host.qemu", parts("model", "host.process", "host.program"), JSON),
          row(
              "host.check",
              parts(
                  "model",
                  "host.kernel",
                  "host.process",
                  "host.program",
                  "host.cell",
                  "host.net",
                  "host.qemu"),
              JSON),
          row("qmp", parts(), JSON),
          row("qemu.cpu", parts("model"), JSON),
          row("qemu", parts("model"), JSON),
          row("qemu.launch", parts("model", "qemu", "qemu.cpu")),
          row("qemu.control", parts("model", "qmp", "qemu"), JSON),
          row("storage", parts("model", "host.file", "host.program"), JSON),
          row("image.web", parts("model")),
          row(
              "image.bulk",
              parts("image.web", "model", "codec", "host.program"),
              "com.github.luben.zstd.",
              "org.apache.commons.compress.",
              "org.tukaani.xz."),
          row(
              "image.pull",
              parts(
                  "image.web",
                  "image.bulk",
                  "model",
                  "codec",
                  "host.process",
                  "host.file",
                  "host.program"),
              JSON,
              "org.bouncycastle."),
          row("image", parts("image.bulk", "model", "host.file", "host.program", "storage")),
          row("image.format", parts("model", "host.program", "storage")),
          row("image.build", parts("image", "model", "host.file", "host.program", "storage")),
          row(
              "image.seed",
              parts("image", "model", "codec", "host.file", "host.program"),
              JSON,
              "javax.xml.stream."),
          row(
              "image.catalogue",
              parts(
                  "image",
                  "image.bulk",
                  "image.pull",
                  "image.format",
                  "image.build",
                  "model",
                  "codec",
                  "host.process",
                  "host.program",
                  "storage",
                  "state.store",
                  "state.task")),
          row("state.store", parts("model", "codec"), JSON),
          row("state.engine", parts("model", "state.store")),
          row(
              "state.sqlite",
              parts("model", "state.store", "state.engine"),
              "java.sql.",
              "org.sqlite."),
          row("state.task", parts("model", "codec", "state.store"), JSON),
          row("state.backup", parts("model", "codec", "state.store", "state.task"), JSON),
          row(
              "etcd",
              parts("model", "state.store", "state.engine"),
              "com.google.common.util.concurrent.",
              "com.google.protobuf.",
              "io.etcd.jetcd.api.",
              "io.grpc.",
              "io.netty."),
          room("machine.store"),
          room("machine.guest"),
          roomWithoutQemu("machine.launch.port"),
          roomWithoutQemu("machine.launch.share", "machine.store"),
          room("machine.launch.home", "machine.store", "machine.guest", "machine.launch.port"),
          room("machine.launch", "machine.store", "machine.launch.home"),
          room("machine.unknown", "machine.store", "machine.launch.home", "machine.launch"),
          roomWithoutQemu(
              "machine.volume", "machine.store", "machine.launch.home", "machine.unknown"),
          roomWithoutQemu("machine.engine", "machine.store", "machine.guest"),
          room(
              "machine.qemu",
              "machine.store",
              "machine.guest",
              "machine.launch.port",
              "machine.launch.share",
              "machine.launch.home",
              "machine.launch",
              "machine.engine"),
          roomWithoutQemu(
              "machine.supervise",
              "machine.store",
              "machine.guest",
              "machine.launch.home",
              "machine.launch",
              "machine.unknown",
              "machine.volume",
              "machine.engine"),
          roomWithoutQemu(
              "machine.task",
              "machine.store",
              "machine.unknown",
              "machine.volume",
              "machine.supervise"),
          room(
              "machine",
              "machine.store",
              "machine.guest",
              "machine.launch.share",
              "machine.launch.home",
              "machine.launch",
              "machine.unknown",
              "machine.volume",
              "machine.engine",
              "machine.qemu",
              "machine.supervise",
              "machine.task"),
          row("api", parts("model", "codec"), JSON),
          row("server.action", parts("model")),
          row("server.http.guard", parts("model", "codec"), JSON, "org.eclipse.jetty."),
          row("server.http.docs", parts("api", "model", "codec"), JSON),
          row(
              "server.http.request",
              parts("server.http.guard", "server.action", "model", "codec"),
              JSON,
              "org.eclipse.jetty."),
          row(
              "server.http.access",
              parts("server.http.guard", "server.http.request", "server.action", "model"),
              "jdk.net.",
              "org.bouncycastle.",
              "org.eclipse.jetty."),
          row(
              "server.http.route",
              parts("server.http.docs", "server.http.request", "server.action", "model", "api"),
              JSON),
          row(
              "server.http.answer",
              parts(
                  "server.http.guard",
                  "server.http.request",
                  "server.http.route",
                  "server.action",
                  "model",
                  "codec"),
              JSON,
              "org.eclipse.jetty."),
          row(
              "server.http",
              parts(
                  "server.http.guard",
                  "server.http.request",
                  "server.http.access",
                  "server.http.route",
                  "server.http.answer",
                  "server.action",
                  "model",
                  "codec",
                  "api"),
              JSON,
              "java.util.logging.",
              "jdk.net.",
              "org.bouncycastle.",
              "org.eclipse.jetty."),
          row("server.event", parts("server.action", "model")),
          row(
              "server.local.watch",
              parts(
                  "server.action",
                  "server.event",
                  "model",
                  "codec",
                  "machine",
                  "machine.store",
                  "image",
                  "image.catalogue",
                  "state.store",
                  "state.task"),
              JSON),
          row(
              "server.local.resource",
              parts(
                  "server.local.watch",
                  "server.action",
                  "model",
                  "host.process",
                  "machine",
                  "machine.store",
                  "machine.supervise",
                  "machine.task",
                  "machine.volume",
                  "image",
                  "image.catalogue",
                  "image.pull",
                  "image.format",
                  "qmp",
                  "state.task")),
          row(
              "server.local.node",
              parts(
                  "server.action",
                  "server.event",
                  "model",
                  "host.process",
                  "host.program",
                  "host.check",
                  "machine",
                  "machine.store",
                  "image",
                  "image.catalogue",
                  "qemu.cpu",
                  "qemu.control",
                  "storage",
                  "state.store",
                  "state.task",
                  "state.backup"),
              "io.prometheus.metrics."),
          row("server.local.health", parts("model", "machine.supervise", "state.store")),
          row(
              "server",
              parts(
                  "server.action",
                  "server.event",
                  "server.http",
                  "server.http.guard",
                  "server.http.access",
                  "server.local.watch",
                  "server.local.resource",
                  "server.local.node",
                  "server.local.health",
                  "api",
                  "machine",
                  "machine.launch.home",
                  "machine.launch",
                  "machine.qemu",
                  "machine.store",
                  "machine.supervise",
                  "machine.task",
                  "machine.volume",
                  "state.store",
                  "state.sqlite",
                  "state.task",
                  "state.backup",
                  "image",
                  "image.bulk",
                  "image.pull",
                  "image.format",
                  "image.build",
                  "image.seed",
                  "image.catalogue",
                  "storage",
                  "qemu.cpu",
                  "qmp",
                  "host.process",
                  "host.file",
                  "host.program",
                  "host.cell",
                  "host.launch",
                  "host.net",
                  "host.qemu",
                  "host.check",
                  "codec",
                  "model"),
              JSON,
              "java.util.logging."),
          row("cli", parts("api", "codec", "model"), JSON, "picocli.", "org.jline."),
          row("dist", parts("cli", "host.program")),
          measured("bench.report", "codec", "host.program"),
          measured("bench.process", "bench.report"),
          measured("bench.guest", "bench.process", "host.file", "host.program"),
          measured("bench.session", "bench.report", "bench.process", "bench.guest", "host.program"),
          measured("bench.stored", "bench.report", "bench.process", "bench.session"),
          measured(
              "bench.start",
              "bench.report",
              "bench.process",
              "bench.guest",
              "bench.session",
              "bench.stored",
              "codec",
              "host.program",
              "qmp"),
          measured("bench.hostile"),
          measured(
              "bench.load",
              "bench.report",
              "bench.process",
              "bench.guest",
              "bench.session",
              "bench.start",
              "bench.hostile",
              "codec",
              "host.program"),
          measured(
              "bench",
              "bench.report",
              "bench.process",
              "bench.session",
              "bench.stored",
              "bench.start",
              "bench.load",
              "host.program"));

  private Layers() {}

  private static Map.Entry<String, Row> row(String part, Set<String> parts, String... libraries) {
    return Map.entry(part, new Row(parts, Set.of(libraries)));
  }

  /** A package of the benchmark, which is a client of the API. */
  private static Map.Entry<String, Row> measured(String part, String... below) {
    var parts = new HashSet<>(Set.of(below));
    parts.addAll(parts("api", "model"));
    return row(part, parts, JSON);
  }

  /** A package of machine, which may use the packages below it, and what machine may use. */
  private static Map.Entry<String, Row> room(String part, String... below) {
    var parts = new HashSet<>(roomWithoutQemu(part, below).getValue().parts());
    parts.addAll(parts("qmp", "qemu", "qemu.cpu", "qemu.launch", "qemu.control"));
    return row(part, parts, JSON);
  }

  /**
   * As {@link #room}, of a package for which what runs a VM is an engine, whichever it is: it knows
   * neither QEMU nor its protocol.
   */
  private static Map.Entry<String, Row> roomWithoutQemu(String part, String... below) {
    var parts = new HashSet<>(Set.of(below));
    parts.addAll(parts("model", "codec", "storage", "image", "image.seed"));
    parts.addAll(
        parts("host.process", "host.file", "host.program", "host.cell", "host.launch", "host.net"));
    parts.addAll(parts("state.store", "state.task", "state.backup"));
    return row(part, parts, JSON);
  }

  private static Set<String> parts(String... names) {
    return Set.of(names);
  }

  /** The modules of the table, each with those that it may use. */
  static Map<String, Row> plan() {
    return HOUSE_PLAN;
  }

  /** Every use that the table does not allow, and every part that it does not know. */
  static List<String> violations(JavaClasses classes) {
    var found = new ArrayList<String>();
    for (JavaClass type : classes) {
      Row row = HOUSE_PLAN.get(part(type));
      if (row == null) {
        found.add(type.getName() + " is in no part of the house that the table knows");
        continue;
      }
      type.getDirectDependenciesFromSelf().stream()
          .filter(use -> !allowed(part(type), row, target(use)))
          .map(use ->
              "%s may not use %s, as %s does"
                  .formatted(part(type), target(use).getName(), type.getName()))
          .distinct()
          .forEach(found::add);
    }
    return found;
  }

  private static JavaClass target(Dependency use) {
    return use.getTargetClass().getBaseComponentType();
  }

  private static boolean allowed(String from, Row row, JavaClass target) {
    if (target.isPrimitive()) {
      return true;
    }
    if (inHouse(target)) {
      return part(target).equals(from) || row.parts().contains(part(target));
    }
    String name = target.getName();
    boolean logging = name.startsWith("java.util.logging.");
    boolean everyday = JDK.stream().anyMatch(name::startsWith) && !logging;
    return everyday || row.libraries().stream().anyMatch(name::startsWith);
  }

  private static boolean inHouse(JavaClass type) {
    return type.getPackageName().concat(".").startsWith(HOUSE);
  }

  /** The row that a class belongs to: the longest name that its package begins with. */
  private static String part(JavaClass type) {
    String below = type.getPackageName().concat(".");
    String inside = below.startsWith(HOUSE) ? below.substring(HOUSE.length()) : below;
    return Stream.concat(HOUSE_PLAN.keySet().stream(), Stream.of(""))
        .filter(part -> part.isEmpty() || inside.startsWith(part + "."))
        .max(Comparator.comparingInt(String::length))
        .orElseThrow();
  }
}
