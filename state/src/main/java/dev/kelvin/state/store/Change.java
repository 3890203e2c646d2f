package dev.kelvin.state.store;

/** What a transaction did to a key. */
public sealed interface Change {
  String key();

  long revision();

  /** A key was put; the entry as it was right after. */
  record Put(Entry entry) implements Change {
    @Override
    public String key() {
      return entry.key();
    }

    @Override
    public long revision() {
      return entry.modRevision();
    }
  }

  /** A key was deleted. */
  record Delete(String key, long revision) implements Change {}
}
