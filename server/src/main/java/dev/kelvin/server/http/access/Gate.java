package dev.kelvin.server.http.access;

import dev.kelvin.server.action.Principal;
import dev.kelvin.server.http.guard.AnonymousRequests;
import dev.kelvin.server.http.guard.Connections;
import dev.kelvin.server.http.guard.DocumentRoom;
import dev.kelvin.server.http.guard.HeldBytes;
import dev.kelvin.server.http.guard.HttpLimits;
import dev.kelvin.server.http.guard.Source;
import dev.kelvin.server.http.request.Input;
import java.util.function.Predicate;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;

/**
 * Sees to it that there is room for a request before anything is done for it, and keeps the room
 * that answers wait in. Runs where requests are read, and so waits for nothing.
 */
public interface Gate {
  /** The room that a request has, until it is closed. */
  interface Pass extends AutoCloseable {
    /** Whether the one who asks may ask for more than what is open to everybody. */
    boolean known();

    @Override
    void close();
  }

  /**
   * Lets a request in.
   *
   * @throws dev.kelvin.model.ProblemException too-many when there is no room
   */
  Pass admit(Request request);

  /** Somebody has shown a right to be here by other means than the token. */
  void vouch(Request request);

  /** The room for answers that wait for their clients. */
  HeldBytes answers();

  /** That for the output of consoles: who does not read one takes nothing from answers. */
  HeldBytes consoles();

  /** The room for the document of a request, and whose document that is. */
  Input.Room documents(Request request, Principal who);

  private static HeldBytes answersOf(HttpLimits limits) {
    return new HeldBytes(limits.answerBytes(), "bytes of answers (limits.answerBytes)");
  }

  private static HeldBytes consolesOf(HttpLimits limits) {
    return new HeldBytes(limits.consoleBytes(), "bytes of consoles (limits.consoleBytes)");
  }

  /** That of the local socket, on which there are only administrators. */
  final class Local implements Gate {
    private record Known() implements Pass {
      @Override
      public boolean known() {
        return true;
      }

      @Override
      public void close() {}
    }

    private final HeldBytes answers;
    private final HeldBytes consoles;
    private final DocumentRoom documents;

    public Local(HttpLimits limits) {
      this.answers = answersOf(limits);
      this.consoles = consolesOf(limits);
      this.documents = new DocumentRoom(limits.documentBytes());
    }

    @Override
    public Pass admit(Request request) {
      return new Known();
    }

    @Override
    public void vouch(Request request) {}

    @Override
    public HeldBytes answers() {
      return answers;
    }

    @Override
    public HeldBytes consoles() {
      return consoles;
    }

    @Override
    public Input.Room documents(Request request, Principal who) {
      return new Input.Room(documents, who.name());
    }
  }

  /** That of the network. */
  final class Remote implements Gate {
    private static final String CONSOLES = "/v1/consoles/";

    private record Passed(boolean known, Runnable leave) implements Pass {
      @Override
      public void close() {
        leave.run();
      }
    }

    private final Connections connections;
    private final Predicate<Request> showsToken;
    private final AnonymousRequests strangers;
    private final HeldBytes requests;
    private final HeldBytes answers;
    private final HeldBytes consoles;
    private final DocumentRoom documents;

    public Remote(HttpLimits limits, Connections connections, Predicate<Request> showsToken) {
      this.connections = connections;
      this.showsToken = showsToken;
      this.strangers = new AnonymousRequests(limits.unauthenticated());
      this.requests = new HeldBytes(limits.requests(), "requests (limits.requests)");
      this.answers = answersOf(limits);
      this.consoles = consolesOf(limits);
      this.documents = new DocumentRoom(limits.documentBytes());
    }

    @Override
    public Pass admit(Request request) {
      EndPoint end = end(request);
      if (showsToken.test(request)) {
        connections.vouch(end);
        return new Passed(true, requests.take(1)::close);
      }
      boolean mayShowTicket = opensConsole(request);
      if (!mayShowTicket) {
        connections.charge(end);
      }
      Object asking = strangers.enter(end);
      return new Passed(
          false,
          () -> {
            strangers.leave(asking);
            if (mayShowTicket) {
              connections.chargeUnlessKnown(end);
            }
          });
    }

    /** A browser cannot send the token with such a request; the ticket in its path is as good. */
    private static boolean opensConsole(Request request) {
      return request.getHeaders().contains(HttpHeader.UPGRADE, "websocket")
          && Request.getPathInContext(request).startsWith(CONSOLES);
    }

    @Override
    public void vouch(Request request) {
      connections.vouch(end(request));
    }

    private static EndPoint end(Request request) {
      return request.getConnectionMetaData().getConnection().getEndPoint();
    }

    @Override
    public HeldBytes answers() {
      return answers;
    }

    @Override
    public HeldBytes consoles() {
      return consoles;
    }

    @Override
    public Input.Room documents(Request request, Principal who) {
      // There is one token, so that the name tells nobody apart.
      return new Input.Room(documents, Source.of(end(request).getRemoteSocketAddress()));
    }
  }
}
