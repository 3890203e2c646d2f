package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code kelvin completion}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "It completes commands, options, and the names of what the daemon has. The Debian package has it",
      "where each shell looks for it.",
      "",
      "Examples:",
      "  kelvin completion bash > ~/.local/share/bash-completion/completions/kelvin",
      "  kelvin completion zsh > ~/.zfunc/_kelvin      # with fpath+=~/.zfunc before compinit",
      "  kelvin completion fish > ~/.config/fish/completions/kelvin.fish"
    })
public final class CompletionCommand extends Command {
  /** The shells there is completion for. */
  public enum Shell {
    BASH,
    ZSH,
    FISH
  }

  @Parameters(paramLabel = "SHELL", description = "bash, zsh or fish.")
  Shell shell = Shell.BASH;

  public CompletionCommand(Session session) {
    super(session);
  }

  @Override
  protected int run() throws IOException {
    session.out().print(script(shell));
    return 0;
  }

  /** The script that a shell reads. */
  public static String script(Shell shell) throws IOException {
    String name = "/dev/kelvin/cli/complete/kelvin." + shell.name().toLowerCase(Locale.ROOT);
    try (InputStream in = CompletionCommand.class.getResourceAsStream(name)) {
      return new String(
          Optional.ofNullable(in)
              .orElseThrow(() -> new IllegalStateException("no resource " + name))
              .readAllBytes(),
          java.nio.charset.StandardCharsets.UTF_8);
    }
  }
}
