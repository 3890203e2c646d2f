package dev.kelvin.image.bulk;

import dev.kelvin.host.program.Confiner;
import dev.kelvin.host.program.WorkerProcess;
import dev.kelvin.image.web.Answer;
import dev.kelvin.image.web.EnvironmentProxies;
import dev.kelvin.image.web.FileRequest;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Has the work done by processes, one for each piece of it. One that is killed from outside, as for
 * the sake of the host's memory, is started once more (a download goes on where it was); whatever
 * else becomes of one is a problem of the task that waits for it.
 */
public final class Workers implements BulkWork {
  private static final System.Logger LOG = System.getLogger(Workers.class.getName());

  /** Each takes memory and CPUs of the guests. */
  private static final int AT_ONCE = 2;

  /** What is not known of the result of a checksum. */
  private static final ByteSize NOTHING = new ByteSize(0);

  /**
   * Downloads; they wait for servers more than they work, and are not to keep the others waiting.
   */
  private static final int DOWNLOADS = 4;

  /** Longer than any download: who waits for its bytes looks whether they come. */
  private static final Duration UNBOUNDED = Duration.ofDays(365);

  /** Names a file. */
  private static final String TRUST_STORE = "javax.net.ssl.trustStore";

  /** What the administrator says to a JVM about whom it shall trust. */
  private static final List<String> TRUST =
      List.of(
          TRUST_STORE,
          "javax.net.ssl.trustStorePassword",
          "javax.net.ssl.trustStoreProvider",
          "javax.net.ssl.trustStoreType");

  private final WorkerProgram program;
  private final WorkerProcess processes;
  private final boolean asNobody;
  private final WorkerProcess downloaders;
  private final Semaphore places = new Semaphore(AT_ONCE, true);
  private final Semaphore downloads = new Semaphore(DOWNLOADS, true);

  Workers(WorkerProgram program, Confiner confiner, WorkerProcess.Limits limits) {
    this.program = program;
    this.processes = new WorkerProcess(confiner, limits);
    this.downloaders =
        new WorkerProcess(
            confiner,
            new WorkerProcess.Limits(
                limits.memory(),
                limits.longestLine(),
                limits.lines(),
                limits.linesPerSecond(),
                UNBOUNDED,
                UNBOUNDED));
    this.asNobody = program.forEverybody();
  }

  /**
   * Workers of the program that runs.
   *
   * @param confiner that starts them
   */
  public static Workers ofProcess(Confiner confiner) throws IOException {
    return new Workers(WorkerProgram.ofProcess(), confiner, WorkerProcess.Limits.usual());
  }

  @Override
  public String digest(Path file, Sha kind, ProgressSink progress) throws InterruptedException {
    var piece = new Piece(new BulkJob.Digest(kind), file, null, NOTHING, "making the checksum");
    String hex = work(piece, progress);
    if (!kind.fits(hex)) {
      throw WorkerEnds.nonsense(
              name(file), "this is no checksum: " + WorkerLines.shown(hex, "nothing"))
          .asException();
    }
    return hex;
  }

  @Override
  public void unpack(
      Path packed, Compression kind, Path target, UnpackLimits bounds, ProgressSink progress)
      throws InterruptedException {
    var job = new BulkJob.Unpack(kind, bounds);
    work(new Piece(job, packed, target, bounds.most(), "unpacking"), progress);
  }

  @Override
  public Answer fetch(FileRequest request) throws IOException, InterruptedException {
    var trust = new HashMap<String, String>();
    for (String name : TRUST) {
      String value = System.getProperty(name);
      if (value != null) {
        trust.put(name, value);
      }
    }
    var proxies = EnvironmentProxies.ofProcess().variables();
    String told = WorkerLines.text(new BulkJob.Fetch(request, proxies, trust));
    var reads = new ArrayList<>(reads(request.uri().toString()));
    String store = trust.get(TRUST_STORE);
    if (store != null && Files.exists(Path.of(store))) {
      Path file = Path.of(store).toAbsolutePath();
      if (asNobody && !WorkerProgram.open(file)) {
        throw Problem.of(
                Code.HOST_FAILURE, "The store of certificates cannot be read for downloads")
            .on(file.toString())
            .because("what downloads is the user nobody, who may not read it")
            .remedy("let everybody read it: it has no secrets (chmod a+r)")
            .asException();
      }
      reads.add(file);
    }
    downloads.acquire();
    return PipedAnswer.begin(
        downloaders,
        request,
        body ->
            new WorkerProcess.Job(
                "download",
                program.argv(),
                new WorkerProcess.Pipes(told, body::hear),
                NOTHING,
                asNobody,
                reads,
                true),
        downloads::release);
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  /**
   * One piece of work.
   *
   * @param largest that the output may be
   * @param words for people, about what is going on
   */
  private record Piece(
      BulkJob job, Path input, @Nullable Path output, ByteSize largest, String words) {
    String object() {
      return name(input);
    }
  }

  private String work(Piece piece, ProgressSink progress) throws InterruptedException {
    places.acquire();
    try {
      var first = attempt(piece, progress);
      if (first.ending() != WorkerEnds.KILLED) {
        return first.result();
      }
      LOG.log(Level.WARNING, "A worker was killed while it was {0}; another begins", piece.words());
      return attempt(piece, progress).result();
    } finally {
      places.release();
    }
  }

  private Hearing attempt(Piece piece, ProgressSink progress) throws InterruptedException {
    var argv = new ArrayList<>(program.argv());
    argv.add(WorkerLines.text(piece.job()));
    var job =
        new WorkerProcess.Job(
            "worker",
            argv,
            new WorkerProcess.OfFiles(piece.input(), piece.output()),
            piece.largest(),
            asNobody,
            reads(piece.object()),
            false);
    var hearing = new Hearing(piece, length(piece.input()), progress);
    hearing.ended(processes.run(job, hearing::take, hearing::report));
    return hearing;
  }

  private List<Path> reads(String object) {
    try {
      return program.reads();
    } catch (IOException e) {
      throw OwnThread.failure(e).on(object).asException(e);
    }
  }

  private static long length(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw OwnThread.failure(e).on(name(file)).asException(e);
    }
  }

  /** What one worker says, and how it ends. */
  private static final class Hearing {
    private final Piece piece;
    private final long total;
    private final ProgressSink progress;
    private final WorkerVoice voice;
    private int ending;

    /** What it says that it has read; negative before it has said so. */
    private volatile long read = -1;

    Hearing(Piece piece, long total, ProgressSink progress) {
      this.piece = piece;
      this.voice = new WorkerVoice(piece.object());
      this.total = total;
      this.progress = progress;
    }

    /** Takes a line of it. */
    void take(String line) {
      switch (voice.hear(line)) {
        case WorkerReport.Progress(long bytes) -> read = Math.min(bytes, total);
        case WorkerReport.Head _, WorkerReport.Broken _ ->
            throw voice.nonsense("it was not to ask anybody");
        case WorkerReport.Done _, WorkerReport.Failed _ -> {}
        case null -> {}
      }
    }

    /**
     * Tells how far it is. Also while it says nothing: whoever hears of it may look whether there
     * is room left, and that must not depend on what a worker says.
     */
    void report() {
      progress.report(new Progress(Math.max(read, 0), total, "bytes", piece.words()));
    }

    void ended(int code) {
      if (read >= 0) {
        report();
      }
      ending = voice.last() == null ? code : 0;
    }

    /** How it ended without a result; 0 when it has one. */
    int ending() {
      return ending;
    }

    String result() {
      return switch (voice.last()) {
        case WorkerReport.Done(String result) -> result;
        case WorkerReport.Failed(Problem problem) ->
            throw WorkerLines.shown(problem, piece.object()).asException();
        case WorkerReport.Progress _, WorkerReport.Head _, WorkerReport.Broken _ ->
            throw new IllegalStateException("none of these is a result");
        case null -> throw voice.early(ending);
      };
    }
  }
}
