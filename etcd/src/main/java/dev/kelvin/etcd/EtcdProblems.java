package dev.kelvin.etcd;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.StoreProblems;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What etcd's errors mean to a user. Its messages are part of its API: see {@code
 * etcdserver/api/v3rpc/rpctypes/error.go}.
 */
final class EtcdProblems {
  private EtcdProblems() {}

  /** The same question may be answered by another member, or by this one in a moment. */
  static boolean mayPass(StatusRuntimeException error) {
    return switch (error.getStatus().getCode()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, CANCELLED -> true;
      // What gRPC says of some connections that break; etcd's own words begin with its name.
      case UNKNOWN -> !said(error).startsWith("etcdserver");
      default -> isTooManyRequests(error);
    };
  }

  /** Whether etcd says that it has not even begun with a write. */
  static boolean wasNotBegun(StatusRuntimeException error) {
    String said = said(error);
    return said.contains("etcdserver: no leader")
        || said.contains("etcdserver: not leader")
        || isTooManyRequests(error);
  }

  private static boolean isTooManyRequests(StatusRuntimeException error) {
    return said(error).contains("etcdserver: too many requests");
  }

  static boolean isLeaseGone(StatusRuntimeException error) {
    return said(error).contains("requested lease not found");
  }

  static boolean isCompacted(StatusRuntimeException error) {
    return said(error).contains("required revision has been compacted");
  }

  static boolean isFuture(StatusRuntimeException error) {
    return said(error).contains("required revision is a future revision");
  }

  private static String said(StatusRuntimeException error) {
    String description = error.getStatus().getDescription();
    return description == null ? "" : description;
  }

  /** What etcd has refused for good. */
  static ProblemException refused(List<String> endpoints, StatusRuntimeException error) {
    String said = said(error);
    String cause = said.isEmpty() ? error.getStatus().getCode().name() : said;
    Problem problem;
    if (said.contains("request is too large") || said.contains("too many operations")) {
      problem =
          Problem.of(Code.TOO_LARGE, "A change of the store is too large for etcd")
              .remedy("make the document smaller, or raise etcd's --max-request-bytes");
    } else if (said.contains("database space exceeded")) {
      problem =
          Problem.of(Code.HOST_FAILURE, "The store is full: etcd takes no more writes")
              .remedy(
                  "make room with \"etcdctl defrag\" on each member, raise its"
                      + " --quota-backend-bytes if need be, then run \"etcdctl alarm disarm\"");
    } else if (said.contains("corrupt")) {
      problem =
          Problem.of(Code.HOST_FAILURE, "etcd reports that its data are damaged")
              .remedy("see \"etcdctl alarm list\"; replace the damaged member");
    } else {
      Status.Code code = error.getStatus().getCode();
      boolean denied = code == Status.Code.UNAUTHENTICATED || code == Status.Code.PERMISSION_DENIED;
      problem =
          Problem.of(Code.HOST_FAILURE, "etcd refuses what the store asks of it")
              .remedy(
                  denied
                      ? "let the user of the daemon's certificate read and write the store's prefix"
                      : "see etcd's log of this moment");
    }
    return problem.on(place(endpoints)).because(cause).asException(error);
  }

  /** Nobody has answered in time. */
  static ProblemException unavailable(List<String> endpoints, @Nullable Exception last) {
    return Problem.of(Code.UNAVAILABLE, "The store does not answer")
        .on(place(endpoints))
        .because(why(last))
        .remedy(
            "check that a majority of etcd's members runs and can be reached from here, with"
                + " \"etcdctl endpoint status --cluster\"; Kelvin goes on by itself then")
        .asException(last == null ? new IllegalStateException("no answer") : last);
  }

  /** A write was sent and nothing came back. */
  static ProblemException unknownOutcome(List<String> endpoints, Exception error) {
    return StoreProblems.unknownOutcome(place(endpoints), why(error), error);
  }

  static Problem tooFarBehind(long at, long now) {
    return StoreProblems.unknownRevision(
            at, "the watch is at revision " + at + " while the store is at " + now)
        .problem();
  }

  private static String place(List<String> endpoints) {
    return "etcd " + String.join(", ", endpoints);
  }

  private static String why(@Nullable Exception error) {
    if (!(error instanceof StatusRuntimeException known)) {
      return "no member could be connected to in time";
    }
    if (known.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED) {
      return "there was no answer in time; there may be no leader";
    }
    String said = said(known).isEmpty() ? known.getStatus().getCode().name() : said(known);
    return said + reasons(known.getCause());
  }

  /** What lies beneath, such as the handshake that failed. */
  private static String reasons(@Nullable Throwable cause) {
    var all = new StringBuilder();
    for (Throwable one = cause; one != null; one = one.getCause()) {
      String message = one.getMessage();
      if (message != null && all.indexOf(message) < 0) {
        all.append(": ").append(message);
      }
    }
    return all.toString();
  }
}
