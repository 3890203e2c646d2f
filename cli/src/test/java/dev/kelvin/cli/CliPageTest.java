package dev.kelvin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kelvin.cli.Catalog.Entry;
import dev.kelvin.model.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/cli.md is what it would be made as today; {@code ./dev docs} makes it anew. */
class CliPageTest {
  @TempDir Path directory;

  @Test
  void thePageOfCommandsIsNotStale() throws IOException {
    Path file = Path.of("../docs/cli.md");
    String page = page();
    if (System.getProperty("kelvin.docs", "").equals("write")) {
      Files.writeString(file, page);
    }
    assertThat(Files.readString(file))
        .as("docs/cli.md is stale; make it anew: ./dev docs")
        .isEqualTo(page);
  }

  private String page() throws IOException {
    var page =
        new StringBuilder(
            """
            <!-- Made from the commands' own help. Do not edit. -->
            # The commands

            """);
    page.append("```\n").append(Catalog.overview()).append("```\n");
    page.append(
        """

        ## For programs

        `-o json` and `-o yaml` write objects as the [API](api.md) has them, a list of them or a single one;
        `-o name` writes names alone, one a line. Results go to standard output; progress, notes and errors
        go to standard error. Where standard error is no terminal, progress is a line now and then. Colours
        are for terminals only, and `NO_COLOR` turns them off. A command that waits takes `--no-wait` and then
        writes the id of its task, and `--timeout`; `run` and `create` write the name of the VM, which they may
        have chosen, and the id of the task to standard error.

        ## Exit codes

        | Code | What happened |
        |---|---|
        | 0 | It is done. |
        """);
    exitCodes(page);
    page.append(
        """
        | 130 | Ctrl-C. The command said what becomes of the task. |
        | 141 | Whoever read standard output, such as `head`, had enough. Nothing is said. |

        A command whose results cannot be written to standard output, as on a full disk, ends with 10 and says
        so, whatever else it has done. A file that a command writes is in its place when all of it is on the
        medium; until then what was there before stays.

        `diff` exits with 1 when something would change. `exec` and `ssh` exit with the code of the program
        they ran.

        ## The environment

        Arguments, paths and names of files are UTF-8, whatever the locale is, or is not, as in cron and units of
        systemd; only a locale of another encoding, such as `de_DE.ISO-8859-1`, is taken by its word. What is not
        of that encoding is refused. Programs that a command starts, such as ssh and an editor, have the user's
        own locale.

        | Variable | What it does |
        |---|---|
        """);
    variables(page);
    for (Entry entry : Catalog.ENTRIES) {
      String help = new Cli(directory).run(("help " + entry.name()).split(" ", -1)).out();
      page.append("\n## kelvin ").append(entry.name()).append("\n\n```\n");
      page.append(help.stripTrailing()).append("\n```\n");
    }
    return page.toString();
  }

  private static void variables(StringBuilder page) {
    for (Manual.Variable one : Manual.ENVIRONMENT) {
      String names = one.name().replace(", ", "`, `");
      page.append("| `%s` | %s |\n".formatted(names, one.meaning()));
    }
  }

  /** Several kinds of problems share a code. */
  private static void exitCodes(StringBuilder page) {
    var kinds = new TreeMap<Integer, String>();
    for (Code code : Code.values()) {
      String kind = code.title() + " (`" + code.wire() + "`)";
      kinds.merge(code.exitCode(), kind, (one, other) -> one + "; " + other);
    }
    kinds.forEach(
        (exit, kind) -> page.append("| ").append(exit).append(" | ").append(kind).append(". |\n"));
  }
}
