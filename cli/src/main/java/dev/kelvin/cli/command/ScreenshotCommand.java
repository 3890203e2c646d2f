package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.file.LocalFiles;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kelvin screenshot}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {"", "Example:", "  kelvin screenshot web1 login.png"})
public final class ScreenshotCommand extends Command {
  @Parameters(index = "0", paramLabel = "VM", description = "Its name.")
  String vm = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FILE",
      description = "Where the PNG goes; - for standard output. Usual: VM.png.")
  String file = "";

  @Option(
      names = "--screen",
      paramLabel = "N",
      description = "Which of several screens. Usual: 1, the first.")
  int screen = 1;

  public ScreenshotCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() throws IOException {
    byte[] png = session.client().screenshot(vm, screen);
    if (file.equals("-")) {
      session.out().write(png);
      session.out().flush();
      return 0;
    }
    Path target = session.file(file.isEmpty() ? vm + ".png" : file);
    if (LocalFiles.replace(target, false, out -> out.write(png)) > 0) {
      session.out().println(target);
    }
    return 0;
  }
}
