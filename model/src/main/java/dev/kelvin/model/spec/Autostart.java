package dev.kelvin.model.spec;

/**
 * Whether the VM starts with the daemon.
 *
 * @param order smaller starts first; equal ones start together. Shutdown goes the other way
 * @param delaySeconds to wait after this one before those of a larger order
 */
public record Autostart(Boolean enabled, Integer order, Integer delaySeconds) {
  public Autostart {
    enabled = enabled == null ? Boolean.FALSE : enabled;
    order = order == null ? 0 : order;
    delaySeconds = delaySeconds == null ? 0 : delaySeconds;
  }
}
