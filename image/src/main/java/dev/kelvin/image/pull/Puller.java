package dev.kelvin.image.pull;

import dev.kelvin.host.file.Durable;
import dev.kelvin.image.bulk.BulkWork;
import dev.kelvin.image.web.Urls;
import dev.kelvin.image.web.Web;
import dev.kelvin.model.ByteSize;
import dev.kelvin.model.Code;
import dev.kelvin.model.Compression;
import dev.kelvin.model.Image.Format;
import dev.kelvin.model.Image.Provenance;
import dev.kelvin.model.Image.Verification;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.model.ProgressSink;
import dev.kelvin.model.Task.Progress;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.bouncycastle.openpgp.PGPPublicKey;
import org.jspecify.annotations.Nullable;

/** Carries out pulls: the sums and who signed them, the file, its checksum, its unpacking. */
public final class Puller {
  private static final System.Logger LOG = System.getLogger(Puller.class.getName());

  /** Room that is left to everything else on the file system. */
  private static final ByteSize RESERVE = ByteSize.ofMiB(256);

  private static final String PACKED = "download";
  private static final String UNPACKED = "disk";

  private final PullLimits limits;
  private final Path keyDirectory;
  private final BulkWork bulk;
  private final Optional<SSLContext> tls;

  /**
   * @param keyDirectory where the administrator may put keys of publishers
   * @param bulk downloads, makes checksums and unpacks
   */
  public Puller(PullLimits limits, Path keyDirectory, BulkWork bulk) {
    this(limits, keyDirectory, bulk, Optional.empty());
  }

  /**
   * @param tls what servers are trusted by; empty for the certificates that Java trusts
   */
  Puller(PullLimits limits, Path keyDirectory, BulkWork bulk, Optional<SSLContext> tls) {
    this.limits = limits;
    this.keyDirectory = keyDirectory;
    this.bulk = bulk;
    this.tls = tls;
  }

  /** What vouches for a file, as far as that is known before the file is here. */
  private record Expected(Verification by, @Nullable Checksum sum, @Nullable String signer) {}

  /**
   * Gets the file of a plan and holds it against its checksum. Goes on with what an earlier call
   * has left in the directory.
   *
   * @return what was verified
   * @throws ProblemException not-found, unavailable, invalid-argument, too-large, host-failure
   */
  public Provenance download(PullPlan plan, Path work, ProgressSink progress)
      throws InterruptedException {
    try (var web = new SmallFiles(limits, tls)) {
      Expected expected = expected(web, plan, progress);
      if (expected.by() == Verification.NONE && !plan.insecure()) {
        throw unverified(plan);
      }
      PartialFile part = PartialFile.open(work.resolve(PACKED));
      var room = new Download.Room(work, RESERVE, plan.compression() == Compression.NONE ? 2 : 3);
      new Download(bulk, limits, room).get(URI.create(plan.url()), part, progress);
      return verify(web, plan, expected, part, progress);
    } catch (IOException e) {
      throw unstorable(work, e);
    }
  }

  private static ProblemException unstorable(Path work, IOException e) {
    return Problem.of(Code.HOST_FAILURE, "The file cannot be stored")
        .on(work.toString())
        .because(e.toString())
        .remedy("check the permissions and the health of the file system")
        .asException(e);
  }

  /**
   * Finds out soon whether a plan can be carried out: reads the sums, and asks for the file, each
   * once. A wrong checksum shows only when all of the file is here.
   *
   * @param limit for all of it
   * @throws ProblemException unavailable, not-found, invalid-argument: why it cannot
   */
  public void reach(PullPlan plan, Duration limit) throws InterruptedException {
    var done = new CompletableFuture<Void>();
    // A platform thread, which is left behind: looking up a name cannot be interrupted.
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("reach")
            .start(() -> {
              try {
                reachNow(plan, limit);
                done.complete(null);
              } catch (RuntimeException | IOException | InterruptedException e) {
                done.completeExceptionally(e);
              }
            });
    try {
      done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw Statuses.unreachable(
          URI.create(plan.url()), "image", "no answer within " + limit.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case ProblemException known -> throw known;
        case IOException broken ->
            throw Statuses.unreachable(URI.create(plan.url()), "image", Web.reason(broken), broken);
        case null, default ->
            throw new IllegalStateException("asking for " + plan.url(), e.getCause());
      }
    } finally {
      thread.interrupt();
    }
  }

  private void reachNow(PullPlan plan, Duration limit) throws IOException, InterruptedException {
    try (var web = new SmallFiles(limits.within(limit), tls)) {
      if (expected(web, plan, ProgressSink.none()).by() == Verification.NONE && !plan.insecure()) {
        throw unverified(plan);
      }
      web.ask(URI.create(plan.url()));
    }
  }

  private static ProblemException unverified(PullPlan plan) {
    return Problem.of(Code.INVALID_ARGUMENT, "Nothing vouches for this file")
        .on(plan.url())
        .at("checksum")
        .because("it comes over plain http, without a checksum or a signature to hold it against")
        .remedy("use https, give its --checksum, or take it as it comes with --insecure")
        .asException();
  }

  private Provenance verify(
      SmallFiles web, PullPlan plan, Expected expected, PartialFile part, ProgressSink progress)
      throws InterruptedException, IOException {
    Checksum sum = expected.sum();
    if (sum == null) {
      return new Provenance(expected.by(), null, null);
    }
    Checksum actual = sum.of(part.path(), bulk, progress);
    if (!actual.equals(sum)) {
      // What "latest" leads to may have been replaced between the sums and the file.
      Expected now = expected(web, plan, progress);
      if (!actual.equals(now.sum())) {
        part.discard();
        throw Problem.of(Code.INVALID_ARGUMENT, "The file is not the one that is vouched for")
            .on(plan.url())
            .because("its checksum is " + actual + ", and " + sum + " was expected")
            .remedy(
                "pull again later: a mirror may be behind; if it stays, the file was tampered with"
                    + " or the checksum is of another file")
            .asException();
      }
      return new Provenance(now.by(), actual.toString(), now.signer());
    }
    return new Provenance(expected.by(), actual.toString(), expected.signer());
  }

  private Expected expected(SmallFiles web, PullPlan plan, ProgressSink progress)
      throws InterruptedException {
    String given = plan.checksum();
    if (given != null) {
      return new Expected(Verification.CHECKSUM, Checksum.parse(given), null);
    }
    String sums = plan.sums();
    boolean secure = Urls.isSecure(URI.create(plan.url()));
    if (sums == null) {
      return new Expected(secure ? Verification.TRANSPORT : Verification.NONE, null, null);
    }
    progress.report(new Progress(0, 0, "", "reading the publisher's sums"));
    byte[] content = web.get(URI.create(sums), "sums");
    boolean own = Sums.areOf(sums, plan.url());
    if (plan.keys().isEmpty()) {
      String text = new String(content, StandardCharsets.UTF_8);
      Checksum sum = Sums.find(text, plan.fileName(), own);
      boolean trusted = Urls.isSecure(URI.create(sums));
      return new Expected(trusted ? Verification.SUMS : Verification.NONE, sum, null);
    }
    List<PGPPublicKey> keys = keys(web, plan);
    String signature = plan.signature();
    Signatures.Signed signed =
        signature == null
            ? Signatures.clear(content, keys)
            : Signatures.detached(content, web.get(URI.create(signature), "signature"), keys);
    Checksum sum = Sums.find(signed.text(), plan.fileName(), own);
    return new Expected(Verification.SIGNATURE, sum, signed.fingerprint());
  }

  /** The keys of the plan that can be had: from the configuration, the host, or the publisher. */
  private List<PGPPublicKey> keys(SmallFiles web, PullPlan plan) throws InterruptedException {
    var keys = new ArrayList<PGPPublicKey>();
    ProblemException trouble = null;
    for (PullPlan.Key key : plan.keys()) {
      Optional<PGPPublicKey> found = onHost(key);
      String url = key.url();
      if (found.isEmpty() && url != null) {
        try {
          found =
              Signatures.find(Signatures.keys(web.get(URI.create(url), "key")), key.fingerprint());
        } catch (ProblemException e) {
          trouble = e;
        }
      }
      found.ifPresent(keys::add);
    }
    if (keys.isEmpty()) {
      String wanted =
          String.join(", ", plan.keys().stream().map(PullPlan.Key::fingerprint).toList());
      String cause = trouble == null ? "none has this fingerprint" : trouble.problem().oneLine();
      throw Problem.of(Code.UNAVAILABLE, "The key that signs the publisher's sums cannot be had")
          .on(wanted)
          .because(cause)
          .remedy("put the key into a file in " + keyDirectory + ", its fingerprint is compared")
          .asException();
    }
    return keys;
  }

  private Optional<PGPPublicKey> onHost(PullPlan.Key key) {
    var files = new ArrayList<Path>();
    if (Files.isDirectory(keyDirectory)) {
      try (var entries = Files.list(keyDirectory)) {
        entries.filter(Files::isRegularFile).sorted().forEach(files::add);
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, "the keys in " + keyDirectory + " cannot be read", e);
      }
    }
    key.files().forEach(file -> files.add(Path.of(file)));
    for (Path file : files) {
      try {
        if (Files.isReadable(file) && Files.size(file) <= PullLimits.SMALL_FILE) {
          Optional<PGPPublicKey> found =
              Signatures.find(Signatures.keys(Files.readAllBytes(file)), key.fingerprint());
          if (found.isPresent()) {
            return found;
          }
        }
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, "the key " + file + " cannot be read", e);
      }
    }
    return Optional.empty();
  }

  /**
   * Unpacks what was downloaded, and removes it then.
   *
   * @return the disk as the publisher has made it, in the directory
   * @throws ProblemException malformed, too-large, host-failure
   */
  public Path unpack(PullPlan plan, Path work, ProgressSink progress)
      throws InterruptedException, IOException {
    Path packed = work.resolve(PACKED);
    Path disk = work.resolve(UNPACKED);
    if (!Files.exists(packed)) {
      return disk; // an earlier call was through
    }
    if (plan.compression() == Compression.NONE) {
      Files.move(packed, disk, StandardCopyOption.ATOMIC_MOVE);
      return disk;
    }
    unpack(packed, plan.compression(), plan.format(), disk, progress);
    // What it came from is removed next.
    Durable.flushWithName(disk);
    Files.delete(packed);
    return disk;
  }

  /**
   * Unpacks a file, which stays, into another, which need not be on the medium then.
   *
   * @param format of what comes out
   * @throws ProblemException malformed, too-large, host-failure
   */
  public void unpack(Path packed, Compression kind, Format format, Path disk, ProgressSink progress)
      throws InterruptedException, IOException {
    var room = new Download.Room(disk.resolveSibling(""), RESERVE, 1);
    bulk.unpack(
        packed,
        kind,
        disk,
        limits.bounds(),
        now -> {
          requireRoom(room);
          progress.report(now);
        });
    if (format == Format.ISO) {
      ownCopy(disk);
    }
  }

  /**
   * Makes a file one that nobody else has open. A CD is stored as it was unpacked: a worker that
   * was taken over, and has left somebody behind, could still write to it.
   */
  private static void ownCopy(Path file) throws IOException {
    Path copy = file.resolveSibling(file.getFileName() + ".copy");
    Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
    Files.move(copy, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void requireRoom(Download.Room room) {
    try {
      room.require(0);
    } catch (IOException e) {
      throw unstorable(room.directory(), e);
    }
  }
}
