package dev.kelvin.server.local;

import dev.kelvin.image.catalogue.ImageCatalogue;
import dev.kelvin.machine.Machines;
import dev.kelvin.machine.VmRepository;
import dev.kelvin.model.Image;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.Vm;
import dev.kelvin.server.action.Action.Query;
import dev.kelvin.server.action.Outcome.Subscription;
import dev.kelvin.server.action.Outcome.Subscription.Item;
import dev.kelvin.server.event.ItemQueue;
import dev.kelvin.state.Change;
import dev.kelvin.state.Store;
import dev.kelvin.state.Watch;
import dev.kelvin.state.WatchListener;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Changes of objects, for clients that watch. A client gets {@code put} with the object as it is,
 * and {@code delete} with its kind, id and name.
 */
final class Watches {
  /** What a client is told of an object that is gone, or no longer matches its query. */
  record Gone(String kind, String id, String name) {}

  private record TaskWatch(ItemQueue queue, Query query) {}

  private final Store store;
  private final Machines machines;
  private final ImageCatalogue images;
  private final List<TaskWatch> taskWatches = new CopyOnWriteArrayList<>();
  private final AtomicLong taskChanges = new AtomicLong();

  Watches(Store store, Machines machines, ImageCatalogue images) {
    this.store = store;
    this.machines = machines;
    this.images = images;
  }

  Subscription vms(Query query, long fromRevision) {
    return new ObjectWatch<Vm>(
        query, Vm.KIND, vm -> vm.metadata().id(), vm -> vm.metadata().name()) {
      @Override
      Optional<Vm> object(Change change) {
        String key = change.key();
        int slash = key.lastIndexOf('/');
        return machines.byId(key.substring(slash + 1));
      }

      @Override
      boolean concerns(String key) {
        return key.startsWith(VmRepository.VMS) || key.startsWith(VmRepository.STATUSES);
      }

      @Override
      boolean isObject(String key) {
        return key.startsWith(VmRepository.VMS);
      }
    }.begin(store, "/vm", fromRevision, machines::list);
  }

  Subscription images(Query query, long fromRevision) {
    return new ObjectWatch<Image>(
        query, Image.KIND, image -> image.metadata().name(), image -> image.metadata().name()) {
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
    }.begin(store, ImageCatalogue.IMAGES, fromRevision, images::list);
  }

  /** Tasks as they are now, then their changes, progress included. */
  Subscription tasks(Query query, Supplier<List<Task>> all) {
    var holder = new AtomicReference<TaskWatch>();
    var queue = new ItemQueue(() -> taskWatches.remove(holder.get()));
    var watch = new TaskWatch(queue, query);
    holder.set(watch);
    taskWatches.add(watch);
    all.get().forEach(task -> tell(watch, task));
    return queue;
  }

  void taskChanged(Task task) {
    taskWatches.forEach(watch -> tell(watch, task));
  }

  private void tell(TaskWatch watch, Task task) {
    if (Selection.matches(task, watch.query())) {
      watch.queue().offer(new Item(taskChanges.incrementAndGet(), "put", task));
    }
  }

  /** A watch on the store that tells objects rather than keys. */
  private abstract static class ObjectWatch<T> implements WatchListener {
    private final Query query;
    private final String kind;
    private final java.util.function.Function<T, String> id;
    private final java.util.function.Function<T, String> name;
    private final Map<String, String> told = new HashMap<>();
    private final AtomicReference<Watch> watch = new AtomicReference<>();
    private final ItemQueue queue = new ItemQueue(this::end);

    ObjectWatch(
        Query query,
        String kind,
        java.util.function.Function<T, String> id,
        java.util.function.Function<T, String> name) {
      this.query = query;
      this.kind = kind;
      this.id = id;
      this.name = name;
    }

    /** The object that a change belongs to, as it is now; empty when it is gone. */
    abstract Optional<T> object(Change change);

    abstract boolean concerns(String key);

    /** Whether the object is gone with this key. */
    abstract boolean isObject(String key);

    Subscription begin(Store store, String prefix, long fromRevision, Supplier<List<T>> all) {
      long from = fromRevision;
      if (fromRevision == 0) {
        from = store.revision();
        long now = from;
        all.get().forEach(object -> put(object, now));
      }
      watch.set(store.watch(prefix, from, this));
      return queue;
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
      if (change instanceof Change.Delete && isObject(change.key())) {
        String key = change.key();
        gone(key.substring(key.lastIndexOf('/') + 1), change.revision());
        return;
      }
      object(change).ifPresent(object -> put(object, change.revision()));
    }

    private void put(T object, long revision) {
      if (Selection.matches(object, query)) {
        told.put(id.apply(object), name.apply(object));
        queue.offer(new Item(revision, "put", object));
      } else if (told.containsKey(id.apply(object))) {
        gone(id.apply(object), revision);
      }
    }

    private void gone(String goneId, long revision) {
      String goneName = told.remove(goneId);
      queue.offer(
          new Item(revision, "delete", new Gone(kind, goneId, goneName == null ? "" : goneName)));
    }

    @Override
    public void ended(Problem why) {
      queue.offer(new Item(0, "error", why));
    }
  }
}
