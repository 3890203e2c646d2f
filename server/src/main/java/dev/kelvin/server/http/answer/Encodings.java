package dev.kelvin.server.http.answer;

import dev.kelvin.codec.Documents;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The last objects that were encoded, so that one that many clients are told of is encoded once.
 * Objects are the same only when they are identical; none of them changes.
 */
public final class Encodings {
  private static final int KEPT = 32;

  @SuppressWarnings("ArrayRecordComponent") // not compared, and written by nobody
  private record Encoded(Object object, byte[] json) {}

  private final AtomicReferenceArray<@Nullable Encoded> last = new AtomicReferenceArray<>(KEPT);
  private final AtomicInteger next = new AtomicInteger();

  /** An object as JSON in one line; not to be written to. */
  public byte[] json(Object object) {
    for (int i = 0; i < KEPT; i++) {
      Encoded one = last.get(i);
      if (one != null && isSame(one.object(), object)) {
        return one.json();
      }
    }
    byte[] json = Documents.json(object);
    last.set(Math.floorMod(next.getAndIncrement(), KEPT), new Encoded(object, json));
    return json;
  }

  @SuppressWarnings("ReferenceEquality") // comparing what is in them would cost what is saved
  private static boolean isSame(Object one, Object other) {
    return one == other;
  }
}
