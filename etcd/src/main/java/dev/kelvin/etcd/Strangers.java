package dev.kelvin.etcd;

import com.google.protobuf.ByteString;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.StoreEngine.Place;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Finds out whether an etcd lets in anybody who reaches it: one that demands no certificate and has
 * no users turned on. What is in it is as good as root on the host.
 */
final class Strangers {
  private static final System.Logger LOG = System.getLogger(Strangers.class.getName());

  /** For one member. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** A connection may break by accident, which must not pass for a refusal. */
  private static final int ATTEMPTS = 3;

  private Strangers() {}

  /**
   * Refuses an etcd that has let this daemon in and would let in anybody. A member that does not
   * answer is passed over.
   *
   * @throws ProblemException invalid-argument, unless the place allows it
   */
  static void requireLockedOut(Place place) {
    if (place.allowUnauthenticated()) {
      return;
    }
    if (place.certificate() == null) {
      throw open(place.endpoints().getFirst()); // it has let this daemon in, which showed nothing
    }
    var nobody = new Place(place.endpoints(), place.ca(), null, null, place.prefix());
    try (var members = new Members(nobody)) {
      for (int i = 0; i < members.count(); i++) {
        if (letsIn(members.get(i), place.prefix())) {
          throw open(place.endpoints().get(i));
        }
      }
    }
  }

  /** Whoever may read may write as well: without users there are no rights in etcd. */
  private static boolean letsIn(Channel member, String prefix) {
    var request =
        RangeRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8(prefix))
            .setSerializable(true) // answered without a leader
            .setCountOnly(true)
            .build();
    for (int i = 0; i < ATTEMPTS; i++) {
      try {
        var _ =
            ClientCalls.blockingUnaryCall(
                member,
                KVGrpc.getRangeMethod(),
                CallOptions.DEFAULT.withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS),
                request);
        return true;
      } catch (StatusRuntimeException e) {
        LOG.log(System.Logger.Level.DEBUG, "asked etcd as nobody", e);
        if (e.getStatus().getCode() != Status.Code.UNAVAILABLE) {
          return false;
        }
      }
    }
    return false;
  }

  private static ProblemException open(String endpoint) {
    return Problem.of(Code.INVALID_ARGUMENT, "etcd lets in anybody who reaches it")
        .on("etcd " + endpoint)
        .at("state.allowUnauthenticated")
        .because(
            "it demands no client certificate and has no users turned on; who can write there can"
                + " run what he likes on this host")
        .remedy(
            "start its members with --client-cert-auth and --trusted-ca-file, or turn its users on"
                + " (\"etcdctl auth enable\"), and give Kelvin state.certificate and state.key;"
                + " where nobody else can reach it, write \"allowUnauthenticated: true\"")
        .asException();
  }
}
