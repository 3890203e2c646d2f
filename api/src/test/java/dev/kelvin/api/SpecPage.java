package dev.kelvin.api;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Makes the reference of the VM document, a section for each group of fields. */
final class SpecPage {
  private final Spec spec;
  private final Map<String, String> paths = new LinkedHashMap<>();

  SpecPage(Spec spec) {
    this.spec = spec;
    for (String part : new String[] {"metadata", "spec", "status"}) {
      JsonNode field = spec.schema("Vm").path("properties").path(part);
      walk(part, Spec.refName(field));
    }
  }

  private void walk(String path, String schema) {
    paths.putIfAbsent(schema, path);
    spec.schema(schema)
        .path("properties")
        .properties()
        .forEach(field -> {
          JsonNode choice = Spec.choices(field.getValue()).getFirst();
          boolean list = choice.has("items");
          JsonNode target = list ? choice.path("items") : choice;
          if (spec.follow(target).has("properties")) {
            String below = path + "." + field.getKey() + (list ? "[]" : "");
            walk(below, Spec.refName(target));
          }
        });
  }

  /** The path below which a schema's fields are described; null when they are not on this page. */
  @org.jspecify.annotations.Nullable
  String path(String schema) {
    return paths.get(schema);
  }

  static String anchor(String path) {
    return path.toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9_-]", "");
  }

  private String link(String schema) {
    String path = paths.getOrDefault(schema, "");
    return "[" + path.substring(path.lastIndexOf('.') + 1) + "](#" + anchor(path) + ")";
  }

  String markdown() {
    var page =
        new StringBuilder(
            """
            <!-- Made from openapi.yaml. Do not edit. -->
            # The spec of a VM

            A VM is a document with `kind`, `metadata`, `spec` and `status`, in YAML or JSON. You write
            `metadata.name` and what you want in `spec`; what you leave out takes its default. Kelvin writes
            `status`; what you write there is passed over.

            ```yaml
            kind: VM
            metadata:
              name: web1
            spec:
              cpu: { cores: 2 }
              memory: { size: 2GiB }
              disks:
                - { name: root, image: debian-12, size: 10GiB, bootIndex: 0 }
              nics:
                - name: net0
                  forwards:
                    - { guestPort: 22 }
            ```

            `kelvin apply -f web1.yaml` creates the VM or changes it, `kelvin diff -f web1.yaml` says what that
            would change, `kelvin get vm web1 -o yaml` shows it, `kelvin edit web1` opens it in an editor. Every
            word is checked: an unknown field or an impossible value is refused, with its place. A
            [JSON Schema](schemas/vm.json) lets an editor check and complete while you type; with the YAML
            language server, put this line on top (the daemon serves the same file at `/schemas/vm.json`):

            ```yaml
            # yaml-language-server: $schema=docs/schemas/vm.json
            ```

            **Sizes** are a whole number with KiB, MiB, GiB, TiB (K, KB, M, MB and so on mean the same: 1024 and
            its powers); a bare number is bytes. **Names** have 1 to 63 of a-z, 0-9 and -, and neither start nor
            end with -; those of devices have at most 20.

            """);
    var words = new Words(spec, this::link);
    page.append("## The document\n\n").append(words.fields(spec.schema("Vm")));
    paths.forEach((schema, path) ->
        page.append("\n## ")
            .append(path)
            .append("\n\n")
            .append(spec.schema(schema).path("description").asString().strip())
            .append("\n\n")
            .append(words.fields(spec.schema(schema))));
    return page.toString();
  }
}
