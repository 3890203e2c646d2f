package dev.kelvin.cli.tree;

import dev.kelvin.cli.file.NewFile;
import dev.kelvin.cli.text.Inert;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * An archive of a guest, unpacked here. The guest is hostile: nothing is written outside of the
 * destination, whatever names, links and types the archive has. No link is followed on the way to a
 * file; links come last, and only those that lead to somewhere within; devices, pipes and files
 * with holes are left out. The permissions are the archive's without what lets others write and
 * without set-user-id, so that nobody gains anything by them.
 */
public final class UnpackedTree {
  /** Of files, directories and links. */
  private static final int MAX_ENTRIES = 1_000_000;

  private static final int MAX_DEPTH = 256;

  /** Characters of all names that have to be remembered until the end. */
  private static final long MAX_REMEMBERED = 64L << 20;

  private static final int MAX_SHOWN = 200;

  private static final Set<PosixFilePermission> OWN =
      Set.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private final Consumer<String> leftOut;
  private final Set<Path> files = new HashSet<>();
  private final Map<Path, String> links = new LinkedHashMap<>();
  private final Map<Path, Set<PosixFilePermission>> directories = new LinkedHashMap<>();
  private long remembered;

  /**
   * One that unpacks one archive.
   *
   * @param leftOut told of each entry that is not unpacked, and why
   */
  public UnpackedTree(Consumer<String> leftOut) {
    this.leftOut = leftOut;
  }

  /**
   * Unpacks.
   *
   * @param source the path in the guest; the copy in a directory has its last name
   * @param target a directory gets the copy in it; otherwise the copy has this path
   * @throws ProblemException guest-agent when it is no such archive, or leads out of the
   *     destination; what was unpacked before stays
   */
  public void unpack(InputStream archive, Path source, Path target) throws IOException {
    try {
      begin(archive, source, target);
    } catch (TarReader.Broken e) {
      throw hostile(String.valueOf(e.getMessage()));
    }
  }

  private void begin(InputStream archive, Path source, Path target) throws IOException {
    var tar = new TarReader(archive);
    TarEntry first = tar.next();
    List<String> parts = first == null ? List.of() : parts(first.name());
    Path name = source.normalize().getFileName();
    Path place = Files.isDirectory(target) && name != null ? target.resolve(name) : target;
    try (var file = new NewFile()) {
      if (first != null && first.kind() == TarEntry.Kind.DIRECTORY && parts.isEmpty()) {
        tree(tar, first, place, file);
      } else if (first != null && first.kind() == TarEntry.Kind.FILE && parts.size() == 1) {
        file.write(place, tar.content());
      } else {
        throw hostile("it begins with what is neither the directory nor a file");
      }
    }
  }

  private void tree(TarReader tar, TarEntry first, Path place, NewFile file) throws IOException {
    if (!Files.isDirectory(place)) {
      Files.createDirectory(place, PosixFilePermissions.asFileAttribute(OWN));
      directories.put(place.toRealPath(), permissions(first.mode()));
    }
    Path root = place.toRealPath();
    int entries = 0;
    for (TarEntry entry = tar.next(); entry != null; entry = tar.next()) {
      if (++entries > MAX_ENTRIES) {
        throw hostile("it has more than " + MAX_ENTRIES + " entries");
      }
      try {
        take(tar, entry, root, file);
      } catch (InvalidPathException e) {
        throw Problem.of(Code.INVALID_ARGUMENT, "A name of the guest cannot be written here")
            .on(shown(entry.name()))
            .because("the locale of this process has no such characters")
            .remedy("set one with UTF-8, such as LC_ALL=C.UTF-8")
            .asException(e);
      }
    }
    for (var link : links.entrySet()) {
      makeLink(root, link.getKey(), link.getValue());
    }
    var made = new ArrayList<>(directories.keySet());
    for (Path directory : made.reversed()) { // what is in it first
      Files.setPosixFilePermissions(directory, directories.get(directory));
    }
  }

  private void take(TarReader tar, TarEntry entry, Path root, NewFile file) throws IOException {
    List<String> parts = parts(entry.name());
    if (parts.isEmpty()) {
      return; // the directory itself once more
    }
    Path parent = directory(root, parts.subList(0, parts.size() - 1));
    Path place = parent.resolve(parts.getLast());
    switch (entry.kind()) {
      case DIRECTORY -> {
        if (!Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
          Files.createDirectory(place, PosixFilePermissions.asFileAttribute(OWN));
          remember(place);
          directories.put(place, permissions(entry.mode()));
        } else {
          requireDirectory(place);
        }
      }
      case FILE -> {
        requireNoDirectory(place);
        links.remove(place);
        file.replace(place, tar.content(), permissions(entry.mode()));
        remember(place);
        files.add(place);
      }
      case HARD_LINK -> {
        Path existing = root;
        for (String part : parts(entry.link())) {
          existing = existing.resolve(part);
        }
        if (files.contains(existing)) {
          requireNoDirectory(place);
          file.link(place, existing);
        } else {
          leaveOut(entry, "is a link to what was not copied");
        }
      }
      case LINK -> {
        if (leadsWithin(parts.size() - 1, entry.link())) {
          remember(place);
          links.put(place, entry.link());
        } else {
          leaveOut(entry, "is a link that leads out of what is copied, to " + entry.link());
        }
      }
      case DEVICE -> leaveOut(entry, "is a device");
      case PIPE -> leaveOut(entry, "is a pipe");
      case UNKNOWN -> leaveOut(entry, "is of a kind that is not known");
    }
  }

  private void leaveOut(TarEntry entry, String why) {
    leftOut.accept(shown(entry.name()) + " " + shown(why));
  }

  /** The parts of a name below the destination. */
  private static List<String> parts(String name) {
    if (name.startsWith("/")) {
      throw hostile("it has the absolute name " + shown(name));
    }
    var parts = new ArrayList<String>();
    for (String part : name.split("/", -1)) {
      if (part.equals("..")) {
        throw hostile("the name " + shown(name) + " leads out of the destination");
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    if (parts.size() > MAX_DEPTH) {
      throw hostile("a name in it is deeper than " + MAX_DEPTH + " directories");
    }
    return parts;
  }

  /** A directory below the root, made where it is missing; no link on the way is followed. */
  private Path directory(Path root, List<String> parts) throws IOException {
    Path at = root;
    for (String part : parts) {
      at = at.resolve(part);
      if (!Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectory(at, PosixFilePermissions.asFileAttribute(OWN));
        remember(at);
        directories.put(at, permissions(0755));
      }
      requireDirectory(at);
    }
    return at;
  }

  private static void requireDirectory(Path place) {
    if (!Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
      throw inTheWay(place, "it is no directory, and the copy has one of that name");
    }
  }

  private static void requireNoDirectory(Path place) {
    if (Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
      throw inTheWay(place, "it is a directory, and the copy has a file of that name");
    }
  }

  private static ProblemException inTheWay(Path place, String why) {
    return Problem.of(Code.INVALID_ARGUMENT, "Something is in the way of the copy")
        .on(place.toString())
        .because(why)
        .remedy("move it away, or copy to another place")
        .asException();
  }

  /**
   * Whether a link leads to somewhere within, wherever other links of the archive lead: up it may
   * go at its beginning only, where the directory is a real one.
   *
   * @param depth of the directory that it is in
   */
  static boolean leadsWithin(int depth, String target) {
    if (target.isEmpty() || target.startsWith("/")) {
      return false;
    }
    int up = 0;
    boolean down = false;
    for (String part : target.split("/", -1)) {
      if (part.equals("..")) {
        if (down) {
          return false;
        }
        up++;
      } else if (!part.isEmpty() && !part.equals(".")) {
        down = true;
      }
    }
    return up <= depth;
  }

  private void makeLink(Path root, Path place, String target) throws IOException {
    Path within = root.relativize(place);
    var parts = new ArrayList<String>();
    within.forEach(part -> parts.add(part.toString()));
    directory(root, parts.subList(0, parts.size() - 1));
    requireNoDirectory(place);
    Files.deleteIfExists(place);
    Files.createSymbolicLink(place, Path.of(target));
  }

  private void remember(Path place) {
    remembered += place.toString().length() + 64;
    if (remembered > MAX_REMEMBERED) {
      throw hostile("its names are too long and too many");
    }
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    var permissions = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values(); // from the owner's on
    for (int i = 0; i < all.length; i++) {
      if ((mode & 0755 & (0400 >> i)) != 0) {
        permissions.add(all[i]);
      }
    }
    return permissions;
  }

  private static ProblemException hostile(String why) {
    return Problem.of(Code.GUEST_AGENT, "What the guest sends is not copied")
        .because(why)
        .remedy("look for what packs archives in the guest; what was copied before that stays")
        .asException();
  }

  /** A guest's words, fit for a terminal. */
  private static String shown(String text) {
    String plain = Inert.line(text);
    return plain.length() <= MAX_SHOWN ? plain : plain.substring(0, MAX_SHOWN) + "...";
  }
}
