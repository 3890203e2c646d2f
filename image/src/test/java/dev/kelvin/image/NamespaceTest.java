package dev.kelvin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kelvin.host.program.Commands;
import dev.kelvin.host.program.Commands.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a program has that root builds images with. */
class NamespaceTest {
  private final Commands commands = new Commands();
  @TempDir Path directory;

  private List<String> run(String script) throws Exception {
    List<String> argv = new ArrayList<>(Namespace.current(commands).apart());
    argv.addAll(List.of("sh", "-c", script, "sh", directory.toString()));
    var result = commands.run(Command.of(argv));
    assertThat(result.ok()).as(result.stderr()).isTrue();
    return result.stdout().lines().toList();
  }

  @Test
  void whatItMountsAndStartsIsGoneWithIt() throws Exception {
    assumeTrue(Namespace.isRoot(), "an ordinary user has a user namespace of mmdebstrap");
    assumeTrue(!Namespace.current(commands).apart().isEmpty(), "this host gives no namespaces");
    List<String> said =
        run(
            "echo $$; for kind in mnt ipc uts cgroup pid; do readlink /proc/self/ns/$kind; done; "
                + "mount -t tmpfs mine \"$1\"; echo content >\"$1/file\"; cat \"$1/file\"; "
                + "sleep 600 >/dev/null 2>&1 &");
    assertThat(said).hasSize(7).startsWith("1").endsWith("content");
    for (String kind : List.of("mnt", "ipc", "uts", "cgroup", "pid")) {
      String ours = Files.readSymbolicLink(Path.of("/proc/self/ns", kind)).toString();
      assertThat(said).anyMatch(line -> line.startsWith(kind + ":")).doesNotContain(ours);
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void anOrdinaryUserNeedsNone() throws Exception {
    assertThat(new Namespace(commands, false).apart()).isEmpty();
  }
}
