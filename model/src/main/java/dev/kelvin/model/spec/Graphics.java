package dev.kelvin.model.spec;

/**
 * The screen.
 *
 * @param type VNC, reached through the daemon, or none
 */
public record Graphics(GraphicsType type) {
  public Graphics {
    type = type == null ? GraphicsType.VNC : type;
  }
}
