package dev.kelvin.qmp;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Asks all agents that its arguments name at once, and says how many broke the rules. */
final class HostileCrowd {
  private HostileCrowd() {}

  public static void main(String[] sockets) throws InterruptedException {
    var budget = new Budget(24 << 20);
    var violations = new AtomicInteger();
    var busy = new AtomicInteger();
    var threads = new ArrayList<Thread>();
    for (String socket : sockets) {
      threads.add(Thread.ofVirtual().start(() -> ask(Path.of(socket), budget, violations, busy)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    System.out.println(
        "violations " + violations + ", busy " + busy + ", left of the budget " + budget.left());
    System.out.println("ended " + (violations.get() + busy.get()));
  }

  private static void ask(
      Path socket, Budget budget, AtomicInteger violations, AtomicInteger busy) {
    var limit = Duration.ofSeconds(40);
    try (var agent = AgentClient.connect(socket, limit, Dialer.plain(), budget)) {
      agent.networkInterfaces();
    } catch (QmpException.ProtocolViolation e) {
      violations.incrementAndGet();
    } catch (QmpException.Busy e) {
      busy.incrementAndGet();
    } catch (QmpException e) {
      System.out.println(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
