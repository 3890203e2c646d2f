package dev.kelvin.server.http.answer;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.server.http.request.MediaTypes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Writes problems as problem documents (RFC 9457): Kelvin's own, and those that Jetty finds before
 * a request reaches Kelvin.
 */
public final class ProblemRenderer implements Request.Handler {
  private static final String TYPES = "https://kelvin.dev/problems/";

  /** A problem on the wire. Its status is always that of its code. */
  private record ProblemDocument(
      String type,
      String title,
      int status,
      Code code,
      String detail,
      @Nullable String object,
      @Nullable String field,
      @Nullable String cause,
      @Nullable String remedy,
      List<Problem.Violation> violations) {}

  public static byte[] json(Problem problem) {
    Code code = problem.code();
    return Documents.json(
        new ProblemDocument(
            TYPES + code.wire(),
            code.title(),
            code.httpStatus(),
            code,
            problem.detail(),
            problem.object(),
            problem.field(),
            problem.cause(),
            problem.remedy(),
            problem.violations()));
  }

  /** Sets status and headers, and returns the body. */
  public static ByteBuffer prepare(Problem problem, Response response) {
    response.setStatus(problem.code().httpStatus());
    var headers = response.getHeaders();
    headers.put(HttpHeader.CONTENT_TYPE, MediaTypes.PROBLEM);
    headers.put(HttpHeader.CACHE_CONTROL, "no-store");
    headers.remove(HttpHeader.ETAG);
    headers.remove(HttpHeader.LOCATION);
    if (problem.code() == Code.UNAUTHENTICATED) {
      headers.put(HttpHeader.WWW_AUTHENTICATE, "Bearer realm=\"Kelvin\"");
    }
    return ByteBuffer.wrap(json(problem));
  }

  /** Answers for Jetty when it refuses a request by itself. */
  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    int status = response.getStatus();
    Throwable thrown = (Throwable) request.getAttribute(ErrorHandler.ERROR_EXCEPTION);
    String reason = (String) request.getAttribute(ErrorHandler.ERROR_MESSAGE);
    if (thrown instanceof HttpException http) {
      status = http.getCode();
      reason = http.getReason();
    } else if (thrown instanceof IOException) {
      // Such as the end of the daemon while it reads a request.
      status = HttpStatus.SERVICE_UNAVAILABLE_503;
      reason = "the connection was closed: " + thrown;
    }
    String why = reason == null ? HttpStatus.getMessage(status) : reason;
    response.write(true, prepare(refusal(status, why), response), callback);
    return true;
  }

  /** What Jetty's refusal means to a user. */
  public static Problem refusal(int status, String reason) {
    return switch (status) {
      case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431, HttpStatus.URI_TOO_LONG_414 ->
          Problem.of(Code.TOO_LARGE, "The head of the request is too large")
              .because(reason)
              .remedy("send a shorter address and fewer or shorter headers");
      case HttpStatus.PAYLOAD_TOO_LARGE_413 ->
          Problem.of(Code.TOO_LARGE, "The request is too large")
              .because(reason)
              .remedy("send a smaller one");
      case HttpStatus.REQUEST_TIMEOUT_408, HttpStatus.GATEWAY_TIMEOUT_504 ->
          Problem.of(Code.TIMEOUT, "The request did not arrive in time")
              .because(reason)
              .remedy("send it again");
      case HttpStatus.SERVICE_UNAVAILABLE_503 ->
          Problem.of(Code.UNAVAILABLE, "The daemon does not take requests now")
              .because(reason)
              .remedy("try again in a moment");
      default ->
          (status >= 400 && status < 500) || status == HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505
              ? Problem.of(Code.MALFORMED, "The request cannot be understood")
                  .because(reason)
                  .remedy("send a request of HTTP/1.1 or HTTP/2 with a percent-encoded address")
              : Problem.of(Code.INTERNAL, "Kelvin met a case that it does not handle")
                  .because(reason)
                  .remedy("report it with the daemon's log of this moment");
    };
  }
}
