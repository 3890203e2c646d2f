package dev.kelvin.host.program;

import dev.kelvin.host.program.Commands.Command;
import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a program needs to be run where nothing else is.
 *
 * @param program itself, by the name that it is called by
 * @param loader the program of the C library that loads it (ld.so(8)), by the name that it is asked
 *     for; none for a static one
 * @param directories those of its libraries, in which what it loads later is found, too
 */
public record ProgramClosure(Path program, Optional<Path> loader, List<Path> directories) {
  /** A line of {@code ld.so --list}: a name, and where it is. */
  private static final Pattern LIBRARY = Pattern.compile("(?:\\S+ => )?(/\\S+) \\(0x[0-9a-f]+\\)");

  private static final System.Logger LOG = System.getLogger(ProgramClosure.class.getName());

  /** How each such file begins. */
  private static final int ELF = 0x464C457F;

  private static final int ELF_64 = 2;
  private static final int PT_INTERP = 3;
  private static final int HEADER = 64;
  private static final int PROGRAM_HEADER = 56;
  private static final int LONGEST_PATH = 4096;

  public ProgramClosure {
    directories = List.copyOf(directories);
  }

  /**
   * Whether it is a file that the kernel loads itself, and {@link #of} can tell what it needs; a
   * script is none.
   */
  public static boolean isKnown(Path program) {
    try (var file = FileChannel.open(program)) {
      ByteBuffer header = read(file, 0, HEADER);
      return header.getInt(0) == ELF && header.get(4) == ELF_64;
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "{0} is no program that is known: {1}", program, e);
      return false;
    }
  }

  /** The same with more directories. */
  public ProgramClosure with(List<Path> more) {
    return new ProgramClosure(
        program, loader, Stream.concat(directories.stream(), more.stream()).distinct().toList());
  }

  /** All that is executed: the program, and what loads it. */
  public List<Path> programs() {
    return Stream.concat(Stream.of(program), loader.stream()).toList();
  }

  /**
   * That of a program which is trusted: its own loader is asked.
   *
   * @throws dev.kelvin.model.ProblemException host-failure when it is no program that runs here
   */
  public static ProgramClosure of(Path program, Commands commands) throws InterruptedException {
    try {
      Path real = program.toRealPath();
      Optional<Path> loader = loader(real);
      if (loader.isEmpty()) {
        return new ProgramClosure(program, loader, List.of());
      }
      var result = commands.run(Command.of(loader.get().toString(), "--list", real.toString()));
      if (!result.ok()) {
        throw new IOException(loader.get() + " --list: " + result.lastError());
      }
      Set<Path> directories = new LinkedHashSet<>();
      for (String line : result.stdout().lines().map(String::strip).toList()) {
        var library = LIBRARY.matcher(line);
        if (library.matches()) {
          directories.add(Path.of(library.group(1)).toRealPath().getParent());
        }
      }
      return new ProgramClosure(program, loader, withoutInner(directories));
    } catch (IOException e) {
      throw Problem.of(Code.HOST_FAILURE, "What a program needs cannot be found out")
          .on(program.toString())
          .because(e.toString())
          .remedy("install the package of the program again")
          .asException(e);
    }
  }

  /** Those that lie in none of the others. */
  private static List<Path> withoutInner(Set<Path> directories) {
    return directories.stream()
        .filter(one ->
            directories.stream().noneMatch(other -> one.startsWith(other) && !one.equals(other)))
        .toList();
  }

  /** The name that the kernel loads the program through; see elf(5), PT_INTERP. */
  private static Optional<Path> loader(Path program) throws IOException {
    try (var file = FileChannel.open(program)) {
      ByteBuffer header = read(file, 0, HEADER);
      if (header.getInt(0) != ELF || header.get(4) != ELF_64) {
        throw new IOException(program + " is no 64-bit program");
      }
      long at = header.getLong(32);
      int size = Short.toUnsignedInt(header.getShort(54));
      int count = Short.toUnsignedInt(header.getShort(56));
      for (int i = 0; i < count; i++) {
        ByteBuffer entry = read(file, at + (long) i * size, PROGRAM_HEADER);
        if (entry.getInt(0) == PT_INTERP) {
          int length = (int) Math.min(LONGEST_PATH, entry.getLong(32));
          byte[] name = new byte[length];
          read(file, entry.getLong(8), length).get(name);
          return Optional.of(Path.of(new String(name, StandardCharsets.UTF_8).replace("\0", "")));
        }
      }
      return Optional.empty();
    }
  }

  private static ByteBuffer read(FileChannel file, long at, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (file.read(bytes, at + bytes.position()) < 0) {
        throw new IOException("the program's file is too short");
      }
    }
    return bytes.flip();
  }
}
