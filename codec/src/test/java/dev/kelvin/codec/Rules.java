package dev.kelvin.codec;

import dev.kelvin.model.Problem.Violation;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.SpecRules;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What tests of the rules of specs share. */
final class Rules {
  /** What a machine without firmware and PCI has to have, to be followed by more fields. */
  static final String MICROVM = "machine: microvm, graphics: {type: none}, boot: {kernel: /k}, ";

  private Rules() {}

  /** A VM with the fields of a spec. */
  static Vm vm(String spec) {
    return read("{metadata: {name: web1}, spec: {" + spec + "}}");
  }

  private static Vm read(String document) {
    return Documents.read(
        document.getBytes(StandardCharsets.UTF_8), Documents.Syntax.YAML, Vm.class);
  }

  /** What the rules find in a spec. */
  static List<Violation> check(String spec) {
    return SpecRules.check(vm(spec));
  }

  static List<Violation> checkDocument(String document) {
    return SpecRules.check(read(document));
  }

  /** A list of {@code count} entries, in which {@code #} is the number of each. */
  static String repeat(int count, String entry) {
    return IntStream.range(0, count)
        .mapToObj(i -> entry.replace("#", Integer.toString(i)))
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
