package dev.kelvin.server.http;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.server.action.Actions;
import dev.kelvin.server.http.access.Gate;
import dev.kelvin.server.http.answer.Live;
import java.time.Duration;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.server.ServerWebSocketContainer;

/** Opens the WebSockets of consoles. */
final class Consoles {
  /** Pongs come in between, so this ends only connections whose other end is gone. */
  private static final Duration IDLE = Duration.ofSeconds(90);

  private final Actions actions;
  private final Live live;
  private final Duration keepAlive;
  private final Gate gate;

  Consoles(Actions actions, Live live, Duration keepAlive, Gate gate) {
    this.actions = actions;
    this.live = live;
    this.keepAlive = keepAlive;
    this.gate = gate;
  }

  /**
   * Redeems the ticket and turns the connection into a WebSocket. Completes the callback, unless it
   * throws a problem.
   */
  void open(String ticket, Request request, Response response, Callback callback)
      throws InterruptedException {
    HttpFields headers = request.getHeaders();
    boolean upgrade =
        headers.contains(HttpHeader.UPGRADE, "websocket")
            && "13".equals(headers.get(HttpHeader.SEC_WEBSOCKET_VERSION))
            && headers.contains(HttpHeader.SEC_WEBSOCKET_KEY);
    if (!upgrade) {
      // Asked before the ticket is redeemed, so that a client that errs keeps it.
      throw notWebSocket("it has not the headers of RFC 6455, version 13").asException();
    }
    var socket = new ConsoleSocket(live, keepAlive, gate.consoles());
    socket.connect(actions.openConsole(ticket, socket));
    gate.vouch(request);
    boolean upgraded = false;
    try {
      upgraded =
          container(request.getConnectionMetaData().getConnector().getServer())
              .upgrade((asked, answer, done) -> socket, request, response, callback);
      if (!upgraded) {
        throw notWebSocket("its headers do not fit together").asException();
      }
    } finally {
      if (!upgraded) {
        socket.abandon();
      }
    }
  }

  private static Problem notWebSocket(String cause) {
    return Problem.of(Code.INVALID_ARGUMENT, "The request opens no WebSocket")
        .because(cause)
        .remedy("use a WebSocket client, or: kelvin console");
  }

  /** Made when the first console is opened: most daemons never load it. */
  private static ServerWebSocketContainer container(Server server) {
    ServerWebSocketContainer container = ServerWebSocketContainer.ensure(server);
    container.setIdleTimeout(IDLE);
    return container;
  }
}
