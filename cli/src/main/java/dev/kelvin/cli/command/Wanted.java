package dev.kelvin.cli.command;

import dev.kelvin.api.Client;
import dev.kelvin.api.VmDocument;
import dev.kelvin.cli.text.Style;
import dev.kelvin.cli.text.UnifiedDiff;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A VM as it is and as a document wants it.
 *
 * @param live null when there is none yet
 * @param then what the daemon says that it would be
 */
record Wanted(String name, @Nullable Vm live, Vm then) {
  /** Asks the daemon what would come of a document. */
  static Wanted of(Client client, String name, VmDocument document) {
    Optional<Vm> live = find(client, name);
    Vm then =
        live.isPresent()
            ? client.tryUpdateVm(name, document, live.get().metadata().revision())
            : client.tryCreateVm(document);
    return new Wanted(name, live.orElse(null), then);
  }

  static Optional<Vm> find(Client client, String name) {
    try {
      return Optional.of(client.vm(name));
    } catch (ProblemException e) {
      if (e.problem().code() == Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  boolean changes() {
    return live == null || !text(live).equals(text(then));
  }

  /** The difference, as a user reads it; empty when there is none. */
  String diff(Style style) {
    String before = live == null ? "" : text(live);
    return UnifiedDiff.of("live/" + name, before, "wanted/" + name, text(then), style);
  }

  /** The part of a VM's document that users write. */
  static String text(Vm vm) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("name", vm.metadata().name());
    if (!vm.metadata().labels().isEmpty()) {
      metadata.put("labels", vm.metadata().labels());
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("kind", vm.kind());
    document.put("metadata", metadata);
    document.put("spec", vm.spec());
    return Documents.yaml(document);
  }
}
