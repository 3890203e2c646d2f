package dev.kelvin.server.local;

import dev.kelvin.image.catalogue.ImageUsers;
import dev.kelvin.machine.Machines;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The image catalogue asks who uses an image, and is made before the VMs that do. */
final class LateUsers implements ImageUsers {
  private volatile @Nullable Machines machines;

  /** From now on there are VMs. */
  void know(Machines made) {
    machines = made;
  }

  @Override
  public Map<String, List<String>> now() {
    Machines known = machines;
    return known == null ? Map.of() : known.imageUsers();
  }

  @Override
  public Map<String, List<String>> stored() {
    Machines known = machines;
    return known == null ? Map.of() : known.storedImageUsers();
  }
}
