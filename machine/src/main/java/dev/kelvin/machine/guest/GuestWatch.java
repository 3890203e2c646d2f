package dev.kelvin.machine.guest;

import dev.kelvin.codec.Documents;
import dev.kelvin.model.Code;
import dev.kelvin.model.GuestInfo;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.Vm;
import dev.kelvin.model.Waits;
import dev.kelvin.qmp.AgentClient;
import dev.kelvin.qmp.QmpException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The daemon's talk with a guest's agent: waits until it answers, and tells what it says whenever
 * that changes. One that breaks the rules of its protocol is left alone for a time that doubles
 * with each breach, and nobody else is given it meanwhile.
 */
public final class GuestWatch implements AutoCloseable {
  private static final Logger LOG = System.getLogger(GuestWatch.class.getName());
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration PING = Duration.ofSeconds(3);

  /**
   * How much longer one that has not answered is waited for, at most: a guest that has no CPU for
   * its agent is slow, and not silent. One that starts late loses nothing by it, since what waits
   * for it is the first that it reads.
   */
  private static final int MOST_PATIENCE = 3;

  private static final Duration SOON = Duration.ofSeconds(2);
  private static final Duration LATER = Duration.ofSeconds(30);
  private static final Duration LONGEST_REST = Duration.ofMinutes(5);
  private static final Duration END = Duration.ofSeconds(10);

  /** cloud-init writes it when its last stage has ended (cloud-init's "boot status" page). */
  private static final String CLOUD_INIT_RESULT = "/run/cloud-init/result.json";

  private static final String CLOUD_INIT_STATUS = "/run/cloud-init/status.json";

  /** Makes a client for the agent. */
  @FunctionalInterface
  public interface Connector {
    AgentClient connect(Duration limit);
  }

  private final Connector connector;
  private final String vm;
  private final Consumer<GuestNews> heard;
  private final Thread thread;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition wake = lock.newCondition();
  private final AtomicBoolean clockStood = new AtomicBoolean();
  private final GuestClock clock;
  private boolean woken;
  private volatile @Nullable AgentClient answering;
  private volatile @Nullable GuestInfo last;

  /** How it broke the rules last; null while it keeps to them. */
  private volatile @Nullable String breach;

  private int breaches;

  /** How often in a row it has not answered in time. */
  private int silences;

  public GuestWatch(Connector connector, String vm, Consumer<GuestNews> heard) {
    this.connector = connector;
    this.vm = vm;
    this.heard = heard;
    this.clock = new GuestClock(vm, InstantSource.system());
    this.thread = Thread.ofVirtual().name("guest-" + vm).unstarted(this::work);
  }

  public void start() {
    thread.start();
  }

  public boolean answers() {
    return answering != null;
  }

  /**
   * The agent that answers.
   *
   * @throws ProblemException guest-agent when none has answered since the guest started
   */
  public AgentClient agent() {
    AgentClient client = answering;
    String how = breach;
    if (client == null && how != null) {
      throw Problem.of(Code.GUEST_AGENT, "The guest agent breaks the rules of its protocol")
          .on(Vm.ref(vm))
          .because(how)
          .remedy("look for what speaks for the agent in the guest; Kelvin asks again by itself")
          .asException();
    }
    if (client == null) {
      throw Problem.of(Code.GUEST_AGENT, "The guest agent does not answer")
          .on(Vm.ref(vm))
          .because("it is not installed, not running yet, or the guest hangs")
          .remedy(
              "wait until the guest has booted; install qemu-guest-agent in it if it is missing")
          .asException();
    }
    return client;
  }

  /** Asks the guest to power off; false when its agent does not take it. */
  public boolean shutdown() {
    try {
      agent().shutdown();
      return true;
    } catch (QmpException | ProblemException e) {
      LOG.log(Level.INFO, () -> "the agent of " + vm + " does not shut it down: " + e.getMessage());
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** What is known of the guest is of the time before its restart. */
  public void guestRestarted() {
    answering = null;
    last = null;
    wake();
  }

  /**
   * The guest's CPUs stood still and go on: its clock is set when its agent answers. Returns at
   * once.
   */
  public void wentOn() {
    clockStood.set(true);
    wake();
  }

  /** There is reason to ask at once. */
  public void wake() {
    lock.lock();
    try {
      woken = true;
      wake.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    try {
      while (true) {
        Duration rest = SOON;
        int patience = Math.min(1 + silences, MOST_PATIENCE);
        try (AgentClient client = connector.connect(CONNECT.multipliedBy(patience))) {
          follow(client, PING.multipliedBy(patience));
        } catch (QmpException.ProtocolViolation e) {
          answering = null;
          rest = misbehaved(e);
        } catch (QmpException.TimedOut e) {
          silences++;
          silent(e);
        } catch (QmpException e) {
          silent(e);
        } catch (RuntimeException e) {
          // Whatever it is, this guest is watched on.
          LOG.log(Level.ERROR, "the watch of the guest " + vm + " failed and goes on", e);
        } finally {
          answering = null;
        }
        if (breaches > 0) {
          rest(rest);
        } else {
          pause(rest);
        }
      }
    } catch (InterruptedException e) {
      LOG.log(Level.DEBUG, () -> "the watch of the guest " + vm + " ends");
    }
  }

  private void silent(QmpException e) {
    LOG.log(Level.DEBUG, () -> "the agent of " + vm + " is silent: " + e.getMessage());
  }

  private Duration misbehaved(QmpException.ProtocolViolation e) {
    breaches++;
    Duration rest = restAfter(breaches);
    String how = String.valueOf(e.getMessage());
    boolean first = breach == null;
    breach = how;
    if (first) {
      LOG.log(Level.WARNING, () -> "the agent of " + vm + " breaks its protocol: " + how);
      heard.accept(new GuestNews.Misbehaves(how));
    }
    return rest;
  }

  /** How long an agent is left alone that has broken the rules so often. */
  static Duration restAfter(int breaches) {
    Duration rest = SOON.multipliedBy(1L << Math.min(breaches, 10));
    return Waits.shorter(rest, LONGEST_REST);
  }

  /** Asks again and again over one connection, until the agent stops answering. */
  private void follow(AgentClient client, Duration patience)
      throws QmpException, InterruptedException {
    while (true) {
      GuestInfo info;
      try {
        client.ping(patience);
        if (breach == null) {
          answering = client;
        }
        setClock(client);
        info = ask(client);
      } catch (QmpException.Busy e) {
        // It works for somebody else, or others have the room: that is no reason to hang up.
        silent(e);
        pause(SOON);
        continue;
      }
      answering = client;
      silences = 0;
      GuestInfo before = last;
      last = info;
      if (before == null || !before.withoutMeasures().equals(info.withoutMeasures())) {
        heard.accept(new GuestNews.Told(info));
      }
      if (breach != null) {
        breach = null;
        heard.accept(new GuestNews.Behaves());
      }
      pause("running".equals(info.cloudInit()) ? SOON : LATER);
      // What it did is forgiven bit by bit: one that is good now and then gains nothing by it.
      breaches = Math.max(0, breaches - 1);
    }
  }

  /** Sets the clock of a guest that stood still; what fails for want of an answer is due still. */
  private void setClock(AgentClient client) throws QmpException, InterruptedException {
    if (clockStood.compareAndSet(true, false)) {
      boolean done = false;
      try {
        clock.catchUp(client);
        done = true;
      } finally {
        if (!done) {
          clockStood.set(true);
        }
      }
    }
  }

  /** Waits, whatever the guest does meanwhile to be asked. */
  private void rest(Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
      pause(Duration.ofNanos(left));
    }
  }

  private void pause(Duration time) throws InterruptedException {
    long nanos = time.toNanos();
    lock.lockInterruptibly();
    try {
      while (!woken && nanos > 0) {
        nanos = wake.awaitNanos(nanos);
      }
      woken = false;
    } finally {
      lock.unlock();
    }
  }

  private GuestInfo ask(AgentClient client) throws QmpException, InterruptedException {
    var os = client.osInfo();
    return new GuestInfo(
        client.info().version(),
        client.hostName(),
        os.id(),
        os.prettyName(),
        os.kernelRelease(),
        client.networkInterfaces().stream()
            .map(nic ->
                new GuestInfo.Interface(
                    nic.name(), nic.mac(), nic.addresses(), nic.rxBytes(), nic.txBytes()))
            .toList(),
        cloudInit(client),
        Instant.now());
  }

  /** What the agent said last, with measurements as of then. */
  public @Nullable GuestInfo last() {
    return last;
  }

  private @Nullable String cloudInit(AgentClient client) throws QmpException, InterruptedException {
    JsonNode result = json(client, CLOUD_INIT_RESULT);
    if (result != null) {
      return result.path("v1").path("errors").isEmpty() ? "done" : "error";
    }
    return json(client, CLOUD_INIT_STATUS) == null ? null : "running";
  }

  /** A file of the guest as JSON; null when it is not there or half written. */
  private @Nullable JsonNode json(AgentClient client, String path)
      throws QmpException, InterruptedException {
    try {
      return Documents.tree(client.readFile(path, 1 << 16));
    } catch (QmpException.CommandFailed e) {
      LOG.log(Level.TRACE, () -> path + " of " + vm + ": " + e.getMessage());
      return null;
    } catch (JacksonException e) {
      LOG.log(Level.DEBUG, () -> path + " of " + vm + " is not whole: " + e.getMessage());
      return null;
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    AgentClient client = answering;
    if (client != null) {
      client.close();
    }
    try {
      if (!thread.join(END)) {
        LOG.log(Level.WARNING, "the watch of the guest " + vm + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
