package dev.kelvin.etcd;

import dev.kelvin.state.Store;
import dev.kelvin.state.StoreEngine;

/** Finds its way into the daemon as a service. */
public final class EtcdEngine implements StoreEngine {
  @Override
  public String name() {
    return "etcd";
  }

  @Override
  public Store open(Place place) {
    return EtcdStore.open(place);
  }
}
