package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** The protocol of a port forward. */
public enum Protocol implements WireName {
  TCP("tcp"),
  UDP("udp");

  private final String wire;

  Protocol(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
