package dev.kelvin.server.http.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.io.ByteArrayEndPoint;
import org.eclipse.jetty.io.EndPoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who gives way when there are too many who have not shown the token. */
class ConnectionsTest {
  private static final int MOST = 8;
  private static final int PER_SECOND = 100;

  private final AtomicLong nanos = new AtomicLong();
  private final List<Client> all = new ArrayList<>();
  private final Connections connections =
      new Connections(
          new HttpLimits(
              100, 50, MOST, PER_SECOND, 100, 100, 16_384, 4_096, 1 << 20, 1 << 20, 100, 512),
          nanos::get);

  private static final class Client extends ByteArrayEndPoint {
    private final SocketChannel channel;

    Client() throws IOException {
      this.channel = SocketChannel.open();
    }

    @Override
    public Object getTransport() {
      return channel;
    }
  }

  @AfterEach
  void letGo() throws IOException {
    for (Client one : all) {
      one.channel.close();
    }
  }

  private Client from(String address) throws IOException {
    var made = new Client();
    all.add(made);
    assertThat(connections.admit(made.channel, Source.of(InetAddress.getByName(address)))).isTrue();
    connections.opened(made);
    return made;
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private static boolean isOpen(EndPoint end) {
    return end.isOpen();
  }

  @Test
  void aFloodFromOneAddressPushesOutItself() throws IOException {
    Client other = from("10.0.0.2");
    pass(Duration.ofSeconds(10));
    var flood = new ArrayList<Client>();
    for (int i = 0; i < 100; i++) {
      flood.add(from("10.0.0.1"));
    }
    assertThat(other).as("it is the oldest of all").matches(ConnectionsTest::isOpen);
    Client late = from("10.0.0.3");
    for (int i = 0; i < 100; i++) {
      flood.add(from("10.0.0.1"));
    }
    assertThat(late).matches(ConnectionsTest::isOpen);
    assertThat(flood.getLast()).matches(ConnectionsTest::isOpen);
    assertThat(flood.getFirst()).matches(end -> !end.isOpen());
    assertThat(connections.count()).isEqualTo(MOST);
  }

  @Test
  void addressesOfOneNetworkOfIpv6CountTogether() throws IOException {
    Client other = from("2001:db8:0:1::1");
    for (int i = 0; i < 50; i++) {
      from("2001:db8:0:2::" + Integer.toHexString(i + 1));
    }
    assertThat(other).matches(ConnectionsTest::isOpen);
  }

  @Test
  void whoHasJustComeIsSparedWhileOthersHaveHadTheirTime() throws IOException {
    Client first = from("10.0.0.1");
    for (int i = 0; i < 3; i++) {
      from("10.0.0.1");
    }
    pass(Crowd.GRACE);
    Client fresh = from("10.0.0.2");
    for (int i = 0; i < 3; i++) {
      from("10.0.0.2");
    }
    Client newest = from("10.0.0.2");
    assertThat(first).as("of the ones that had their time").matches(end -> !end.isOpen());
    assertThat(fresh).matches(ConnectionsTest::isOpen);
    assertThat(newest).matches(ConnectionsTest::isOpen);
  }

  @Test
  void whoHasShownTheTokenGivesWayToNone() throws IOException {
    Client known = from("10.0.0.1");
    connections.vouch(known);
    for (int i = 0; i < 50; i++) {
      from("10.0.0.1");
    }
    assertThat(known).matches(ConnectionsTest::isOpen);
  }

  /** Nothing is kept of those that are gone. */
  @Test
  void whoIsGoneIsForgotten() throws IOException {
    for (int i = 0; i < 200; i++) {
      Client one = from("10.0." + i + ".1");
      if (i % 2 == 0) {
        connections.vouch(one);
      }
      SelectableChannel channel = Connections.channel(one);
      connections.closed(channel);
      connections.closed(channel);
    }
    assertThat(connections.count()).isZero();
    assertThat(connections.sources()).isZero();
  }

  @Test
  void whatComesFasterThanItCanBeServedIsRefused() throws Exception {
    Source source = Source.of(InetAddress.getByName("10.0.0.1"));
    int refused = 0;
    for (int i = 0; i < 1_000; i++) {
      pass(Duration.ofMillis(1));
      var one = new Client();
      all.add(one);
      refused += connections.admit(one.channel, source) ? 0 : 1;
      connections.closed(one.channel);
    }
    // Taken are 200 at once, and 20 in the second that this lasts.
    assertThat(refused).isBetween(775, 785);
    assertThat(from("10.0.0.2")).matches(ConnectionsTest::isOpen);
  }

  @Test
  void whoShowsTheTokenHasTakenNothing() throws IOException {
    for (int i = 0; i < 500; i++) {
      Client known = from("10.0.0.1");
      connections.vouch(known);
      connections.vouch(known);
      connections.closed(Connections.channel(known));
    }
  }

  @Test
  void whatIsRefusedForLackOfPlaceHasTakenNothing() throws IOException {
    for (int i = 0; i < MOST; i++) { // they are still being taken, so none can leave
      var one = new Client();
      all.add(one);
      assertThat(connections.admit(one.channel, Source.of(InetAddress.getByName("10.0.0.1"))))
          .isTrue();
    }
    Source source = Source.of(InetAddress.getByName("10.0.0.2"));
    for (int i = 0; i < PER_SECOND * 100; i++) {
      assertThat(connections.admit(all.getFirst().channel, source)).isFalse();
    }
    connections.closed(all.getFirst().channel);
    assertThat(connections.admit(all.getFirst().channel, source)).isTrue();
  }

  @Test
  void requestsCountForTheAddressOfTheirConnection() throws IOException {
    Client asking = from("10.0.0.1");
    Client known = from("10.0.0.1");
    connections.vouch(known);
    for (int i = 0; i < PER_SECOND * 10 - Allowance.CONNECTION; i++) {
      connections.charge(asking);
    }
    assertThatThrownBy(() -> connections.charge(asking)).hasMessageContaining("too much");
    assertThat(asking).matches(ConnectionsTest::isOpen);
    for (int i = 0; i < PER_SECOND * 2; i++) {
      connections.chargeUnlessKnown(known);
      connections.chargeUnlessKnown(asking);
    }
    assertThat(asking).matches(end -> !end.isOpen());
    assertThatThrownBy(() -> connections.charge(known)).hasMessageContaining("too much");
    assertThat(known).matches(ConnectionsTest::isOpen);
    connections.closed(Connections.channel(asking));
    assertThatThrownBy(() -> connections.charge(asking)).hasMessageContaining("too much");
    assertThat(from("10.0.0.2")).matches(ConnectionsTest::isOpen);
  }

  @Test
  void requestsOfStrangersGiveWayByAddress() throws IOException {
    var strangers = new AnonymousRequests(MOST, nanos::get);
    var other = new Client();
    all.add(other);
    Object request = strangers.enter(other, Source.of(InetAddress.getByName("10.0.0.2")));
    pass(Duration.ofSeconds(10));
    for (int i = 0; i < 50; i++) {
      var one = new Client();
      all.add(one);
      strangers.enter(one, Source.of(InetAddress.getByName("10.0.0.1")));
    }
    assertThat(other).matches(ConnectionsTest::isOpen);
    assertThat(strangers.count()).isEqualTo(MOST);
    strangers.leave(request);
    assertThat(strangers.count()).isEqualTo(MOST - 1);
  }
}
