package dev.kelvin.cli.command;

import dev.kelvin.api.Endpoint;
import dev.kelvin.cli.Session;
import dev.kelvin.cli.run.DaemonProcess;
import dev.kelvin.cli.text.Units;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.Problem;
import dev.kelvin.model.UnknownGuest;
import java.time.Instant;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;

/** {@code kelvin info}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin info -o json"})
public final class InfoCommand extends Command {
  @Mixin Outputs outputs = new Outputs();

  public InfoCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() {
    NodeInfo info = session.client().info();
    outputs.one(session, info, NodeInfo::node, () -> text(info));
    return 0;
  }

  private String text(NodeInfo info) {
    var text =
        new Facts()
            .add("version", info.version())
            .add("node", info.node())
            .add("pid", String.valueOf(info.pid()))
            .add("up", Units.age(info.startedAt(), Instant.now()))
            .add("files", info.home().equals("/") ? "the system's directories" : info.home())
            .add("socket", info.socket())
            .add("url", info.url().isEmpty() ? "none" : info.url())
            .add("certificate", info.certificate());
    if (session.endpoint() instanceof Endpoint.Local) {
      text.add("token", "in " + session.layout().token());
      text.add("log", DaemonProcess.of(info.pid()).log(session.layout().daemonLog()));
    }
    for (Problem warning : info.warnings()) {
      text.add("warning", warning.oneLine());
      if (warning.remedy() != null) {
        text.add("remedy", warning.remedy());
      }
    }
    if (!info.damaged().isEmpty()) {
      text.add("damaged", String.join(", ", info.damaged()) + " (see kelvin state check)");
    }
    if (!info.unknown().isEmpty()) {
      String names =
          info.unknown().stream().map(UnknownGuest::name).collect(Collectors.joining(", "));
      text.add("unknown guests", names + " (see kelvin doctor)");
    }
    String shortage = info.shortage();
    if (shortage != null) {
      text.add("disk", shortage + " (see kelvin doctor)");
    }
    return text.add("qemu", info.qemuVersion().isEmpty() ? "none" : info.qemuVersion())
        .add("accelerator", info.accelerator())
        .add("VMs", info.vms() + ", " + info.vmsRunning() + " running")
        .render();
  }
}
