package dev.kelvin.model.spec;

/**
 * Sound. It is heard by viewers whose VNC client has QEMU's audio extension; the host's own sound
 * is never used.
 *
 * @param model the card; none by default
 */
public record Audio(AudioModel model) {
  public Audio {
    model = model == null ? AudioModel.NONE : model;
  }
}
