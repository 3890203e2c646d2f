package dev.kelvin.cli.command;

import dev.kelvin.cli.Session;
import dev.kelvin.cli.run.DaemonControl;
import dev.kelvin.model.OwnerOnly;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** {@code kelvin state backup}. */
@CommandLine.Command(
    sortOptions = false,
    footer = {
      "",
      "The file holds the documents of VMs, images and tasks at one moment; not the disks, which are files",
      "below the state directory. It may hold secrets and is readable by you alone. The daemon goes on",
      "meanwhile; when none runs, the store is read without one.",
      "",
      "Example:",
      "  kelvin state backup kelvin.backup"
    })
public final class StateBackupCommand extends Command {
  @Parameters(paramLabel = "FILE", description = "Where it goes; - for standard output.")
  String file = "";

  public StateBackupCommand(Session session) {
    super(session);
  }

  /** Waits for the end of what writes the backup; its exit code. */
  @FunctionalInterface
  private interface End {
    int code() throws InterruptedException;
  }

  @Override
  protected int run() throws IOException, InterruptedException {
    var control = new DaemonControl(session);
    if (control.answers()) {
      try (InputStream in = session.client().backup()) {
        return save(in, () -> 0);
      }
    }
    Process program = control.offline(Redirect.PIPE, List.of("backup"));
    try (InputStream in = program.getInputStream()) {
      return save(in, program::waitFor);
    }
  }

  /** A file of that name is a whole backup, or the one that was there before. */
  private int save(InputStream in, End end) throws IOException, InterruptedException {
    if (file.equals("-")) {
      in.transferTo(session.out());
      session.out().flush();
      return end.code();
    }
    Path target = session.file(file);
    Path unfinished = target.resolveSibling(target.getFileName() + ".unfinished");
    try {
      long size = LocalFiles.write(target, path -> copy(in, unfinished));
      int code = end.code();
      if (code == 0) {
        LocalFiles.write(
            target, path -> Files.move(unfinished, path, StandardCopyOption.REPLACE_EXISTING));
        session.out().println(target + ": " + size + " bytes");
      }
      return code;
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  private static long copy(InputStream in, Path unfinished) throws IOException {
    Files.deleteIfExists(unfinished);
    Files.createFile(unfinished, OwnerOnly.attribute());
    try (var out = Files.newOutputStream(unfinished)) {
      return in.transferTo(out);
    }
  }
}
