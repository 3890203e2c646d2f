package dev.kelvin.server;

import dev.kelvin.host.file.Durable;
import dev.kelvin.model.Code;
import dev.kelvin.model.Layout;
import dev.kelvin.model.Problem;
import dev.kelvin.state.backup.Restore;
import dev.kelvin.state.sqlite.SqliteStore;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreEngine;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.ServiceLoader;

/** Opens the store that the configuration names. */
final class Stores {
  /**
   * The system property with the jars of further engines, as a class path: they are no part of the
   * daemon's own, so that they cost nothing where they are not used.
   */
  private static final String ENGINES = "kelvin.engines";

  private Stores() {}

  /**
   * Opens it.
   *
   * @throws dev.kelvin.model.ProblemException when it cannot be opened, or belongs to another node
   */
  static Store open(Layout layout, StateSettings settings) throws IOException {
    Store store = openAnyway(layout, settings);
    if (store.get(Restore.MARKER).isEmpty()) {
      return store;
    }
    store.close();
    throw Problem.of(Code.WRONG_STATE, "The store was not restored to the end")
        .on(layout.state().toString())
        .because("restoring it was interrupted; it holds a part of a backup")
        .remedy("do it again: kelvin state restore --replace FILE")
        .asException();
  }

  /** As {@link #open}, also when a restore was interrupted. */
  static Store openAnyway(Layout layout, StateSettings settings) throws IOException {
    return switch (settings.engine()) {
      case SQLITE -> SqliteStore.openWithReserve(layout.store(), Durable::flushFileSystem);
      case ETCD -> {
        Store store = engine(settings.engine().wire()).open(settings.place());
        try {
          StoreOwner.claim(store, layout, settings.prefix());
        } catch (RuntimeException | IOException e) {
          store.close();
          throw e;
        }
        yield store;
      }
    };
  }

  private static StoreEngine engine(String name) {
    // Its threads use it for as long as the daemon runs: it is never closed.
    ClassLoader loader = loader(System.getProperty(ENGINES, ""));
    for (StoreEngine engine : ServiceLoader.load(StoreEngine.class, loader)) {
      if (engine.name().equals(name)) {
        return engine;
      }
    }
    throw Problem.of(Code.HOST_FAILURE, "This build of Kelvin has no store named " + name)
        .because("its jars are not where the daemon was started from")
        .remedy("build or install Kelvin again")
        .asException();
  }

  private static ClassLoader loader(String jars) {
    ClassLoader own = Stores.class.getClassLoader();
    if (jars.isEmpty()) {
      return own;
    }
    var urls = new ArrayList<URL>();
    for (String jar : jars.split(File.pathSeparator, -1)) {
      try {
        urls.add(Path.of(jar).toUri().toURL());
      } catch (MalformedURLException e) {
        throw new UncheckedIOException(e);
      }
    }
    return new URLClassLoader("engines", urls.toArray(URL[]::new), own);
  }
}
