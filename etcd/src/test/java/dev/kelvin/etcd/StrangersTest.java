package dev.kelvin.etcd;

import static dev.kelvin.state.store.Refusals.refused;
import static dev.kelvin.state.store.StoreConformance.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreEngine.Place;
import dev.kelvin.state.store.Txn;
import io.etcd.jetcd.api.AuthEnableRequest;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthRoleAddRequest;
import io.etcd.jetcd.api.AuthRoleGrantPermissionRequest;
import io.etcd.jetcd.api.AuthUserAddRequest;
import io.etcd.jetcd.api.AuthUserGrantRoleRequest;
import io.etcd.jetcd.api.Permission;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An etcd that lets in everybody is not used unless that is allowed. */
class StrangersTest {
  @TempDir Path directory;
  private final EtcdEngine engine = new EtcdEngine();

  @Test
  void anOpenEtcdIsUsedWhereThatIsAllowed() throws Exception {
    try (EtcdServer server = EtcdServer.start(directory)) {
      Place place = server.place("/k/");
      Problem problem = refused(Code.INVALID_ARGUMENT, () -> engine.open(place));
      assertThat(problem.object()).contains(server.endpoint());
      assertThat(problem.field()).isEqualTo("state.allowUnauthenticated");
      assertThat(problem.remedy()).contains("--client-cert-auth", "etcdctl auth enable");
      works(new Place(place.endpoints(), null, null, null, "/k/", true));
    }
  }

  private void works(Place place) {
    try (Store store = engine.open(place)) {
      store.commit(Txn.of(put("a", "1")));
      assertThat(store.get("a")).isPresent();
    }
  }

  @Test
  void certificatesThatAreDemandedKeepStrangersOut() throws Exception {
    var authority = new Certificates(directory, "ca");
    try (EtcdServer server = demanding(authority)) {
      works(place(server, authority, authority.issue("daemon")));
    }
  }

  /** That this daemon shows a certificate does not say that others have to. */
  @Test
  void certificatesThatNobodyAsksForKeepNobodyOut() throws Exception {
    var authority = new Certificates(directory, "ca");
    Path member = authority.issue("member");
    var tls = new EtcdServer.Tls(authority.ca(), member, Certificates.key(member), false);
    try (EtcdServer server = EtcdServer.start(directory, tls)) {
      Place place = place(server, authority, authority.issue("root"));
      refused(Code.INVALID_ARGUMENT, () -> engine.open(place));
      turnUsersOn(place);
      Strangers.requireLockedOut(place); // though Kelvin cannot get in like that either
      assertThat(refused(Code.HOST_FAILURE, () -> engine.open(place)).cause())
          .contains("user name is empty");
    }
  }

  @Test
  void aUserOfEtcdsReachesWhatIsGrantedOnly() throws Exception {
    var authority = new Certificates(directory, "ca");
    try (EtcdServer server = demanding(authority)) {
      turnUsersOn(place(server, authority, authority.issue("root")));
      works(place(server, authority, authority.issue("kelvin")));
      Problem other =
          refused(
              Code.HOST_FAILURE,
              () -> engine.open(place(server, authority, authority.issue("other"))));
      assertThat(other.cause()).contains("etcdserver");
    }
  }

  /** One that demands certificates. */
  private EtcdServer demanding(Certificates authority) throws Exception {
    Path member = authority.issue("member");
    var tls = new EtcdServer.Tls(authority.ca(), member, Certificates.key(member));
    return EtcdServer.start(directory, tls);
  }

  private static Place place(EtcdServer server, Certificates authority, Path shown) {
    return new Place(
        List.of(server.endpoint()), authority.ca(), shown, Certificates.key(shown), "/k/");
  }

  /** Users root, who may do everything, and kelvin, who may use the store's prefix. */
  private static void turnUsersOn(Place place) {
    try (var members = new Members(place)) {
      var auth = AuthGrpc.newBlockingStub(members.get(0));
      auth.roleAdd(AuthRoleAddRequest.newBuilder().setName("store").build());
      var permission =
          Permission.newBuilder()
              .setPermType(Permission.Type.READWRITE)
              .setKey(ByteString.copyFromUtf8("/k/"))
              .setRangeEnd(ByteString.copyFromUtf8("/k0"));
      auth.roleGrantPermission(
          AuthRoleGrantPermissionRequest.newBuilder().setName("store").setPerm(permission).build());
      for (String user : List.of("root", "kelvin")) {
        String role = user.equals("root") ? "root" : "store";
        auth.userAdd(AuthUserAddRequest.newBuilder().setName(user).setPassword("x").build());
        auth.userGrantRole(
            AuthUserGrantRoleRequest.newBuilder().setUser(user).setRole(role).build());
      }
      auth.authEnable(AuthEnableRequest.getDefaultInstance());
    }
  }
}
