package dev.kelvin.server.local.watch;

import dev.kelvin.image.catalogue.ImageCatalogue;
import dev.kelvin.machine.Machines;
import dev.kelvin.machine.store.VmRecord;
import dev.kelvin.machine.store.VmRepository;
import dev.kelvin.model.Image;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Vm;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Outcome.Subscription;
import dev.kelvin.server.action.Outcome.Subscription.Item;
import dev.kelvin.server.event.ItemQueue;
import dev.kelvin.state.store.Change;
import dev.kelvin.state.store.Entry;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.Watch;
import dev.kelvin.state.store.WatchListener;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Changes of objects, for clients that watch. A client gets {@code put} with the object as it is,
 * and {@code delete} with its kind, id and name.
 */
public final class ObjectWatches {
  /** What a client is told of an object that is gone, or no longer matches its query. */
  record Gone(String kind, String id, String name) {}

  /** A VM with a change that its supervisor has not come to. */
  private record Ahead(long revision, Vm vm) {}

  private final Store store;
  private final Machines machines;
  private final VmRepository vms;
  private final ImageCatalogue images;

  /** Such changes by the ids of VMs: all who watch ask for the same ones. */
  private final Map<String, Ahead> ahead = new ConcurrentHashMap<>();

  public ObjectWatches(Store store, Machines machines, VmRepository vms, ImageCatalogue images) {
    this.store = store;
    this.machines = machines;
    this.vms = vms;
    this.images = images;
  }

  public Subscription vms(Query query, long fromRevision) {
    return new ObjectWatch<Vm>(query, Vm.KIND, vm -> vm.metadata().id()) {
      @Override
      Optional<Vm> object(Change change) {
        ahead.keySet().removeIf(id -> machines.byId(id).isEmpty());
        return machines
            .byId(id(change.key()))
            .map(vm -> change instanceof Change.Put(Entry entry) ? upToDate(vm, entry) : vm);
      }

      @Override
      boolean concerns(String key) {
        return key.startsWith(VmRepository.VMS) || key.startsWith(VmRepository.STATUSES);
      }

      @Override
      boolean isObject(String key) {
        return key.startsWith(VmRepository.VMS);
      }

      @Override
      Optional<String> lastName(String id) {
        return machines.lastName(id);
      }
    }.begin(store, "/vm", fromRevision, machines.after(null));
  }

  /**
   * A VM with at least what a change of the store says, and what changes before it said. A VM is
   * changed in the store before its supervisor takes that over; who watches is told of the change
   * only once, and never again of what was before.
   */
  private Vm upToDate(Vm seen, Entry entry) {
    String id = seen.metadata().id();
    long has = seen.metadata().revision();
    if (entry.key().startsWith(VmRepository.VMS) && entry.modRevision() > has) {
      ahead.compute(id, (_, known) -> newer(known, entry, seen));
    }
    Ahead known = ahead.computeIfPresent(id, (_, one) -> one.revision() > has ? one : null);
    if (known == null) {
      return seen;
    }
    return known.vm().status().equals(seen.status())
        ? known.vm()
        : known.vm().withStatus(seen.status());
  }

  private Ahead newer(@Nullable Ahead known, Entry entry, Vm seen) {
    if (known != null && known.revision() >= entry.modRevision()) {
      return known;
    }
    VmRecord stored = vms.read(entry);
    var vm = new Vm(stored.metadata(), stored.spec().withoutSecrets(), seen.status());
    return new Ahead(entry.modRevision(), vm);
  }

  public Subscription images(Query query, long fromRevision) {
    return new ObjectWatch<Image>(query, Image.KIND, image -> image.metadata().name()) {
      @Override
      Optional<Image> object(Change change) {
        return images.find(change.key().substring(ImageCatalogue.IMAGES.length()));
      }

      @Override
      boolean concerns(String key) {
        return true;
      }

      @Override
      boolean isObject(String key) {
        return true;
      }

      @Override
      Optional<String> lastName(String id) {
        return Optional.of(id);
      }
    }.begin(store, ImageCatalogue.IMAGES, fromRevision, images.list());
  }

  /** A watch on the store that tells objects rather than keys. */
  private abstract static class ObjectWatch<T> implements WatchListener {
    private final Query query;
    private final String kind;
    private final Function<T, String> id;

    /** The ids of objects that the client surely does not have, as they do not match. */
    private final Set<String> absent = new HashSet<>();

    private final AtomicReference<@Nullable Watch> watch = new AtomicReference<>();
    private final ItemQueue queue = new ItemQueue(this::end);

    ObjectWatch(Query query, String kind, Function<T, String> id) {
      this.query = query;
      this.kind = kind;
      this.id = id;
    }

    /** The object that a change belongs to, as it is now; empty when it is gone. */
    abstract Optional<T> object(Change change);

    abstract boolean concerns(String key);

    /** Whether the object is gone with this key. */
    abstract boolean isObject(String key);

    /** What an object was called that is gone. */
    abstract Optional<String> lastName(String id);

    static String id(String key) {
      return key.substring(key.lastIndexOf('/') + 1);
    }

    /**
     * Begins to watch.
     *
     * @param all the objects there are, which the client gets one by one as it takes them
     */
    Subscription begin(Store store, String prefix, long fromRevision, Iterable<T> all) {
      if (fromRevision != 0) {
        watch.set(store.watch(prefix, fromRevision, this));
        return queue;
      }
      long now = store.revision();
      if (!query.labels().isEmpty() || !query.fields().isEmpty()) {
        for (T object : all) {
          if (!Selection.matches(object, query)) {
            absent.add(id.apply(object));
          }
        }
      }
      watch.set(store.watch(prefix, now, this));
      Iterator<T> objects = all.iterator();
      return new Subscription() {
        @Override
        public @Nullable Item next(Duration wait) throws InterruptedException {
          while (objects.hasNext()) {
            T object = objects.next();
            if (Selection.matches(object, query)) {
              return new Item(now, "put", object);
            }
          }
          return queue.next(wait);
        }

        @Override
        public void close() {
          queue.close();
        }
      };
    }

    private void end() {
      Watch running = watch.get();
      if (running != null) {
        running.close();
      }
    }

    @Override
    public void changed(Change change) {
      if (!concerns(change.key())) {
        return;
      }
      if (change instanceof Change.Delete) {
        // What else was stored of it goes in the same revision; it must not come back with that.
        if (isObject(change.key()) && !absent.remove(id(change.key()))) {
          gone(id(change.key()), change.revision());
        }
        return;
      }
      object(change).ifPresent(object -> put(object, change.revision()));
    }

    private void put(T object, long revision) {
      if (Selection.matches(object, query)) {
        absent.remove(id.apply(object));
        queue.offer(new Item(revision, "put", object));
      } else if (absent.add(id.apply(object))) {
        gone(id.apply(object), revision);
      }
    }

    private void gone(String goneId, long revision) {
      queue.offer(
          new Item(revision, "delete", new Gone(kind, goneId, lastName(goneId).orElse(""))));
    }

    @Override
    public void ended(Problem why) {
      queue.offer(new Item(0, "error", why));
    }
  }
}
