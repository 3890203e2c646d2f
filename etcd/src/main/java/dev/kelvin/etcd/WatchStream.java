package dev.kelvin.etcd;

import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What one connection says to one watch. Called one answer at a time. */
final class WatchStream implements ClientResponseObserver<WatchRequest, WatchResponse> {
  private static final System.Logger LOG = System.getLogger(WatchStream.class.getName());

  private final EtcdWatch watch;
  private final CompletableFuture<Boolean> end = new CompletableFuture<>();

  private volatile @Nullable ClientCallStreamObserver<WatchRequest> requests;
  private volatile boolean created;

  WatchStream(EtcdWatch watch) {
    this.watch = watch;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
    requests = stream;
  }

  void begin(Channel channel, WatchCreateRequest request) {
    var stream =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT), this);
    stream.onNext(WatchRequest.newBuilder().setCreateRequest(request).build());
  }

  /** Waits until it ends; says whether the watch was ever set up on it. */
  boolean awaitEnd() {
    return end.join();
  }

  @Override
  public void onNext(WatchResponse answer) {
    if (answer.getCompactRevision() != 0) {
      watch.compacted(answer.getCompactRevision());
      cancel();
    } else if (answer.getCanceled()) {
      LOG.log(System.Logger.Level.WARNING, "etcd ends a watch: {0}", answer.getCancelReason());
      created = false; // so that it is not begun again without a pause
      cancel();
    } else if (answer.getCreated()) {
      created = true;
    } else if (answer.getEventsCount() > 0) {
      // etcd does not divide a revision among answers unless it is asked to.
      List<Event> events = answer.getEventsList();
      watch.received(events, events.getLast().getKv().getModRevision());
    } else {
      // Nothing to tell up to there; sent to watches that have caught up only.
      watch.received(List.of(), answer.getHeader().getRevision());
    }
  }

  @Override
  public void onError(Throwable thrown) {
    end.complete(created);
  }

  @Override
  public void onCompleted() {
    end.complete(created);
  }

  void cancel() {
    ClientCallStreamObserver<WatchRequest> open = requests;
    if (open != null) {
      open.cancel("the watch has ended", null);
    }
    end.complete(created);
  }
}
