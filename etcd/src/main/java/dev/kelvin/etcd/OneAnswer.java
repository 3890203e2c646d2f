package dev.kelvin.etcd;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.SettableFuture;
import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;

/** The first answer of a call that could give many, to a single question. */
final class OneAnswer<R> implements StreamObserver<R> {
  private final SettableFuture<R> answer = SettableFuture.create();

  private OneAnswer() {}

  static <Q, R> ListenableFuture<R> of(ClientCall<Q, R> call, Q question) {
    var one = new OneAnswer<R>();
    StreamObserver<Q> questions = ClientCalls.asyncBidiStreamingCall(call, one);
    questions.onNext(question);
    questions.onCompleted();
    return one.answer;
  }

  @Override
  public void onNext(R value) {
    answer.set(value);
  }

  @Override
  public void onError(Throwable thrown) {
    answer.setException(thrown);
  }

  @Override
  public void onCompleted() {
    answer.setException(Status.UNAVAILABLE.withDescription("no answer came").asRuntimeException());
  }
}
