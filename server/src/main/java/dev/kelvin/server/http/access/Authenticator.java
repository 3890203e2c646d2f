package dev.kelvin.server.http.access;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.server.action.Principal;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import jdk.net.ExtendedSocketOptions;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** Finds out who asks: by the kernel's word on the Unix socket, by the token elsewhere. */
public final class Authenticator {
  private static final Logger LOG = System.getLogger(Authenticator.class.getName());
  private static final String SCHEME = "bearer ";
  private static final String KNOWN = Authenticator.class.getName();

  private final Set<UserPrincipal> peers;
  private final Supplier<AdminToken> token;

  public Authenticator(Set<Integer> peerUids, Supplier<AdminToken> token) throws IOException {
    this.peers = new HashSet<>();
    for (int uid : peerUids) {
      peers.add(user(uid));
    }
    this.token = token;
  }

  /**
   * The user with this id. Java finds users by name only and takes a number for a name first, which
   * can ask a directory server that does not answer; so the usual ones are found without.
   */
  private static UserPrincipal user(int uid) throws IOException {
    Path self = Path.of("/proc/self");
    if (Files.getAttribute(self, "unix:uid").equals(uid)) {
      return Files.getOwner(self);
    }
    UserPrincipalLookupService users = FileSystems.getDefault().getUserPrincipalLookupService();
    if (uid == 0) {
      try {
        return users.lookupPrincipalByName("root");
      } catch (UserPrincipalNotFoundException e) {
        LOG.log(Level.DEBUG, "the user with the id 0 is not called root here", e);
      }
    }
    return users.lookupPrincipalByName(Integer.toString(uid));
  }

  /**
   * Who sent the request.
   *
   * @param open whether the request needs no token
   * @throws ProblemException forbidden for a process of another user, unauthenticated without the
   *     right token
   */
  public Principal identify(Request request, boolean open) {
    ConnectionMetaData connection = request.getConnectionMetaData();
    if (connection.getConnection().getEndPoint().getTransport() instanceof SocketChannel channel
        && isLocal(channel)) {
      if (connection.getAttribute(KNOWN) instanceof Principal known) {
        return known;
      }
      Principal peer = peer(channel);
      connection.setAttribute(KNOWN, peer);
      return peer;
    }
    if (open) {
      return new Principal("anonymous", Principal.Means.TOKEN);
    }
    String given = bearer(request.getHeaders().getValuesList(HttpHeader.AUTHORIZATION));
    if (given == null) {
      throw refusal("no token was given", "send the header Authorization: Bearer TOKEN")
          .asException();
    } else if (!token.get().matches(given)) {
      throw refusal(
              "the token is not the administrator's",
              "take it from the file \"token\" in the daemon's configuration directory")
          .asException();
    }
    return new Principal("admin", Principal.Means.TOKEN);
  }

  /** Whether a request from the network shows the token. Waits for nothing. */
  public static boolean shows(AdminToken token, Request request) {
    String given = bearer(request.getHeaders().getValuesList(HttpHeader.AUTHORIZATION));
    return given != null && token.matches(given);
  }

  private static boolean isLocal(SocketChannel channel) {
    try {
      return channel.getLocalAddress() instanceof UnixDomainSocketAddress;
    } catch (IOException e) {
      throw refusal("the connection is gone", "connect again").asException(e);
    }
  }

  private Principal peer(SocketChannel channel) {
    UserPrincipal user;
    try {
      user = channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
    } catch (IOException e) {
      throw refusal(
              "the kernel does not say who is at the other end",
              "connect again, or use the API over TLS with the administrator's token")
          .asException(e);
    }
    if (!peers.contains(user)) {
      throw Problem.of(Code.FORBIDDEN, "This user may not use the local API")
          .because("only root and the daemon's own user may, and this is " + user.getName())
          .remedy("use sudo, or the API over TLS with the administrator's token")
          .asException();
    }
    return new Principal(user.getName(), Principal.Means.PEER_CREDENTIALS);
  }

  private static @Nullable String bearer(List<String> values) {
    for (String value : values) {
      if (value.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
        return value.substring(SCHEME.length()).strip();
      }
    }
    return null;
  }

  private static Problem refusal(String cause, String remedy) {
    return Problem.of(Code.UNAUTHENTICATED, "It is not known who asks")
        .because(cause)
        .remedy(remedy);
  }
}
