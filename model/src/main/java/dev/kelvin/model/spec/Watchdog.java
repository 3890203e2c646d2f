package dev.kelvin.model.spec;

/**
 * A timer that the guest must feed once it has started it; when it does not, its kernel or its
 * watchdog daemon hangs.
 *
 * @param model the device
 * @param action what then happens
 */
// A null that a constructor is given asks for the default; NullAway has no word for that.
@SuppressWarnings("NullAway")
public record Watchdog(WatchdogModel model, WatchdogAction action) {
  public Watchdog {
    model = model == null ? WatchdogModel.I6300ESB : model;
    action = action == null ? WatchdogAction.RESET : action;
  }

  /** The usual device with an action. */
  public static Watchdog of(WatchdogAction action) {
    return new Watchdog(null, action);
  }
}
