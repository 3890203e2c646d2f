package dev.kelvin.api;

import dev.kelvin.api.http.ProtocolException;
import dev.kelvin.codec.Answers;
import dev.kelvin.codec.UnreadableAnswer;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Problem.Violation;
import dev.kelvin.model.WireName;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What a daemon's refusals and a failing connection mean to the user. */
final class Problems {
  private Problems() {}

  /** A refusal as it comes; the code may be one of another version. */
  private record Refusal(
      @Nullable String code,
      @Nullable String detail,
      @Nullable String object,
      @Nullable String field,
      @Nullable String cause,
      @Nullable String remedy,
      @Nullable List<Fault> violations) {}

  private record Fault(@Nullable String field, @Nullable String cause, @Nullable String remedy) {}

  /** The problem in an answer; one that tells the status when the answer has none. */
  static Problem of(int status, byte[] body) {
    Refusal refusal;
    try {
      refusal = Answers.read(body, Refusal.class);
    } catch (UnreadableAnswer e) {
      return plain(status, new String(body, StandardCharsets.UTF_8));
    }
    if (refusal.code() == null || refusal.detail() == null) {
      return plain(status, new String(body, StandardCharsets.UTF_8));
    }
    var violations = new ArrayList<Violation>();
    for (Fault fault : refusal.violations() == null ? List.<Fault>of() : refusal.violations()) {
      violations.add(new Violation(text(fault.field()), text(fault.cause()), text(fault.remedy())));
    }
    return new Problem(
        WireName.find(Code.class, refusal.code()).orElse(byStatus(status)),
        refusal.detail(),
        refusal.object(),
        refusal.field(),
        refusal.cause(),
        refusal.remedy(),
        violations);
  }

  private static String text(@Nullable String value) {
    return value == null ? "" : value;
  }

  private static Code byStatus(int status) {
    return Arrays.stream(Code.values())
        .filter(code -> code.httpStatus() == status)
        .findFirst()
        .orElse(status >= 400 && status < 500 ? Code.INVALID_ARGUMENT : Code.INTERNAL);
  }

  private static Problem plain(int status, String body) {
    String start = body.strip();
    return Problem.of(byStatus(status), "The daemon answers with status " + status)
        .because(start.length() <= 200 ? start : start.substring(0, 200) + "...")
        .remedy("look into the daemon's log, or whether something else listens there");
  }

  static Problem unreadable(String endpoint, Exception why) {
    return Problem.of(Code.UNAVAILABLE, "The daemon's answer cannot be understood")
        .on(endpoint)
        .because(why.getMessage())
        .remedy(
            "check with \"kelvin info\" that the daemon is of the same version as this program");
  }

  static Problem of(Endpoint endpoint, IOException e) {
    String cause = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return switch (e) {
      case AccessDeniedException denied ->
          Problem.of(Code.FORBIDDEN, "You may not talk to this daemon")
              .on(endpoint.name())
              .because("its socket is open only to root and to the user whom the daemon runs as")
              .remedy("become that user, or set KELVIN_URL and KELVIN_TOKEN");
      case ConnectException refused ->
          Problem.of(Code.UNAVAILABLE, "No Kelvin daemon answers")
              .on(endpoint.name())
              .because(cause)
              .remedy(
                  endpoint instanceof Endpoint.Local
                      ? "start one: kelvin up --detach"
                      : "check the URL, and that the daemon runs there");
      case SocketTimeoutException slow ->
          Problem.of(Code.TIMEOUT, "The daemon does not answer in time")
              .on(endpoint.name())
              .because(cause)
              .remedy("try again; if it stays so, look into the daemon's log");
      case SSLException tls ->
          Problem.of(Code.UNAUTHENTICATED, "The daemon cannot be trusted")
              .on(endpoint.name())
              .because(deepest(tls))
              .remedy("compare KELVIN_FINGERPRINT with what \"kelvin info\" shows on its host");
      case InterruptedIOException interrupted -> cancelled(endpoint);
      case ClosedByInterruptException interrupted -> cancelled(endpoint);
      case ProtocolException strange -> unreadable(endpoint.name(), strange);
      case IOException broken ->
          Problem.of(Code.UNAVAILABLE, "The connection to the daemon broke")
              .on(endpoint.name())
              .because(cause)
              .remedy("try again; if the daemon has ended, its log says why");
    };
  }

  private static Problem cancelled(Endpoint endpoint) {
    return Problem.of(Code.CANCELLED, "The wait for the daemon was interrupted")
        .on(endpoint.name())
        .because("this program was told to end")
        .remedy("what the daemon has begun goes on: see \"kelvin task ls\"");
  }

  private static String deepest(Throwable thrown) {
    Throwable at = thrown;
    while (at.getCause() != null) {
      at = at.getCause();
    }
    return String.valueOf(at.getMessage());
  }
}
