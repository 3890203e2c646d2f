package dev.kelvin.model.spec;

import dev.kelvin.model.WireName;

/** Whether the VM shall have a running process. */
public enum Power implements WireName {
  RUNNING("running"),
  STOPPED("stopped");

  private final String wire;

  Power(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
