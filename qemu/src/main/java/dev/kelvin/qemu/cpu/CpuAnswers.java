package dev.kelvin.qemu.cpu;

import dev.kelvin.model.cpu.CpuModel;
import dev.kelvin.model.cpu.CpuModels;
import dev.kelvin.model.cpu.HostCpu;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What to ask a QEMU that has no machine, and what its answers come to. Static expansion
 * (query-cpu-model-expansion) spells a model out in features without aliases; x86 has it for each
 * model, other architectures have full expansion for some.
 */
public final class CpuAnswers {
  /** The whole model with the features that bind a guest to this host. */
  private static final String BOUND = "*";

  private CpuAnswers() {}

  /** A model as QEMU lists it. */
  public record Definition(
      String name, @Nullable String aliasOf, boolean deprecated, List<String> missing) {}

  /** A model spelled out: its features, and which of them it has. */
  record Expansion(@Nullable String vendor, @Nullable String name, Map<String, Boolean> features) {
    List<String> on() {
      return features.keySet().stream().filter(features::get).sorted().toList();
    }
  }

  /** A query-cpu-model-expansion. */
  public record Question(String id, Map<String, Object> arguments) {}

  /** The models in the answer to query-cpu-definitions. */
  public static List<Definition> definitions(JsonNode answer) {
    var definitions = new ArrayList<Definition>();
    answer.forEach(one -> definitions.add(definition(one)));
    return definitions;
  }

  private static Definition definition(JsonNode one) {
    var missing = new TreeSet<String>();
    one.path("unavailable-features").forEach(feature -> missing.add(feature.asString()));
    return new Definition(
        one.path("name").asString(""),
        one.path("alias-of").asString(null),
        one.path("deprecated").asBoolean(false),
        List.copyOf(missing));
  }

  /**
   * What to ask for the features of each model.
   *
   * @param whole the model that has all the host can give: {@code host} or {@code max}
   */
  public static List<Question> questions(List<Definition> definitions, String whole, boolean x86) {
    String type = x86 ? "static" : "full";
    var questions = new ArrayList<Question>();
    questions.add(question(whole, whole, type, Map.of()));
    if (x86) {
      questions.add(question(BOUND, whole, type, Map.of("migratable", false)));
    }
    definitions.stream()
        .filter(one -> one.aliasOf() == null && !Baselines.COMPUTED.contains(one.name()))
        .forEach(one -> questions.add(question(one.name(), one.name(), type, Map.of())));
    return questions;
  }

  private static Question question(String id, String name, String type, Map<String, Object> props) {
    return new Question(id, Map.of("type", type, "model", Map.of("name", name, "props", props)));
  }

  /**
   * Puts the answers together.
   *
   * @param answers to the questions, by their ids; those that QEMU refused are missing
   * @param vendors which vendor each model has; KVM puts the host's in its place, so that only TCG
   *     tells it
   */
  public static CpuModels models(
      List<Definition> definitions,
      Map<String, JsonNode> answers,
      Map<String, String> vendors,
      HostCpu about,
      String whole) {
    Map<String, Expansion> spelled = expansions(answers);
    Expansion host = spelled.getOrDefault(whole, new Expansion(null, null, Map.of()));
    Expansion all = spelled.getOrDefault(BOUND, host);
    var aliases = new HashMap<String, List<String>>();
    for (Definition one : definitions) {
      if (one.aliasOf() != null) {
        aliases.computeIfAbsent(one.aliasOf(), name -> new ArrayList<>()).add(one.name());
      }
    }
    var models = new ArrayList<CpuModel>();
    for (Definition one : definitions) {
      if (one.aliasOf() == null && !Baselines.COMPUTED.contains(one.name())) {
        Expansion features = spelled.get(one.name());
        models.add(
            new CpuModel(
                one.name(),
                aliases.getOrDefault(one.name(), List.of()),
                vendors.get(one.name()),
                one.deprecated(),
                one.missing(),
                features == null ? List.of() : features.on()));
      }
    }
    var other = new TreeSet<>(all.features().keySet());
    other.removeAll(all.on());
    var cpu =
        new HostCpu(
            HostCpu.KIND,
            about.architecture(),
            about.accelerator(),
            about.qemuVersion(),
            host.vendor(),
            host.name(),
            Levels.of(host.on()),
            host.on(),
            models.stream().filter(CpuModel::runs).map(CpuModel::name).toList());
    return new CpuModels(cpu, all.on(), List.copyOf(other), models);
  }

  /** Which vendor each model has, by the answers of QEMU under TCG. */
  public static Map<String, String> vendors(Map<String, JsonNode> answers) {
    var vendors = new HashMap<String, String>();
    expansions(answers)
        .forEach((name, model) -> {
          if (model.vendor() != null) {
            vendors.put(name, model.vendor());
          }
        });
    return vendors;
  }

  private static Map<String, Expansion> expansions(Map<String, JsonNode> answers) {
    var all = new HashMap<String, Expansion>();
    answers.forEach((id, answer) -> all.put(id, expansion(answer.path("model").path("props"))));
    return all;
  }

  private static Expansion expansion(JsonNode props) {
    var features = new HashMap<String, Boolean>();
    for (var prop : props.properties()) {
      if (prop.getValue().isBoolean()) {
        features.put(prop.getKey(), prop.getValue().asBoolean());
      }
    }
    // A property of the virtual CPU that is no feature of CPUID.
    features.remove("lmce");
    String name = props.path("model-id").asString(null);
    return new Expansion(
        props.path("vendor").asString(null), name == null ? null : name.strip(), features);
  }
}
