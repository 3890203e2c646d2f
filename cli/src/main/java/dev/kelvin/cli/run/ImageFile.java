package dev.kelvin.cli.run;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower;
import dev.kelvin.cli.command.LocalFiles;
import dev.kelvin.cli.command.OptionWords;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.model.Code;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
import dev.kelvin.model.WireName;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file that an image is made of.
 *
 * @param size in bytes
 */
public record ImageFile(Path path, Format format, long size) {
  private static final int BLOCK = 1 << 20;

  /**
   * The file, in the format that is named or that its ending says.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when there is no such file, or its
   *     ending says nothing
   */
  public static ImageFile of(Path path, @Nullable String format) {
    long size = LocalFiles.read(path, Files::size);
    return new ImageFile(
        path,
        format == null ? byEnding(path) : OptionWords.read(Format.class, format, "--format"),
        size);
  }

  private static Format byEnding(Path path) {
    String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
    String ending = name.substring(name.lastIndexOf('.') + 1);
    return WireName.find(Format.class, ending)
        .orElseThrow(() ->
            Problem.of(Code.INVALID_ARGUMENT, "The format of the file is not known")
                .on(path.toString())
                .because("its ending \"" + ending + "\" names none, and content is not guessed at")
                .remedy("name it with --format raw, qcow2, vmdk, vhdx, vdi or iso")
                .asException());
  }

  /** The file's name without its ending, as the name of an object. */
  public String baseName() {
    String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
    int dot = name.lastIndexOf('.');
    var clean = new StringBuilder();
    for (char c : (dot > 0 ? name.substring(0, dot) : name).toCharArray()) {
      boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      boolean repeated = clean.isEmpty() || clean.charAt(clean.length() - 1) == '-';
      if (plain) {
        clean.append(c);
      } else if (!repeated) {
        clean.append('-');
      }
    }
    int end = Math.min(50, clean.length());
    while (end > 0 && clean.charAt(end - 1) == '-') {
      end--;
    }
    return end == 0 ? "image" : clean.substring(0, end);
  }

  /** A name that is the same for the same content. */
  public String contentName(Session session) {
    try (Progress progress = TaskFollower.progress(session)) {
      progress.step("Read " + path.getFileName());
      var hash = MessageDigest.getInstance("SHA-256");
      LocalFiles.read(
          path,
          file -> {
            try (InputStream in = Files.newInputStream(file)) {
              byte[] block = new byte[BLOCK];
              long done = 0;
              for (int n = in.read(block); n >= 0; n = in.read(block)) {
                hash.update(block, 0, n);
                done += n;
                progress.update(done, size, "bytes", "");
              }
              return done;
            }
          });
      return baseName() + "-" + HexFormat.of().formatHex(hash.digest(), 0, 4);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Sends the file; the task that it leads to checks and converts it. */
  public Task upload(Session session, String name, Map<String, String> labels) {
    try (Progress progress = TaskFollower.progress(session)) {
      progress.hint("Ctrl-C cancels");
      progress.step("Upload " + path.getFileName());
      return LocalFiles.read(
          path,
          file -> {
            try (InputStream in = new Counting(Files.newInputStream(file), progress, size)) {
              Task task = session.client().images().importFile(name, format, labels, in, size);
              progress.done();
              return task;
            }
          });
    }
  }

  /** Tells how much of a file has been read. */
  public static final class Counting extends FilterInputStream {
    private final Progress progress;
    private final long total;
    private long done;

    public Counting(InputStream in, Progress progress, long total) {
      super(in);
      this.progress = progress;
      this.total = total;
    }

    @Override
    public int read() throws IOException {
      int c = super.read();
      count(c < 0 ? 0 : 1);
      return c;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int n = super.read(target, offset, length);
      count(Math.max(0, n));
      return n;
    }

    private void count(int bytes) {
      done += bytes;
      progress.update(done, total, "bytes", "");
    }
  }
}
