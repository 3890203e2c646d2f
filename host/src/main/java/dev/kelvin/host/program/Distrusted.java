package dev.kelvin.host.program;

import dev.kelvin.model.ByteSize;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program to run that may be taken over by what it works on, and all that it gets. Who starts it
 * is a {@link Confiner}.
 *
 * @param name for people, in problems
 * @param argv the program and its arguments
 * @param environment beside the search path and the locale
 * @param files what it reads and writes
 * @param limits what it may use up
 * @param user that it runs as where the daemon is root; null for root, without root's rights
 * @param network whether it uses the network of the host
 * @param background whether its work can wait for that of others: it gets little of CPUs and disks
 */
public record Distrusted(
    String name,
    List<String> argv,
    Map<String, String> environment,
    Files files,
    Limits limits,
    @Nullable Integer user,
    boolean network,
    boolean background) {
  /** The user and the group that own nothing. */
  public static final int NOBODY = 65534;

  /** The number of {@link Files#target}. */
  public static final int TARGET = 3;

  public Distrusted {
    argv = List.copyOf(argv);
    environment = Map.copyOf(environment);
    if (argv.isEmpty()) {
      throw new IllegalArgumentException("there is at least a program");
    }
  }

  /**
   * Files that it is handed open, and those that it can open. Of all others there is nothing to be
   * seen, where the host can build that.
   *
   * @param input its standard input, for reading; null for nothing
   * @param output its standard output: made, or emptied; null for a pipe that the daemon reads
   * @param target its descriptor {@value Distrusted#TARGET}, for reading and writing; null for none
   * @param reads files, and directories with all below them, that it can open for reading by their
   *     names, and by those of its descriptors
   * @param writes files that it can open for writing
   * @param told what it finds on its standard input instead of a file, at most as much as a pipe
   *     holds (64 KiB; pipe(7)); null for nothing
   */
  public record Files(
      @Nullable Path input,
      @Nullable Path output,
      @Nullable Path target,
      List<Path> reads,
      List<Path> writes,
      @Nullable String told) {
    public Files {
      reads = List.copyOf(reads);
      writes = List.copyOf(writes);
    }

    /** Without anything that it is told. */
    public Files(
        @Nullable Path input,
        @Nullable Path output,
        @Nullable Path target,
        List<Path> reads,
        List<Path> writes) {
      this(input, output, target, reads, writes, null);
    }

    /** With pipes, and without a file that it could write to. */
    static Files told(String told, List<Path> reads) {
      return new Files(null, null, null, reads, List.of(), told);
    }
  }

  /**
   * What setrlimit(2) limits; there are no core dumps either.
   *
   * @param memory address space (RLIMIT_AS)
   * @param largestFile that it may write (RLIMIT_FSIZE)
   * @param descriptors that it may have open (RLIMIT_NOFILE)
   */
  public record Limits(ByteSize memory, ByteSize largestFile, int descriptors) {}
}
