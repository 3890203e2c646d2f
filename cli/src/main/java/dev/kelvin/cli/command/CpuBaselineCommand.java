package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.codec.Documents;
import dev.kelvin.model.cpu.CpuBaseline;
import dev.kelvin.model.cpu.HostCpu;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code kelvin cpu baseline}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "Each file is what \"kelvin cpu describe\" wrote on a host. What is printed goes into the document of a",
      "VM that shall run on all of them: the largest model that they have in common, and what they all have",
      "beyond it.",
      "",
      "Example:",
      "  kelvin cpu baseline host1.yaml host2.yaml"
    })
public final class CpuBaselineCommand extends Command {
  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "Descriptions of hosts, or directories of them; - for standard input.")
  List<String> files = new ArrayList<>();

  @Mixin Outputs outputs = new Outputs();

  public CpuBaselineCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    List<HostCpu> hosts =
        SpecFile.read(session, files).stream().map(part -> part.parse(HostCpu.class)).toList();
    CpuBaseline baseline = session.client().host().cpuBaseline(hosts);
    outputs.one(session, baseline, CpuBaseline::model, () -> snippet(baseline, hosts.size()));
    return 0;
  }

  private static String snippet(CpuBaseline baseline, int hosts) {
    var cpu = new LinkedHashMap<String, Object>();
    cpu.put("model", baseline.model());
    if (!baseline.add().isEmpty()) {
      cpu.put("features", baseline.add());
    }
    String level = baseline.level() == null ? "" : ", " + baseline.level();
    String vendor =
        baseline.vendor() != null
            ? ""
            : "# The hosts are of different vendors: guests start on each, but do not move while they"
                + " run.\n";
    return "# What %s in common for %s guests on %s%s\n%s"
            .formatted(
                hosts == 1 ? "one host has" : hosts + " hosts have",
                baseline.architecture(),
                baseline.accelerator(),
                level,
                vendor)
        + Documents.yaml(Map.of("spec", Map.of("cpu", cpu)));
  }
}
