package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.model.NodeInfo;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Version;

/** {@code kelvin version}. */
public final class VersionCommand extends Command {
  public VersionCommand(Session session) {
    super(session);
  }

  @Override
  public Declared declared() {
    return new Declared(this);
  }

  @Override
  public Class<?> reads() {
    return NodeInfo.class;
  }

  @Override
  protected int run() {
    session.out().println("kelvin  " + Version.NUMBER);
    try {
      NodeInfo info = session.client().info();
      session.out().println("daemon  " + info.version());
      session
          .out()
          .println("qemu    " + (info.qemuVersion().isEmpty() ? "none" : info.qemuVersion()));
    } catch (ProblemException none) {
      session.out().println("daemon  none answers");
    }
    return 0;
  }
}
