package dev.kelvin.state.store;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What keys and transactions can be; the same for all stores. */
public final class StoreKeys {
  /** Above all that keys can have, so that {@code prefix + LAST} bounds the keys with a prefix. */
  public static final String LAST = Character.toString(Character.MAX_CODE_POINT);

  /** The order of keys: that of their bytes in UTF-8, which is that of their code points. */
  public static final Comparator<String> ORDER =
      (a, b) -> Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());

  private StoreKeys() {}

  /** Whether {@code key} can be there. */
  public static boolean valid(String key) {
    return !key.isEmpty() && validPrefix(key);
  }

  static boolean validPrefix(String prefix) {
    return prefix.length() <= Store.MAX_KEY_BYTES
        && prefix.codePoints().allMatch(StoreKeys::allowed)
        && bytes(prefix) <= Store.MAX_KEY_BYTES;
  }

  private static boolean allowed(int codePoint) {
    boolean surrogate =
        codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    return !Character.isISOControl(codePoint)
        && !surrogate
        && codePoint != Character.MAX_CODE_POINT;
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  /** Refuses what no key can begin with. */
  public static void checkPrefix(String prefix) {
    if (!validPrefix(prefix)) {
      throw notAKey();
    }
  }

  private static ProblemException notAKey() {
    return Problem.of(Code.INVALID_ARGUMENT, "A key of the store is not valid")
        .because(
            "a key has 1 to " + Store.MAX_KEY_BYTES + " bytes of UTF-8 and no control characters")
        .remedy("use another name or id")
        .asException();
  }

  /**
   * Checks the limits of a transaction.
   *
   * @throws ProblemException invalid-argument or too-large
   */
  public static void check(Txn txn) {
    txn.compares().forEach(compare -> checkKey(compare.key()));
    if (Math.max(txn.compares().size(), Math.max(txn.then().size(), txn.otherwise().size()))
        > Store.MAX_OPS) {
      throw tooLarge("more than " + Store.MAX_OPS + " operations");
    }
    long size = 0;
    for (Compare compare : txn.compares()) {
      size +=
          bytes(compare.key())
              + (compare instanceof Compare.OfValue value ? value.operand().length : 8);
    }
    size += checkBranch(txn.then()) + checkBranch(txn.otherwise());
    if (size > Store.MAX_TXN_BYTES) {
      throw tooLarge(size + " bytes; the limit is " + Store.MAX_TXN_BYTES);
    }
  }

  private static ProblemException tooLarge(String cause) {
    return Problem.of(Code.TOO_LARGE, "A change of the store is too large")
        .because("it has " + cause)
        .remedy("make the document smaller")
        .asException();
  }

  /** Refuses what no key can be. */
  public static void checkKey(String key) {
    if (!valid(key)) {
      throw notAKey();
    }
  }

  /** Returns how many bytes the operations have. */
  private static long checkBranch(List<Op> ops) {
    long size = 0;
    Set<String> put = new HashSet<>();
    for (Op op : ops) {
      switch (op) {
        case Op.Put(String key, byte[] value, Long lease) -> {
          checkKey(key);
          size += bytes(key) + value.length + (lease == null ? 0 : 8);
          if (!put.add(key)) {
            throw twice(key);
          }
        }
        case Op.Delete(String key) -> {
          checkKey(key);
          size += bytes(key);
        }
        case Op.DeletePrefix(String prefix) -> {
          checkPrefix(prefix);
          size += bytes(prefix);
        }
      }
    }
    for (Op op : ops) {
      switch (op) {
        case Op.Put _ -> {}
        case Op.Delete(String key) -> {
          if (put.contains(key)) {
            throw twice(key);
          }
        }
        case Op.DeletePrefix(String prefix) ->
            put.stream()
                .filter(key -> key.startsWith(prefix))
                .findAny()
                .ifPresent(key -> {
                  throw twice(key);
                });
      }
    }
    return size;
  }

  private static ProblemException twice(String key) {
    return Problem.of(Code.INVALID_ARGUMENT, "A transaction changes a key twice")
        .on(key)
        .because("its order within one revision would be undefined")
        .remedy("put each key once and do not delete it in the same transaction")
        .asException();
  }
}
