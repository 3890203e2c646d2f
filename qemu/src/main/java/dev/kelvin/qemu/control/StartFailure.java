package dev.kelvin.qemu.control;

import dev.kelvin.model.Code;
import dev.kelvin.model.Problem;
import dev.kelvin.model.ProblemException;
import dev.kelvin.qemu.VmFiles;
import dev.kelvin.qmp.Texts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Why a QEMU ended before it listened, in its own words. */
final class StartFailure {
  /** QEMU says what it refuses first, which is long, and why at the end. */
  private static final int MAX_LINE = 4096;

  private static final int TAIL = 4096;

  private StartFailure() {}

  static ProblemException explain(VmFiles files, @Nullable Throwable reason) {
    String words = lastWords(files.output());
    var problem =
        Problem.of(Code.QEMU_REFUSED, "QEMU ended before it was ready")
            .because(words)
            .remedy(Advice.on(words) + "; all that it said is in " + files.output());
    return reason == null ? problem.asException() : problem.asException(reason);
  }

  /** The last line that is no warning, without QEMU's time stamp and name. */
  private static String lastWords(Path output) {
    String text;
    try (var file = FileChannel.open(output)) {
      var tail = ByteBuffer.allocate((int) Math.min(TAIL, file.size()));
      file.read(tail, file.size() - tail.capacity());
      text = new String(tail.array(), 0, tail.position(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "what it said cannot be read: " + e.getMessage();
    }
    return text.lines()
        .filter(line -> !line.isBlank() && !line.contains("warning:"))
        .reduce((first, second) -> second)
        .map(line ->
            Texts.shown(line.replaceFirst("^(\\S+Z )?(\\S*qemu-system-\\S+: )?", ""), MAX_LINE))
        .orElse("it said nothing");
  }
}
