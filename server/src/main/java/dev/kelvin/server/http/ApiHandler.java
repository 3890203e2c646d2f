package dev.kelvin.server.http;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Actions;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.action.Principal;
import dev.kelvin.server.http.access.Authenticator;
import dev.kelvin.server.http.access.Gate;
import dev.kelvin.server.http.answer.Live;
import dev.kelvin.server.http.answer.ProblemRenderer;
import dev.kelvin.server.http.answer.Projection;
import dev.kelvin.server.http.answer.Responder;
import dev.kelvin.server.http.request.Input;
import dev.kelvin.server.http.request.QueryParameters;
import dev.kelvin.server.http.route.Route;
import dev.kelvin.server.http.route.Route.Target;
import dev.kelvin.server.http.route.Route.Trait;
import dev.kelvin.server.http.route.Router;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadFactory;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Takes each request from its first byte to the last of its answer, on a virtual thread of its own:
 * who asks, what is asked, do it, say what came of it. It sees to that thread by itself, because
 * Jetty calls it on one of its few own threads, too, as the protocol and its negotiation will have
 * it.
 */
final class ApiHandler extends Handler.Abstract.NonBlocking {
  private static final Logger LOG = System.getLogger(ApiHandler.class.getName());
  private static final String REQUEST_ID = "X-Request-Id";

  /** What comes from a guest must not act in the browser of an administrator. */
  private static final String CONTENT_POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  /** How much of a refused upload is read, so that its sender gets to read the refusal. */
  private static final long PATIENCE_BYTES = 64L << 20;

  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Gate gate;
  private final ThreadFactory threads = Thread.ofVirtual().name("http-", 0).factory();
  private final Router router;
  private final Authenticator authenticator;
  private final Actions actions;
  private final Responder responder;
  private final Consoles consoles;
  private final Live live;

  ApiHandler(
      Gate gate,
      Router router,
      Authenticator authenticator,
      Actions actions,
      Responder responder,
      Consoles consoles,
      Live live) {
    this.gate = gate;
    this.router = router;
    this.authenticator = authenticator;
    this.actions = actions;
    this.responder = responder;
    this.consoles = consoles;
    this.live = live;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    String id = requestId(request);
    response.getHeaders().put(REQUEST_ID, id);
    response.getHeaders().put("X-Content-Type-Options", "nosniff");
    response.getHeaders().put("Content-Security-Policy", CONTENT_POLICY);
    Gate.Pass pass;
    try {
      pass = gate.admit(request);
    } catch (ProblemException full) {
      response.write(true, ProblemRenderer.prepare(full.problem(), response), callback);
      return true;
    }
    var done = Callback.from(callback, pass::close);
    // Work that takes longer than a connection may be idle is no reason to break the connection.
    request.addIdleTimeoutListener(timeout -> false);
    live.begin();
    threads.newThread(() -> work(pass, new Access(id, request, response), done)).start();
    return true;
  }

  private void work(Gate.Pass pass, Access access, Callback callback) {
    Request request = access.request;
    try {
      if (serve(request, access.response, callback, access)) {
        return;
      }
      finish(pass, request);
      callback.succeeded();
    } catch (IOException gone) {
      LOG.log(Level.DEBUG, () -> "request " + access.id + ": the client is gone: " + gone);
      callback.failed(gone);
    } catch (Throwable thrown) {
      refuse(thrown, pass, access, callback);
    } finally {
      live.finish();
      access.log();
    }
  }

  /** Returns whether the callback is taken care of. */
  private boolean serve(Request request, Response response, Callback callback, Access access)
      throws IOException, InterruptedException {
    Route route;
    Map<String, String> path;
    switch (router.find(request.getMethod(), Request.getPathInContext(request))) {
      case Router.Result.Found(Route found, Map<String, String> values) -> {
        route = found;
        path = values;
      }
      case Router.Result.WrongMethod(String allow, Problem problem) -> {
        authenticator.identify(request, false);
        response.getHeaders().put(HttpHeader.ALLOW, allow);
        throw problem.asException();
      }
      case Router.Result.Nowhere(Problem problem) -> {
        authenticator.identify(request, false);
        throw problem.asException();
      }
    }
    access.route = route.template();
    Principal who = authenticator.identify(request, route.is(Trait.OPEN));
    access.who = who.name();
    refuseCondition(route, request);
    var query = QueryParameters.parse(request.getHttpURI().getQuery(), route.parameters());
    var input = new Input(request, path, query, gate.documents(request, who));
    response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
    switch (route.target()) {
      case Target.Ask(Route.Decoder decoder, int whenDone) -> {
        Action action = decoder.decode(input);
        Projection projection = Projection.of(action, query);
        Outcome outcome = actions.perform(who, action);
        responder.answer(outcome, route, whenDone, projection, request, response);
      }
      case Target.Page(var content) ->
          responder.answer(content.get(), route, 200, Projection.whole(), request, response);
      case Target.Redirect(String to) -> {
        response.setStatus(302);
        response.getHeaders().put(HttpHeader.LOCATION, to);
        Content.Sink.write(response, true, ByteBuffer.allocate(0));
      }
      case Target.Console() -> {
        consoles.open(input.path("ticket"), request, response, callback);
        return true;
      }
    }
    return false;
  }

  /** A condition that is not heeded must not be passed over (RFC 9110, section 13.1.1). */
  private static void refuseCondition(Route route, Request request) {
    boolean reads = route.method().equals("GET");
    if (!reads
        && !route.is(Trait.CONDITIONAL)
        && request.getHeaders().contains(HttpHeader.IF_MATCH)) {
      throw Problem.of(Code.INVALID_ARGUMENT, "If-Match is not possible here")
          .at("If-Match")
          .because("this operation does not depend on a revision")
          .remedy("leave the header out")
          .asException();
    }
  }

  private void refuse(Throwable thrown, Gate.Pass pass, Access access, Callback callback) {
    Response response = access.response;
    Problem problem = explain(thrown, access.id);
    if (response.isCommitted()) {
      // Half an answer is out; only breaking the connection tells the client.
      callback.failed(thrown);
      return;
    }
    try {
      ByteBuffer said = ProblemRenderer.prepare(problem, response);
      if (!pass.known() && mayHaveBody(access.request)) {
        // What a stranger sends is not read, not even to throw it away.
        response.getHeaders().put(HttpHeader.CONNECTION, "close");
      }
      Content.Sink.write(response, true, said);
      finish(pass, access.request);
      callback.succeeded();
    } catch (IOException gone) {
      LOG.log(Level.DEBUG, () -> "request " + access.id + ": the client is gone: " + gone);
      callback.failed(gone);
    }
  }

  private static boolean mayHaveBody(Request request) {
    boolean http2 = request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2;
    return !http2 && request.getLength() != 0;
  }

  private static void finish(Gate.Pass pass, Request request) {
    if (pass.known()) {
      drain(request);
    }
  }

  private static Problem explain(Throwable thrown, String id) {
    if (thrown instanceof InterruptedException) {
      return Problem.of(Code.UNAVAILABLE, "The daemon ends")
          .because("it was told to while it worked on this request")
          .remedy("send the request again when it is back");
    }
    Problem problem = ProblemException.toProblem(thrown);
    if (problem.code() == Code.INTERNAL) {
      LOG.log(Level.ERROR, "request " + id + " met a fault", thrown);
    } else {
      LOG.log(Level.DEBUG, () -> "request " + id + ": " + problem.oneLine());
    }
    return problem;
  }

  /**
   * Reads what is left of a body that nobody wanted. If the connection were closed on a client that
   * is still sending, it would see its own write fail instead of the answer.
   */
  private static void drain(Request request) {
    boolean http2 = request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2;
    Content.Chunk chunk = request.read();
    if (chunk != null) {
      chunk.release();
      if (chunk.isLast()) {
        return;
      }
    }
    if (http2 || request.getHeaders().contains(HttpHeader.EXPECT)) {
      return;
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    byte[] waste = new byte[16 << 10];
    long read = 0;
    try {
      InputStream rest = Content.Source.asInputStream(request);
      while (read < PATIENCE_BYTES && System.nanoTime() < deadline) {
        int count = rest.read(waste);
        if (count < 0) {
          return;
        }
        read += count;
      }
    } catch (IOException e) {
      LOG.log(Level.TRACE, () -> "the rest of a refused request did not come: " + e);
    }
  }

  /** The client's own id for the request if it is harmless, else a new one. */
  private static String requestId(Request request) {
    String given = request.getHeaders().get(REQUEST_ID);
    return given != null && given.matches("[A-Za-z0-9._-]{1,64}")
        ? given
        : UUID.randomUUID().toString();
  }

  /** One line of the access log. Addresses are logged as templates: some contain tickets. */
  private static final class Access {
    private final String id;
    private final Request request;
    private final Response response;
    private String route = "-";
    private String who = "-";

    Access(String id, Request request, Response response) {
      this.id = id;
      this.request = request;
      this.response = response;
    }

    void log() {
      LOG.log(
          Level.DEBUG,
          () ->
              String.join(
                  " ",
                  id,
                  who,
                  request.getMethod(),
                  route,
                  Integer.toString(response.getStatus()),
                  (System.nanoTime() - request.getBeginNanoTime()) / 1_000 + "us"));
    }
  }
}
