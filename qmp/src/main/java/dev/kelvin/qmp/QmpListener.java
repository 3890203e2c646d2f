package dev.kelvin.qmp;

import org.jspecify.annotations.Nullable;

/**
 * Hears what QEMU says unasked. All calls come one after another, in the order of the wire, on one
 * virtual thread that is not the reader's: a slow listener delays no reply. It may call {@link
 * QmpClient#execute}.
 */
public interface QmpListener {
  void event(QmpEvent event);

  /**
   * The last call: the connection is gone.
   *
   * @param why what ended it; null when {@link QmpClient#close} did
   */
  void closed(@Nullable Throwable why);

  /** One that hears nothing. */
  static QmpListener none() {
    return new QmpListener() {
      @Override
      public void event(QmpEvent event) {}

      @Override
      public void closed(@Nullable Throwable why) {}
    };
  }
}
