package dev.kelvin.cli.tree;

import dev.kelvin.cli.file.LocalFiles;
import dev.kelvin.cli.tree.TarEntry.Kind;
import dev.kelvin.model.ExactInput;
import dev.kelvin.model.PieceInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A local directory as an archive that is made while it is read. It has directories, files and
 * links as they are; what is neither is left out.
 */
public final class PackedTree extends PieceInput {
  private final Path root;
  private final Consumer<String> leftOut;
  private final Deque<Path> todo = new ArrayDeque<>();

  /** What is read next: the headers, the contents and the padding of one entry. */
  private final Deque<InputStream> ready = new ArrayDeque<>();

  private boolean ended;

  /**
   * An archive of what is in {@code root}.
   *
   * @param leftOut told of each file that is not in it, and why
   */
  public PackedTree(Path root, Consumer<String> leftOut) {
    this.root = root;
    this.leftOut = leftOut;
    add(root);
  }

  /** The permissions that a copy gets: what the source has, and nobody but its owner may write. */
  public static int mode(Path file) throws IOException {
    Object mode = Files.getAttribute(file, "unix:mode");
    return (mode instanceof Integer bits ? bits : 0644) & 0755;
  }

  private void add(Path directory) {
    List<Path> inside =
        LocalFiles.write(
            directory,
            path -> {
              try (Stream<Path> all = Files.list(path)) {
                return all.sorted().toList();
              }
            });
    for (int i = inside.size() - 1; i >= 0; i--) {
      todo.push(inside.get(i));
    }
  }

  /** Whether its text is all that there is to its name. */
  private static boolean isText(Path file) {
    return Path.of(file.toString()).equals(file);
  }

  private void prepare(Path file) throws IOException {
    BasicFileAttributes found =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!isText(file)) {
      leftOut.accept(file + " has a name that is not UTF-8");
      return;
    }
    String name = "./" + root.relativize(file);
    Kind kind;
    long size = 0;
    String link = "";
    int mode = 0777;
    if (found.isSymbolicLink()) {
      kind = Kind.LINK;
      Path target = Files.readSymbolicLink(file);
      if (!isText(target)) {
        leftOut.accept(file + " is a link to a name that is not UTF-8");
        return;
      }
      link = target.toString();
    } else if (found.isDirectory()) {
      kind = Kind.DIRECTORY;
      name += "/";
      mode = mode(file);
      add(file);
    } else if (found.isRegularFile()) {
      kind = Kind.FILE;
      size = found.size();
      mode = mode(file);
    } else {
      leftOut.accept(file + " is neither a file, a directory nor a link");
      return;
    }
    var entry = new TarEntry(name, kind, mode, size, link);
    InputStream content =
        kind == Kind.FILE ? LocalFiles.read(file, Files::newInputStream) : nullInputStream();
    ready.add(new ByteArrayInputStream(TarHeader.of(entry, found.lastModifiedTime().toInstant())));
    ready.add(exactly(content, size, file));
    ready.add(new ByteArrayInputStream(new byte[TarHeader.padding(size)]));
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (true) {
      InputStream now = ready.peek();
      if (now != null) {
        int n = now.read(target, offset, length);
        if (n >= 0) {
          return n;
        }
        ready.remove().close();
      } else if (!todo.isEmpty()) {
        prepare(todo.pop());
      } else if (ended) {
        return -1;
      } else {
        ended = true;
        ready.add(new ByteArrayInputStream(new byte[2 * TarHeader.BLOCK]));
      }
    }
  }

  @Override
  public void close() throws IOException {
    while (!ready.isEmpty()) {
      ready.remove().close();
    }
    todo.clear();
    ended = true;
  }

  /** As much of a file as its header says: it may grow while it is read. */
  private static InputStream exactly(InputStream content, long size, Path file) {
    return new ExactInput(
        content, size, _ -> new IOException(file + " was cut while it was copied")) {
      @Override
      public void close() throws IOException {
        content.close();
      }
    };
  }
}
