package dev.kelvin.cli.run;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.TaskFollower;
import dev.kelvin.cli.command.OptionWords;
import dev.kelvin.cli.file.LocalFiles;
import dev.kelvin.cli.text.Progress;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Problem;
import dev.kelvin.model.Task;
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
 * @param format of the disk, as it is when it is unpacked
 * @param compression what it is packed with
 * @param size in bytes, as it is
 */
public record ImageFile(Path path, Format format, Compression compression, long size) {
  private static final int BLOCK = 1 << 20;

  /**
   * The file, in the format that is named or that its ending says.
   *
   * @throws dev.kelvin.model.ProblemException invalid-argument when there is no such file, it is
   *     empty or none that can be sent, or its ending says nothing
   */
  public static ImageFile of(Path path, @Nullable String format) {
    long size = LocalFiles.read(path, Files::size);
    if (!Files.isRegularFile(path)) {
      throw Problem.of(Code.INVALID_ARGUMENT, "This is a pipe or a device, and no file")
          .on(path.toString())
          .because("how much comes out of it is not known, and it can be read once only")
          .remedy(
              "read it as standard input: kelvin image import - --name NAME --format raw < " + path)
          .asException();
    } else if (size == 0) {
      throw Problem.of(Code.INVALID_ARGUMENT, "The file is empty")
          .on(path.toString())
          .because("it has 0 bytes, as a download leaves it that failed")
          .remedy("download it again")
          .asException();
    }
    Compression compression = Compression.of(path.getFileName().toString());
    Format named =
        format == null
            ? ImageFormats.ofName(path, compression)
            : OptionWords.read(Format.class, format, "--format");
    return new ImageFile(path, named, compression, size);
  }

  /** The file's name without its ending, as the name of an object. */
  public String baseName() {
    String name = compression.inside(path.getFileName().toString().toLowerCase(Locale.ROOT));
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
              Task task =
                  session.client().images().importFile(name, format, compression, labels, in, size);
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
