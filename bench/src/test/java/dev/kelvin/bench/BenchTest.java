package dev.kelvin.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kelvin.bench.guest.Guest;
import dev.kelvin.bench.guest.TinyGuest;
import dev.kelvin.bench.process.Await;
import dev.kelvin.bench.process.Leftovers;
import dev.kelvin.bench.report.Bar;
import dev.kelvin.bench.report.Report;
import dev.kelvin.bench.report.Series;
import dev.kelvin.bench.session.Options;
import dev.kelvin.bench.session.Part;
import dev.kelvin.bench.session.Vitals;
import dev.kelvin.bench.start.Start;
import dev.kelvin.bench.start.Starts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the benchmark computes and writes; what it measures is real only in a run. */
class BenchTest {
  @Test
  void quantilesAreInterpolated() {
    var series = new Series("s", "ms", List.of(40.0, 10.0, 30.0, 20.0));

    assertThat(series.median()).isEqualTo(25.0);
    assertThat(series.quantile(0)).isEqualTo(10.0);
    assertThat(series.quantile(0.1)).isEqualTo(13.0);
    assertThat(series.max()).isEqualTo(40.0);
    assertThatThrownBy(() -> new Series("empty", "ms", List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void barsCompareMedians() {
    var slow = Series.ofTimes("slow", List.of(Duration.ofMillis(30)));
    var fast = Series.ofTimes("fast", List.of(Duration.ofMillis(20)));

    assertThat(Bar.ratio("exactly", slow, fast, 1.5).met()).isTrue();
    assertThat(Bar.ratio("more", slow, fast, 1.4).met()).isFalse();
  }

  @Test
  void optionsAreReadStrictly() throws Options.Wrong {
    Options usual = Options.parse(List.of());
    assertThat(usual)
        .isEqualTo(
            new Options(
                EnumSet.allOf(Part.class),
                12,
                20,
                10_000,
                200,
                50,
                100,
                10,
                1024,
                "all",
                true,
                false));
    assertThat(Options.parse(List.of("--rounds", "3", "--slug", "a-b", "--no-libvirt", "--strict")))
        .isEqualTo(
            new Options(usual.parts(), 3, 20, 10_000, 200, 50, 100, 10, 1024, "a-b", false, true));
    Options some =
        Options.parse(List.of("--only", "crowd,stored", "--stored", "99", "--minutes", "1"));
    assertThat(some.parts()).containsExactlyInAnyOrder(Part.STORED, Part.CROWD);
    assertThat(some.slug()).isEqualTo("stored-crowd");
    assertThat(some.stored()).isEqualTo(99);
    assertThat(some.minutes()).isEqualTo(1);
    for (List<String> wrong :
        List.of(
            List.of("--rounds"),
            List.of("--rounds", "0"),
            List.of("--slug", "../x"),
            List.of("--only"),
            List.of("--only", "stored,"),
            List.of("--only", "everything"),
            List.of("--fast"))) {
      assertThatThrownBy(() -> Options.parse(wrong)).isInstanceOf(Options.Wrong.class);
    }
  }

  @Test
  void startsAreMeasuredInTurnsAfterAFirstRoundThatDoesNotCount() throws Exception {
    var order = new ArrayList<String>();
    Start one = start("one", order);
    Start two = start("two", order);
    var starts = new Starts(List.of(one, two));

    starts.run(2);

    assertThat(order).containsExactly("one", "two", "one", "two", "two", "one");
    assertThat(starts.running(one).samples()).containsExactly(5.0, 5.0);
    assertThat(starts.init(two).median()).isEqualTo(7.0);
  }

  private static Start start(String name, List<String> order) {
    return new Start() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Times measure() {
        order.add(name);
        return new Times(Duration.ofMillis(5), Duration.ofMillis(7));
      }
    };
  }

  @Test
  void reportSaysWhatIsMetAndKeepsTheSamples(@TempDir Path directory) throws IOException {
    var report =
        new Report(
            LocalDate.of(2026, 11, 21),
            Map.of("kernel", "6.1"),
            List.of(new Series("start", "ms", List.of(1.23456, 3.0))),
            List.of(new Bar("small", 1, 2, "x"), new Bar("big", 300, 250, "ms")),
            List.of("A note."));

    Path written = report.write(directory, "test");

    assertThat(written).hasFileName("2026-11-21-test.md");
    assertThat(Files.readString(written))
        .contains(
            "| small | 1.00 x | 2.00 x | met |",
            "| big | 300.0 ms | 250.0 ms | **missed** |",
            "| start | 2.12 |",
            "- kernel: 6.1",
            "- A note.");
    assertThat(Files.readString(directory.resolve("2026-11-21-test.json")))
        .contains("1.235", "\"met\" : false", "\"A note.\"");
  }

  @Test
  void tinyGuestIsWhatAMultibootLoaderTakes() {
    var image = ByteBuffer.wrap(TinyGuest.image()).order(ByteOrder.LITTLE_ENDIAN);

    assertThat(image.getInt(0)).isEqualTo(0x1BADB002);
    assertThat(image.getInt(0) + image.getInt(4) + image.getInt(8)).isZero();
    assertThat(image.getInt(20) - image.getInt(16)).isEqualTo(image.capacity());
    // mov esi: the text that the code writes.
    int text = image.getInt(33) - image.getInt(16);
    assertThat(image.get(32)).isEqualTo((byte) 0xbe);
    assertThat(new String(image.array(), StandardCharsets.US_ASCII).substring(text))
        .isEqualTo(Guest.MARKER + "\n\0");
  }

  @Test
  void timeOnProcessorsIsThatOfTheProcess() throws Exception {
    long pid = ProcessHandle.current().pid();
    Duration before = Vitals.cpu(pid);
    Await.until("it to take time", Await.USUAL, () -> Vitals.cpu(pid).compareTo(before) > 0);
    assertThat(Vitals.cpu(pid)).isLessThan(Duration.ofHours(1));
  }

  @Test
  void processesOfARunAreFoundByItsDirectoryAndKilled(@TempDir Path directory) throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    Process process = new ProcessBuilder("tail", "-f", file.toString()).start();
    try {
      Await.until("it", Await.USUAL, () -> !Leftovers.of(directory).isEmpty());
      Leftovers.kill(directory);
      assertThat(process.waitFor()).isEqualTo(137);
      assertThat(Leftovers.of(directory)).isEmpty();
    } finally {
      process.destroyForcibly();
    }
  }
}
