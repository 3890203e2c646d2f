package dev.kelvin.etcd;

import dev.kelvin.model.ProblemException;
import dev.kelvin.state.store.Store;
import dev.kelvin.state.store.StoreEngine;

/** Finds its way into the daemon as a service. */
public final class EtcdEngine implements StoreEngine {
  @Override
  public String name() {
    return "etcd";
  }

  @Override
  public Store open(Place place) {
    EtcdStore store = EtcdStore.open(place);
    try {
      Strangers.requireLockedOut(place);
      return store;
    } catch (ProblemException e) {
      store.close();
      throw e;
    }
  }
}
