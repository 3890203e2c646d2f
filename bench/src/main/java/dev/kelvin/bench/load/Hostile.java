package dev.kelvin.bench.load;

import dev.kelvin.api.Client;
import dev.kelvin.api.ListQuery;
import dev.kelvin.bench.hostile.Siege;
import dev.kelvin.bench.report.Bar;
import dev.kelvin.bench.report.Series;
import dev.kelvin.bench.session.BenchSession;
import dev.kelvin.bench.session.DaemonFigures;
import dev.kelvin.bench.session.Node;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a local client notices of a siege of the API over TLS: 2,000 idle and 500 slow connections,
 * 200 streams of events for clients that negotiate nothing, and tricks with windows and resets of
 * HTTP/2 all the while.
 */
public final class Hostile {
  private static final int REQUESTS = 3_000;
  private static final int WARM_UP = 1_000;

  /** So many that what one of them may ask for keeps none of them at bay. */
  private static final int ADDRESSES = 500;

  private final BenchSession session;
  private final Node node;

  private Hostile(BenchSession session, Node node) {
    this.session = session;
    this.node = node;
  }

  public static void measure(BenchSession session) throws IOException, InterruptedException {
    try (var node = session.node()) {
      node.start();
      new Hostile(session, node).measure();
    }
  }

  private void measure() throws IOException, InterruptedException {
    try (Client client = node.client()) {
      BenchSession.say("a local client in quiet");
      ask(client, WARM_UP, "warm-up");
      Series quiet = ask(client, REQUESTS, "local request, in quiet");
      session.add(quiet);
      besieged(client, quiet, 1, "one address");
      besieged(client, quiet, ADDRESSES, ADDRESSES + " addresses");
      session.note(
          "hostile: the attackers are a process on the same CPUs, with the lowest priority there.");
      session.describe(client.info());
    }
  }

  private void besieged(Client client, Series quiet, int addresses, String from)
      throws IOException, InterruptedException {
    BenchSession.say("the same during a siege from " + from);
    Process siege = besiege(client, addresses);
    Series besieged;
    double memory;
    try {
      besieged = ask(client, REQUESTS, "local request, during a siege from " + from);
      memory = DaemonFigures.residentMiB(node.pid());
    } finally {
      siege.destroy();
      siege.waitFor();
    }
    session.add(besieged);
    session.add(
        new Bar(
            "local request during a siege from " + from + " to one in quiet, p99",
            besieged.quantile(0.99) / quiet.quantile(0.99),
            3,
            "x"));
    session.add(
        new Bar("resident memory of the daemon during a siege from " + from, memory, 320, "MiB"));
  }

  private static Series ask(Client client, int count, String name) throws IOException {
    var times = new ArrayList<Duration>();
    for (int i = 0; i < count; i++) {
      long begin = System.nanoTime();
      client.vms(ListQuery.all());
      times.add(Duration.ofNanos(System.nanoTime() - begin));
    }
    return Series.ofTimes(name, times);
  }

  /** Returns when all its connections have been opened. */
  private Process besiege(Client client, int addresses) throws IOException {
    var command =
        List.of(
            "nice",
            "-n",
            "19",
            ProcessHandle.current().info().command().orElse("java"),
            "-Xmx512m",
            "-cp",
            System.getProperty("java.class.path"),
            Siege.class.getName(),
            client.info().url(),
            node.layout().token().toString(),
            Integer.toString(addresses));
    Process siege =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      var said =
          new BufferedReader(new InputStreamReader(siege.getInputStream(), StandardCharsets.UTF_8));
      String line = said.readLine();
      if (line == null || !line.startsWith(Siege.READY)) {
        throw new IOException("the siege did not come about: " + line);
      }
      BenchSession.say(line);
      session.note("hostile: " + line + ".");
    } catch (IOException e) {
      siege.destroyForcibly();
      throw e;
    }
    return siege;
  }
}
