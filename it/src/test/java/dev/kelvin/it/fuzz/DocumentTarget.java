package dev.kelvin.it.fuzz;

import dev.kelvin.codec.Documents;
import dev.kelvin.codec.Documents.Syntax;
import dev.kelvin.codec.SeedDocuments;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.spec.SpecRules;

/** Documents of VMs: what is read and fulfils the rules comes back from both languages the same. */
public final class DocumentTarget {
  private DocumentTarget() {}

  public static void fuzzerTestOneInput(byte[] input) {
    for (Syntax syntax : Syntax.values()) {
      try {
        Vm vm = Documents.read(input, syntax, Vm.class);
        if (vm.spec() != null) {
          SeedDocuments.check(vm.spec().cloudInit());
        }
        if (vm.metadata() != null && vm.spec() != null && SpecRules.check(vm).isEmpty()) {
          Vm again = Documents.read(Documents.json(vm), Syntax.JSON, Vm.class);
          if (!again.equals(vm)) {
            throw new AssertionError("it comes back as " + again + " and was " + vm);
          }
        }
      } catch (ProblemException e) {
        refused(e);
      }
    }
  }

  /** A refusal is good when it says why. */
  static void refused(ProblemException e) {
    if (e.problem().detail().isBlank() || e.problem().remedy() == null) {
      throw new AssertionError("a refusal that does not teach: " + e.problem(), e);
    }
  }
}
