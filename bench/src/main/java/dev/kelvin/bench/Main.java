package dev.kelvin.bench;

import dev.kelvin.bench.load.Burst;
import dev.kelvin.bench.load.CrowdFigures;
import dev.kelvin.bench.load.Hostile;
import dev.kelvin.bench.load.ImportPart;
import dev.kelvin.bench.process.FileTrees;
import dev.kelvin.bench.process.Leftovers;
import dev.kelvin.bench.report.Bar;
import dev.kelvin.bench.report.Machine;
import dev.kelvin.bench.report.Report;
import dev.kelvin.bench.session.BenchSession;
import dev.kelvin.bench.session.Options;
import dev.kelvin.bench.session.Part;
import dev.kelvin.bench.start.StartPart;
import dev.kelvin.bench.stored.StoredFigures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;

/** {@code ./dev bench}. */
public final class Main {
  private Main() {}

  /** Run from the root of the source tree, after the program was built. */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (List.of(args).contains("--help")) {
      System.out.print(Options.HELP);
      return;
    }
    Options options;
    try {
      options = Options.parse(List.of(args));
    } catch (Options.Wrong e) {
      System.err.println("bench: " + e.getMessage());
      System.err.print(Options.HELP);
      System.exit(2);
      return;
    }
    Path place = // Open to pass through: VMs run as users of their own.
        Files.createTempDirectory(
            "kb",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    // A VM's own user, and libvirt's, must be able to pass through.
    Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwx--x--x"));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> tidy(place), "tidy"));
    boolean met = run(new BenchSession(options, Path.of("").toAbsolutePath(), place));
    System.exit(met || !options.strict() ? 0 : 1);
  }

  /** Also when the run is broken off: nothing of it stays. */
  private static void tidy(Path place) {
    try {
      Leftovers.kill(place);
      FileTrees.delete(place);
    } catch (IOException e) {
      System.err.println("bench: " + place + " is left behind: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean run(BenchSession session) throws IOException, InterruptedException {
    String load = Machine.load();
    Options options = session.options();
    for (Part part : Part.values()) {
      if (options.parts().contains(part)) {
        switch (part) {
          case START -> StartPart.measure(session);
          case STORED -> StoredFigures.measure(session);
          case BURST -> Burst.measure(session);
          case CROWD -> CrowdFigures.measure(session);
          case IMPORT -> ImportPart.measure(session);
          case HOSTILE -> Hostile.measure(session);
        }
      }
    }
    session.note(
        "Load average of the last minute: " + load + " before, " + Machine.load() + " after.");
    var report =
        new Report(
            LocalDate.now(ZoneId.systemDefault()),
            session.machine(),
            session.series(),
            session.bars(),
            session.notes());
    Path written = report.write(session.root().resolve("bench/results"), options.slug());
    System.out.println();
    System.out.println(report.markdown(options.slug()));
    BenchSession.say("written to " + session.root().relativize(written) + " and .json beside it");
    return session.bars().stream().allMatch(Bar::met);
  }
}
