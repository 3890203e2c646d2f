package dev.kelvin.image.catalogue;

import java.util.List;
import java.util.Map;

/** Knows which VMs use images. */
@FunctionalInterface
public interface ImageUsers {
  /** The names of the VMs that use each image, by its name, as far as they have taken effect. */
  Map<String, List<String>> now();

  /** The same of all that is stored, also of changes under way. May take long. */
  default Map<String, List<String>> stored() {
    return now();
  }
}
