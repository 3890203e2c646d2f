package dev.kelvin.model.spec;

import java.util.List;

/**
 * The screen, and what a person at it points and types with. What is left out is chosen by {@link
 * GuestOs} and the machine.
 *
 * @param type VNC, reached through the daemon, or none
 * @param model what draws it
 * @param tablet whether there is a USB tablet, by which the pointer is where the viewer's is;
 *     without it the viewer's pointer is a mouse
 * @param keyboard whether there is a USB keyboard; x86 machines have a PS/2 keyboard anyway
 * @param others what draws further screens, on cards of their own
 */
// A null that a constructor is given asks for the default; NullAway has no word for that.
@SuppressWarnings("NullAway")
public record Graphics(
    GraphicsType type,
    VideoModel model,
    Boolean tablet,
    Boolean keyboard,
    List<VideoModel> others) {
  public Graphics {
    type = type == null ? GraphicsType.VNC : type;
    others = others == null ? List.of() : List.copyOf(others);
  }

  public static Graphics of(GraphicsType type) {
    return new Graphics(type, null, null, null, null);
  }

  /** The same, drawn by another model. */
  public Graphics withModel(VideoModel newModel) {
    return new Graphics(type, newModel, tablet, keyboard, others);
  }

  /** The same with further screens. */
  public Graphics withOthers(List<VideoModel> newOthers) {
    return new Graphics(type, model, tablet, keyboard, newOthers);
  }

  /** How many screens there are. */
  public int screens() {
    return type == GraphicsType.NONE ? 0 : 1 + others.size();
  }

  Graphics withDefaults(VideoModel newModel, boolean newTablet, boolean newKeyboard) {
    return new Graphics(
        type,
        model == null ? newModel : model,
        tablet == null ? (Boolean) newTablet : tablet,
        keyboard == null ? (Boolean) newKeyboard : keyboard,
        others);
  }
}
