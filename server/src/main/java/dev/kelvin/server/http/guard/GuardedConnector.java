package dev.kelvin.server.http.guard;

import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.Scheduler;

/** Takes connections from the network as far as {@link Connections} lets it. */
public final class GuardedConnector extends ServerConnector {
  private final Connections connections;

  public GuardedConnector(Server server, Connections connections, ConnectionFactory... factories) {
    super(server, 0, 1, factories);
    this.connections = connections;
  }

  @Override
  protected SelectorManager newSelectorManager(Executor executor, Scheduler scheduler, int count) {
    return new Manager(executor, scheduler, count);
  }

  private final class Manager extends ServerConnectorManager {
    Manager(Executor executor, Scheduler scheduler, int count) {
      super(executor, scheduler, count);
    }

    @Override
    protected void accepted(SelectableChannel channel) throws IOException {
      if (!GuardedConnector.this.connections.admit(channel)) {
        channel.close();
        return;
      }
      boolean taken = false;
      try {
        super.accepted(channel);
        taken = true;
      } finally {
        if (!taken) {
          GuardedConnector.this.connections.closed(channel);
        }
      }
    }

    @Override
    protected void onAcceptFailed(SelectableChannel channel, Throwable cause) {
      GuardedConnector.this.connections.closed(channel);
      super.onAcceptFailed(channel, cause);
    }

    @Override
    protected void endPointOpened(EndPoint end) {
      GuardedConnector.this.connections.opened(end);
      super.endPointOpened(end);
    }

    @Override
    protected void endPointClosed(EndPoint end) {
      GuardedConnector.this.connections.closed(Connections.channel(end));
      super.endPointClosed(end);
    }
  }
}
