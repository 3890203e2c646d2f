package dev.kelvin.image.catalogue;

import dev.kelvin.image.ImageStore;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The files of the image store that no image has. They may be images of a store that was lost: only
 * what this node itself has begun to take in or to delete is removed.
 *
 * @param digests of the files that images have
 */
record NobodysFiles(ImageStore files, Supplier<Set<String>> digests) {
  private static final List<Format> FORMATS = List.of(Format.QCOW2, Format.ISO);

  /**
   * Deletes files that were about to be deleted, unless their images are there after all, and those
   * that were taken in and that no image had yet.
   */
  void clearUnfinished() {
    Set<String> known = digests.get();
    for (String digest : files.aside()) {
      for (Format format : FORMATS) {
        if (known.contains(digest)) {
          files.restore(digest, format);
        } else {
          files.deleteAside(digest, format);
        }
      }
    }
    for (String digest : orphans()) {
      for (Format format : FORMATS) {
        if (files.isUnfinished(digest, format)) {
          files.delete(digest, format);
        }
      }
    }
  }

  /** What to do with each. */
  List<Problem> unknown() {
    return orphans().stream()
        .flatMap(digest -> FORMATS.stream().map(format -> file(digest, format)))
        .flatMap(List::stream)
        .map(NobodysFiles::problem)
        .toList();
  }

  /** The file, if there is one and no task is just taking it in. */
  private List<Path> file(String digest, Format format) {
    Path file = files.path(digest, format);
    return Files.exists(file) && !files.isUnfinished(digest, format) ? List.of(file) : List.of();
  }

  private static Problem problem(Path file) {
    return Problem.of(Code.CONFLICT, "No image has this file")
        .on("image-file/" + file.getFileName())
        .because("the store does not know " + file)
        .remedy(
            "restore a backup that knows it; or make it an image again: kelvin image import "
                + file
                + " --name NAME; or remove the file");
  }

  private List<String> orphans() {
    Set<String> known = digests.get();
    return files.digests().stream().filter(digest -> !known.contains(digest)).toList();
  }

  /**
   * Deletes the file of an image that was damaged and is removed now, if it is the only one that no
   * image has.
   *
   * @param volumes that lie on a file
   * @return what became of it, for people
   */
  String removeOnly(Function<Path, List<String>> volumes) {
    List<String> orphans = orphans();
    List<String> kept =
        orphans.stream()
            .map(digest -> files.path(digest, Format.QCOW2))
            .filter(disk -> !volumes.apply(disk).isEmpty())
            .map(Path::toString)
            .toList();
    if (!kept.isEmpty()) {
      return "files stay, since volumes lie on them: " + String.join(", ", kept);
    } else if (orphans.size() > 1) {
      return "its file stays, since it is not known which of several it is; \"kelvin doctor\" names"
          + " them";
    }
    for (String digest : orphans) {
      FORMATS.forEach(format -> files.delete(digest, format));
    }
    return "its file is deleted, unless another image has it";
  }
}
