package dev.kelvin.it.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.image.DiskTarget;
import dev.kelvin.image.bulk.ReportTarget;
import dev.kelvin.image.pull.PullTarget;
import dev.kelvin.server.http.RequestTarget;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each input that was kept, seeds and those that once broke something, through its target. */
class KeptInputsTest {
  /** A parser that is fed. */
  interface Target {
    void feed(byte[] input) throws Exception;
  }

  static Map<Class<?>, Target> targets() {
    var targets = new LinkedHashMap<Class<?>, Target>();
    targets.put(DocumentTarget.class, DocumentTarget::fuzzerTestOneInput);
    targets.put(AnswerTarget.class, AnswerTarget::fuzzerTestOneInput);
    targets.put(WireTarget.class, WireTarget::fuzzerTestOneInput);
    targets.put(PullTarget.class, PullTarget::fuzzerTestOneInput);
    targets.put(ReportTarget.class, ReportTarget::fuzzerTestOneInput);
    targets.put(DiskTarget.class, DiskTarget::fuzzerTestOneInput);
    targets.put(RequestTarget.class, RequestTarget::fuzzerTestOneInput);
    return targets;
  }

  static Stream<Class<?>> names() {
    return targets().keySet().stream();
  }

  /** Where the inputs of a target are kept. */
  static Path corpus(Class<?> target) {
    var place = KeptInputsTest.class.getResource("corpus/" + target.getSimpleName());
    try {
      return Path.of(Objects.requireNonNull(place, "no inputs are kept").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<Path> kept(Class<?> target) throws IOException {
    try (Stream<Path> files = Files.list(corpus(target))) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  @Timeout(60)
  void whatWasKeptBreaksNothing(Class<?> target) throws Exception {
    List<Path> inputs = kept(target);
    assertThat(inputs).isNotEmpty();
    Target fed = Objects.requireNonNull(targets().get(target));
    for (Path input : inputs) {
      try {
        fed.feed(Files.readAllBytes(input));
      } catch (Exception | AssertionError e) {
        throw new AssertionError("the input " + input.getFileName() + " breaks it", e);
      }
    }
  }
}
