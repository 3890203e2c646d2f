package dev.kelvin.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.server.action.Action;
import dev.kelvin.server.action.Outcome;
import dev.kelvin.server.action.Outcome.Subscription;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams of server-sent events. */
@Timeout(60)
class EventsTest {
  /** Tells what a test puts into it. */
  private static final class Told implements Subscription {
    final LinkedBlockingQueue<Item> items = new LinkedBlockingQueue<>();
    volatile boolean closed;
    volatile @Nullable Problem failure;

    void tell(long id, String event, Object data) {
      items.add(new Item(id, event, data));
    }

    @Override
    public @Nullable Item next(Duration wait) throws InterruptedException {
      Problem failed = failure;
      if (failed != null) {
        throw failed.asException();
      }
      return items.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private TestServer server;

  @BeforeEach
  void start(@TempDir Path directory, TestInfo test) {
    var settings = TestServer.settings(directory, Set.of(TestServer.ownUid()));
    // Signs of life on hundreds of streams would be all that such a test does.
    boolean many = test.getTags().contains("many");
    server = TestServer.start(settings, many ? Duration.ofSeconds(1) : Duration.ofMillis(50));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void tellsChangesInTheFormOfServerSentEvents() throws Exception {
    var told = new Told();
    told.tell(7, "put", Samples.vm("web1"));
    told.tell(8, "delete", Map.of("name", "web1"));
    server.actions.script = what -> new Outcome.Stream(told);
    try (var client = UnixClient.connect(server.socket())) {
      client.request("GET", "/v1/vms?watch=true&fields=metadata.name", null);
      assertThat(client.head()).isEqualTo(200);
      assertThat(client.headers()).containsEntry("content-type", "text/event-stream");
      assertThat(client.event())
          .containsExactly("id: 7", "event: put", "data: {\"metadata\":{\"name\":\"web1\"}}");
      assertThat(client.event())
          .containsExactly("id: 8", "event: delete", "data: {\"name\":\"web1\"}");
      told.tell(9, "put", Samples.vm("web2"));
      assertThat(client.event()).first().isEqualTo("id: 9");
    }
    TestServer.await("the subscription is closed", () -> told.closed);
  }

  @Test
  void resumesAfterTheLastEventThatWasSeen() throws Exception {
    server.actions.script =
        what -> {
          var events = (Action.Events) what;
          Long after = events.afterSequence();
          var told = new Told();
          for (long i = after == null ? 0 : after + 1; i < 5; i++) {
            told.tell(i, "vm.running", Map.of("n", i));
          }
          return new Outcome.Stream(told);
        };
    String seen;
    try (var client = UnixClient.connect(server.socket())) {
      client.request("GET", "/v1/events?after=1", null);
      client.head();
      client.headers();
      seen = client.event().getFirst();
    }
    assertThat(seen).isEqualTo("id: 2");
    try (var client = UnixClient.connect(server.socket())) {
      client.request("GET", "/v1/events", null, "Last-Event-ID: 2");
      client.head();
      client.headers();
      assertThat(client.event()).containsExactly("id: 3", "event: vm.running", "data: {\"n\":3}");
    }
  }

  @Test
  void commentsKeepAnIdleStreamAlive() throws Exception {
    var told = new Told();
    server.actions.script = what -> new Outcome.Stream(told);
    try (var client = UnixClient.connect(server.socket())) {
      client.request("GET", "/v1/events", null);
      client.head();
      client.headers();
      for (int i = 0; i < 4; i++) {
        assertThat(new String(client.chunk(), StandardCharsets.UTF_8)).isEqualTo(":\n\n");
      }
    }
    TestServer.await("the subscription is closed", () -> told.closed);
  }

  @Test
  void headOfAStreamEnds() {
    var told = new Told();
    server.actions.script = what -> new Outcome.Stream(told);
    assertThat(server.call("HEAD", "/v1/events").status()).isEqualTo(200);
    assertThat(told.closed).isTrue();
  }

  @Test
  void aFailureUnderWayIsTold() throws Exception {
    var told = new Told();
    told.failure = Problem.of(Code.REVISION_MISMATCH, "The stream has fallen behind");
    server.actions.script = what -> new Outcome.Stream(told);
    try (var client = UnixClient.connect(server.socket())) {
      client.request("GET", "/v1/vms?watch", null);
      client.head();
      client.headers();
      List<String> event = client.event();
      assertThat(event.getFirst()).isEqualTo("event: problem");
      byte[] data = event.get(1).substring("data: ".length()).getBytes(StandardCharsets.UTF_8);
      assertThat(Documents.tree(data).path("code").asString()).isEqualTo("revision-mismatch");
      assertThat(client.event()).isEmpty();
      client.request("GET", "/healthz", null);
      assertThat(client.answer().status()).isEqualTo(200);
    }
  }

  @Test
  void aRefusedWatchIsAProblem() {
    server.actions.script =
        what -> {
          throw Problem.of(Code.REVISION_MISMATCH, "The revision is too old").asException();
        };
    var answer = server.call("GET", "/v1/vms?watch=true&revision=1");
    assertThat(answer.status()).isEqualTo(412);
    Contract.check("GET", "/v1/vms?watch=true&revision=1", answer);
  }

  @Test
  void theEndOfTheDaemonEndsStreams() throws Exception {
    var told = new Told();
    server.actions.script = what -> new Outcome.Stream(told);
    try (var client = UnixClient.connect(server.socket())) {
      client.request("GET", "/v1/events", null);
      client.head();
      client.headers();
      client.chunk();
      server.close();
      assertThat(client.event()).isEmpty();
    }
    assertThat(told.closed).isTrue();
  }

  @Test
  @Tag("many")
  void manyWatchAtOnceOnOneConnectionAndOnMany() throws Exception {
    var all = new CopyOnWriteArrayList<Told>();
    server.actions.script =
        what -> {
          var told = new Told();
          all.add(told);
          return new Outcome.Stream(told);
        };
    var clients = new ArrayList<UnixClient>();
    var remote = new ArrayList<InputStream>();
    var uri = URI.create(server.server.url() + "/v1/vms?watch=true");
    var request =
        HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + server.token()).build();
    // A connection has at most 100 streams.
    try (var one = server.remote();
        var other = server.remote()) {
      for (int i = 0; i < 200; i++) {
        var client = UnixClient.connect(server.socket());
        clients.add(client);
        client.request("GET", "/v1/events", null);
        HttpResponse<InputStream> answer =
            (i < 100 ? one : other).send(request, BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        remote.add(answer.body());
      }
      TestServer.await("all watch", () -> all.size() == 400);
      all.forEach(told -> told.tell(1, "put", Map.of("name", "web1")));
      for (UnixClient client : clients) {
        client.head();
        client.headers();
        assertThat(client.event()).last().isEqualTo("data: {\"name\":\"web1\"}");
        client.close();
      }
      for (InputStream stream : remote) {
        assertThat(readEvent(stream)).contains("id: 1\nevent: put\ndata: {\"name\":\"web1\"}\n\n");
        stream.close();
      }
      TestServer.await(
          "all subscriptions are closed", () -> all.stream().allMatch(told -> told.closed));
    }
  }

  private static String readEvent(InputStream stream) throws Exception {
    var text = new StringBuilder();
    while (!text.toString().contains("data: ") || !text.toString().endsWith("\n\n")) {
      text.append((char) stream.read());
    }
    return text.toString();
  }
}
