package dev.kelvin.image.bulk;

import dev.kelvin.image.web.Answer;
import dev.kelvin.image.web.EnvironmentProxies;
import dev.kelvin.image.web.FileRequest;
import dev.kelvin.image.web.Web;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Works in the calling thread: what a worker does, and tests. */
final class OwnThread implements BulkWork {
  private final Optional<SSLContext> tls;

  OwnThread(Optional<SSLContext> tls) {
    this.tls = tls;
  }

  @Override
  public String digest(Path file, Sha kind, ProgressSink progress) throws InterruptedException {
    return run(new BulkJob.Digest(kind), file, null, "making the checksum", progress);
  }

  @Override
  public void unpack(
      Path packed, Compression kind, Path target, UnpackLimits bounds, ProgressSink progress)
      throws InterruptedException {
    run(new BulkJob.Unpack(kind, bounds), packed, target, "unpacking", progress);
  }

  @Override
  public Answer fetch(FileRequest request) throws IOException, InterruptedException {
    return Web.once(request, EnvironmentProxies.ofProcess(), tls);
  }

  private static String run(
      BulkJob job, Path input, @Nullable Path output, String words, ProgressSink progress)
      throws InterruptedException {
    try (var in = FileChannel.open(input, StandardOpenOption.READ);
        var out =
            output == null
                ? null
                : FileChannel.open(
                    output,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
      long total = in.size();
      return run(job, in, out, at -> progress.report(new Progress(at, total, "bytes", words)));
    } catch (IOException e) {
      throw failure(e).on(input.getFileName().toString()).asException(e);
    }
  }

  /**
   * Does a job with files that are open.
   *
   * @return its result, empty where it has none
   */
  static String run(
      BulkJob job, FileChannel in, @Nullable FileChannel out, java.util.function.LongConsumer read)
      throws IOException, InterruptedException {
    return switch (job) {
      case BulkJob.Digest digest -> Digests.of(in, digest.kind(), read);
      case BulkJob.Unpack unpack -> {
        if (out == null) {
          throw new IllegalArgumentException("what is unpacked goes into a file");
        }
        new Unpacker(unpack.bounds()).unpack(in, unpack.kind(), out, read);
        yield "";
      }
      case BulkJob.Fetch _ -> throw new IllegalArgumentException("a download has no input");
    };
  }

  static Problem failure(IOException e) {
    return Problem.of(Code.HOST_FAILURE, "The file cannot be read or written")
        .because(e.toString())
        .remedy("check the room and the health of the file system of Kelvin's state");
  }
}
