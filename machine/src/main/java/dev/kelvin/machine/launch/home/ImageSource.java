package dev.kelvin.machine.launch.home;

import dev.kelvin.model.Image.Format;
import java.nio.file.Path;

/** Where the files of images are found. */
@FunctionalInterface
public interface ImageSource {
  /**
   * The file of a ready image.
   *
   * @param format what the use wants: {@code ISO} for a CD drive, {@code QCOW2} for a disk
   * @throws dev.kelvin.model.ProblemException not-found, wrong-state when it is not ready, or
   *     invalid-argument when it is of another format
   */
  Path file(String image, Format format);
}
