package dev.kelvin.image.pull;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.ProblemException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What comes from publishers and their servers: sums, keys, signatures, addresses, catalogues. */
public final class PullTarget {
  private static final Published PUBLISHED = new Published(Path.of("/nowhere"), Map.of());

  private PullTarget() {}

  public static void fuzzerTestOneInput(byte[] input) {
    String text = new String(input, StandardCharsets.UTF_8);
    refusable(() -> Sums.find(text, "disk.qcow2", false));
    refusable(() -> Sums.find(text, "disk.qcow2", true));
    refusable(() -> Checksum.parse(text));
    Signatures.keys(input);
    refusable(() -> Signatures.clear(input, List.of()));
    refusable(() -> Signatures.detached(input, input, List.of()));
    refusable(() -> PUBLISHED.find(new Published.Wish(text, null, null, null, null, true)));
    refusable(
        () -> PUBLISHED.find(new Published.Wish("https://" + text, null, null, null, null, true)));
    Statuses.retryAfter(Optional.of(text), Instant.EPOCH);
    refusable(() -> {
      var file = Documents.read(input, Documents.Syntax.YAML, CatalogueFile.class);
      for (var distribution : CatalogueRules.check(file, "catalogue.yaml")) {
        CatalogueEntry.of(distribution, distribution.mirror(), "x86_64");
      }
    });
  }

  private static void refusable(Runnable call) {
    try {
      call.run();
    } catch (ProblemException e) {
      if (e.problem().remedy() == null) {
        throw new AssertionError("a refusal that does not teach: " + e.problem(), e);
      }
    }
  }
}
