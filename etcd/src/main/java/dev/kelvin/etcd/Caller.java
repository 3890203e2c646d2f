package dev.kelvin.etcd;

import com.google.common.util.concurrent.ListenableFuture;
import dev.kelvin.state.store.StoreProblems;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Asks members of the cluster, each question until a deadline. A question that only reads goes to
 * the next member when one fails. A write goes to another only as long as it is certain that none
 * has begun with it.
 */
final class Caller {
  /** etcd then refuses by itself while it has no leader, rather than let the caller wait. */
  private static final Metadata.Key<String> NEEDS_LEADER =
      Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(50);

  /** Begins a call. */
  @FunctionalInterface
  interface Call<R> {
    ListenableFuture<R> on(Channel channel, CallOptions options);
  }

  private final Members members;
  private final List<String> endpoints;
  private final Duration deadline;
  private final Metadata header = new Metadata();
  private final AtomicInteger current = new AtomicInteger();
  private volatile boolean closed;

  Caller(Members members, List<String> endpoints, Duration deadline) {
    this.members = members;
    this.endpoints = endpoints;
    this.deadline = deadline;
    header.put(NEEDS_LEADER, "true");
  }

  /** A connection for a stream; the next member after one that failed. */
  Channel channel() {
    return withHeader(tried(current.get()));
  }

  /** gRPC lets up to two minutes pass between attempts; here each call makes one. */
  private ManagedChannel tried(int member) {
    ManagedChannel channel = members.get(member);
    if (channel.getState(true) == ConnectivityState.TRANSIENT_FAILURE) {
      channel.resetConnectBackoff();
    }
    return channel;
  }

  private Channel withHeader(Channel channel) {
    return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(header));
  }

  /** The member that was asked last is not to be asked next. */
  void failed() {
    current.incrementAndGet();
  }

  /**
   * Asks what may be asked twice.
   *
   * @throws StatusRuntimeException what etcd has refused
   * @throws dev.kelvin.model.ProblemException unavailable
   */
  <R> R read(Call<R> call) {
    long end = System.nanoTime() + deadline.toNanos();
    // One that hangs leaves time for another.
    long each = members.count() == 1 ? deadline.toNanos() : deadline.toNanos() / 3;
    Exception last = null;
    for (int round = 0; System.nanoTime() < end; round++) {
      int member = current.get();
      try {
        long left = Math.min(each, end - System.nanoTime());
        return await(call.on(withHeader(tried(member)), within(left)));
      } catch (StatusRuntimeException e) {
        checkOpen();
        if (!EtcdProblems.mayPass(e)) {
          throw e;
        }
        last = e;
        next(member, round);
      }
    }
    throw EtcdProblems.unavailable(endpoints, last);
  }

  /**
   * Asks what must be done once at most.
   *
   * @throws StatusRuntimeException what etcd has refused
   * @throws dev.kelvin.model.ProblemException unavailable, also when the outcome is unknown
   */
  <R> R write(Call<R> call) {
    long end = System.nanoTime() + deadline.toNanos();
    Exception last = null;
    for (int round = 0; System.nanoTime() < end; round++) {
      checkOpen();
      int member = current.get();
      ManagedChannel channel = tried(member);
      if (!connected(channel, end)) {
        last = last == null ? probe(channel) : last;
        next(member, round);
        continue;
      }
      try {
        return await(call.on(withHeader(channel), within(end - System.nanoTime())));
      } catch (StatusRuntimeException e) {
        if (EtcdProblems.wasNotBegun(e)) {
          last = e;
          next(member, round);
          continue;
        }
        if (EtcdProblems.mayPass(e)) {
          current.compareAndSet(member, member + 1);
          throw EtcdProblems.unknownOutcome(endpoints, e);
        }
        throw e;
      }
    }
    throw EtcdProblems.unavailable(endpoints, last);
  }

  private static CallOptions within(long nanos) {
    return CallOptions.DEFAULT.withDeadlineAfter(Math.max(1, nanos), TimeUnit.NANOSECONDS);
  }

  /** Goes on to the next member; pauses when all have failed in a row. */
  private void next(int member, int round) {
    current.compareAndSet(member, member + 1);
    long until = System.nanoTime() + PAUSE;
    while (round % members.count() == members.count() - 1 && System.nanoTime() < until) {
      LockSupport.parkNanos(PAUSE);
      if (Thread.currentThread().isInterrupted()) {
        Thread.onSpinWait(); // parking returns at once then
      }
    }
  }

  /** Why there is no connection: the transport tells only those who send something harmless. */
  private static @Nullable Exception probe(ManagedChannel channel) {
    return channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE
        ? Status.UNAVAILABLE.withDescription("a member cannot be connected to").asRuntimeException()
        : null;
  }

  /** Whether there is a connection, which is waited for as long as it is being made. */
  private static boolean connected(ManagedChannel channel, long end) {
    while (true) {
      ConnectivityState state = channel.getState(true);
      switch (state) {
        case READY -> {
          return true;
        }
        case TRANSIENT_FAILURE, SHUTDOWN -> {
          return false;
        }
        case IDLE, CONNECTING -> {
          var changed = new CountDownLatch(1);
          channel.notifyWhenStateChanged(state, changed::countDown);
          if (!awaitUninterruptibly(changed, end)) {
            return false;
          }
        }
      }
    }
  }

  private static boolean awaitUninterruptibly(CountDownLatch latch, long end) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return latch.await(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The answer, whatever interrupts the wait; calls have deadlines. */
  private static <R> R await(ListenableFuture<R> answer) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return answer.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          // The stack of this caller says more than that of the connection's thread.
          throw Status.fromThrowable(e).withCause(e).asRuntimeException();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void checkOpen() {
    if (closed) {
      throw StoreProblems.closed().asException();
    }
  }

  void close() {
    closed = true;
  }
}
