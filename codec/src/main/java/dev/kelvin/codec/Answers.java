package dev.kelvin.codec;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a daemon answers, as {@link Documents#readTrusted(byte[], Class)} does, but for
 * programs that end after one answer. To get ready, Jackson takes several times what the rest of
 * such a program takes, and the numbers of unlimited size that it prepares for alone 10 ms; nothing
 * of it is used here. It knows no more than records, enums, lists, maps and plain values; a test
 * reads all kinds of documents with both.
 */
public final class Answers {
  private Answers() {}

  /**
   * A page of a list.
   *
   * @param next where the next page begins; null on the last one
   * @param revision 0 where none is told
   * @param asOf null where none is told
   */
  public record Listing<T>(
      List<T> items, @Nullable String next, long revision, @Nullable Instant asOf) {
    public Listing {
      items = List.copyOf(items);
    }
  }

  /** Gets ready to read objects of a type, which otherwise the first one that is read has to. */
  public static void prepare(Class<?> type) {
    Shape.of(type).prepare(2);
  }

  /**
   * Reads one object. Fields that are not known are passed over.
   *
   * @throws UnreadableAnswer when it is no document of this type
   */
  public static <T> T read(byte[] json, Class<T> type) {
    return type.cast(Shape.of(type).read(new JsonText(json)));
  }

  /**
   * Reads a page of objects.
   *
   * @throws UnreadableAnswer when it is no list of this type
   */
  public static <T> Listing<T> list(byte[] json, Class<T> type) {
    Shape each = Shape.of(type);
    var items = new ArrayList<T>();
    String next = null;
    long revision = 0;
    Instant asOf = null;
    var in = new JsonText(json);
    in.want('{');
    boolean more = !in.take('}');
    while (more) {
      String name = in.string();
      in.want(':');
      if (!in.takeNull()) {
        switch (name) {
          case "items" -> addAll(items, in, each, type);
          case "next" -> next = in.string();
          case "revision" -> revision = (Long) Shape.of(long.class).read(in);
          case "asOf" -> asOf = (Instant) Shape.of(Instant.class).read(in);
          default -> in.skip();
        }
      }
      more = in.goesOn('}');
    }
    return new Listing<>(items, next, revision, asOf);
  }

  private static <T> void addAll(List<T> items, JsonText in, Shape each, Class<T> type) {
    in.want('[');
    boolean more = !in.take(']');
    while (more) {
      items.add(type.cast(each.read(in)));
      more = in.goesOn(']');
    }
  }
}
