package dev.kelvin.bench.load;

import dev.kelvin.api.Client;
import dev.kelvin.bench.report.Bar;
import dev.kelvin.bench.report.Series;
import dev.kelvin.bench.session.BenchSession;
import dev.kelvin.bench.session.Node;
import dev.kelvin.host.program.Commands.Command;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * How long a raw disk takes to become an image, beside what somebody does who has no Kelvin: makes
 * a checksum, and converts it. By hand nothing waits until the copy is on the medium, and nothing
 * is checked; Kelvin does both.
 */
public final class ImportPart {
  private static final int ROUNDS = 5;
  private static final int MIB = 1 << 20;

  /** So many MiB of content, then as many of zeros. */
  private static final int RUN = 64;

  private static final Duration LIMIT = Duration.ofMinutes(20);

  private final BenchSession session;
  private final Node node;
  private final Path raw;

  private ImportPart(BenchSession session, Node node, Path raw) {
    this.session = session;
    this.node = node;
    this.raw = raw;
  }

  public static void measure(BenchSession session) throws IOException, InterruptedException {
    try (var node = session.node()) {
      node.start();
      Path raw = session.place().resolve("disk.raw");
      fill(raw, session.options().disk());
      new ImportPart(session, node, raw).measure();
    }
  }

  /** Half of it is noise, which neither compresses nor repeats itself. */
  private static void fill(Path file, int mib) throws IOException {
    var random = new Random(mib);
    byte[] piece = new byte[MIB];
    try (var out =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (int i = 0; i < mib; i++) {
        if (i % (2 * RUN) < RUN) {
          random.nextBytes(piece);
          out.write(ByteBuffer.wrap(piece), (long) i * MIB);
        }
      }
      out.write(ByteBuffer.wrap(new byte[1]), (long) mib * MIB - 1);
      out.force(true);
    }
  }

  private void measure() throws IOException, InterruptedException {
    int mib = session.options().disk();
    BenchSession.say(
        "how a raw disk of " + mib + " MiB becomes an image, in " + ROUNDS + " rounds");
    var byHand = new ArrayList<Duration>();
    var imports = new ArrayList<Duration>();
    for (int i = 0; i < ROUNDS; i++) {
      byHand.add(byHand());
      imports.add(imported("i" + i));
    }
    Series hand = Series.ofTimes("sha256sum, then qemu-img convert, of " + mib + " MiB", byHand);
    Series kelvin = Series.ofTimes("kelvin image import of " + mib + " MiB", imports);
    session.add(hand, kelvin);
    session.add(
        Bar.ratio("image import, against sha256sum and qemu-img by hand", kelvin, hand, 1.3));
    session.note("By hand nothing waits until the copy is on the medium; the import does.");
    try (Client client = node.client()) {
      session.describe(client.info());
    }
  }

  private Duration byHand() throws IOException, InterruptedException {
    Path copy = session.place().resolve("copy.qcow2");
    settle();
    long begin = System.nanoTime();
    run(List.of("sha256sum", raw.toString()));
    run(
        List.of(
            "qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw.toString(), copy.toString()));
    Duration time = Duration.ofNanos(System.nanoTime() - begin);
    Files.delete(copy);
    return time;
  }

  private Duration imported(String name) throws IOException, InterruptedException {
    settle();
    var argv = new ArrayList<>(List.of(node.java().toString()));
    argv.add("@" + node.environment().get("KELVIN_DIST") + "/cli.argv");
    argv.addAll(List.of("image", "import", raw.toString(), "--format", "raw", "--name", name));
    long begin = System.nanoTime();
    run(argv);
    Duration time = Duration.ofNanos(System.nanoTime() - begin);
    try (Client client = node.client()) {
      node.finish(client, client.images().delete(name));
    }
    return time;
  }

  /** What was written before is not paid for by what is measured next. */
  private void settle() throws IOException, InterruptedException {
    run(List.of("sync"));
  }

  private void run(List<String> argv) throws IOException, InterruptedException {
    var result =
        session.commands().run(Command.of(argv).timeout(LIMIT).environment(node.environment()));
    if (!result.ok()) {
      throw new IOException(argv.getFirst() + " failed: " + result.lastError());
    }
  }
}
